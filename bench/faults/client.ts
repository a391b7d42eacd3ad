import { NO_ANSWER, type Tally, UNCODED } from "./tally.ts";

export interface Answer<T> {
  data?: T | null;
  errors?: { message: string; path?: unknown[]; extensions?: { code?: unknown } }[];
}

/** Longer than anything here should take, whatever is down. */
const PATIENCE_MS = 120_000;

/** Somebody who asks, and counts what they are answered. */
export class Client {
  readonly url: string;
  readonly token: string;
  readonly tally: Tally;

  constructor(url: string, token: string, tally: Tally) {
    this.url = url;
    this.token = token;
    this.tally = tally;
  }

  /** The data, or undefined where there was any error. */
  async ask<T>(query: string, variables: object = {}, token = this.token): Promise<T | undefined> {
    const answer = await this.post<T>(`${this.url}/graphql`, { query, variables }, token);
    if (answer === undefined) return undefined;
    for (const { message, path, extensions } of answer.errors ?? []) {
      const code = typeof extensions?.code === "string" ? extensions.code : UNCODED;
      this.tally.error(code, `${query.slice(0, 60)} ${path?.join(".")}: ${message}`);
    }
    return answer.errors ? undefined : (answer.data ?? undefined);
  }

  /** What was answered, whatever it was; undefined where nothing was. */
  async post<T>(url: string, body: object, token = this.token): Promise<(Answer<T> & { status: number }) | undefined> {
    this.tally.requests += 1;
    let status: number;
    let text: string;
    try {
      const response = await fetch(url, {
        method: "POST",
        // A connection of its own, so that the balancer gives each gateway its share, also after one was away.
        headers: { "content-type": "application/json", authorization: `Bearer ${token}`, connection: "close" },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      status = response.status;
      text = await response.text();
    } catch (error) {
      const name = (error as Error).name === "TimeoutError" ? UNCODED : NO_ANSWER;
      this.tally.error(name, `${url}: ${String(error)}`);
      return undefined;
    }
    try {
      return { ...(JSON.parse(text) as Answer<T>), status };
    } catch {
      this.tally.error(UNCODED, `${url}: HTTP ${status} ${text.slice(0, 200)}`);
      return undefined;
    }
  }
}
