import { setTimeout as delay } from "node:timers/promises";
import { createClient } from "graphql-ws";
import WebSocket from "ws";
import type { Answer } from "./client.ts";
import { type Tally, UNCODED } from "./tally.ts";

const AGAIN_MS = 250;
/** A gap is told within this long of whatever it stands for. */
const GAP_MS = 30_000;

interface Item {
  events: {
    cursor: string;
    gap: object | null;
    event: { eventId: string; eventType: string; payload: { name?: string; alertname?: string } } | null;
  } | null;
}

/** What an event tells of. */
export const subjectOf = (type: string, name: string): string => `${type} ${name}`;

/** Follows all events of the fleet, and comes back with its last cursor whenever the stream ends. */
export class Follower {
  /** How often each event came, by its id. */
  readonly #times = new Map<string, number>();
  readonly heard = new Set<string>();
  /** When it was told that something is missing. */
  readonly gaps: number[] = [];
  reconnects = -1;
  readonly #tally: Tally;
  readonly #query: string;
  #after: string;
  #stopped = false;
  #leave: () => void = () => {};
  readonly #ended: Promise<void>;

  constructor(url: string, token: string, options: { after: string; joined: boolean; tally: Tally }) {
    this.#after = options.after;
    this.#tally = options.tally;
    this.#query = `subscription ($after: Cursor) { events(after: $after) {
      cursor gap { count reason } event { eventId eventType payload ${options.joined ? "cluster { name status { state } }" : ""} } } }`;
    this.#ended = this.#follow(`${url.replace("http", "ws")}/graphql`, token);
  }

  get events(): number {
    return this.#times.size;
  }

  /** Events that came more than once. */
  get repeated(): number {
    return [...this.#times.values()].filter((times) => times > 1).length;
  }

  /** Of what was published, and when: that of which it neither heard nor was told that it is missing. */
  lost(published: ReadonlyMap<string, number>): string[] {
    const told = (at: number): boolean => this.gaps.some((gap) => gap > at && gap < at + GAP_MS);
    return [...published].flatMap(([subject, at]) => (this.heard.has(subject) || told(at) ? [] : [subject]));
  }

  async leave(): Promise<void> {
    this.#stopped = true;
    this.#leave();
    await this.#ended;
  }

  async #follow(url: string, token: string): Promise<void> {
    while (!this.#stopped) {
      this.reconnects += 1;
      const client = createClient({
        url,
        webSocketImpl: WebSocket,
        retryAttempts: 0,
        connectionParams: { authorization: `Bearer ${token}` },
      });
      const stream = client.iterate({ query: this.#query, variables: { after: this.#after } });
      this.#leave = () => void stream.return?.();
      try {
        for await (const answer of stream as AsyncIterable<Answer<Item>>) this.#take(answer);
      } catch (error) {
        this.#told(error);
      }
      await client.dispose();
      if (!this.#stopped) await delay(AGAIN_MS);
    }
  }

  #take({ data, errors }: Answer<Item>): void {
    // An event whose join failed is an event all the same.
    if (errors) this.#told(errors);
    const item = data?.events;
    if (!item) return;
    this.#after = item.cursor;
    if (item.gap) this.gaps.push(performance.now());
    if (!item.event) return;
    const { eventId, eventType, payload } = item.event;
    this.#times.set(eventId, (this.#times.get(eventId) ?? 0) + 1);
    this.heard.add(subjectOf(eventType, payload.alertname ?? payload.name ?? ""));
  }

  /** GraphQL errors have codes; a socket that closes has its own. */
  #told(error: unknown): void {
    if (!Array.isArray(error)) return;
    for (const { message, extensions } of error as NonNullable<Answer<Item>["errors"]>)
      this.#tally.error(typeof extensions?.code === "string" ? extensions.code : UNCODED, `events: ${message}`);
  }
}
