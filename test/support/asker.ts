import { createClient } from "graphql-ws";
import WebSocket from "ws";
import type { Lifecycle } from "../../subgraphs/shared/kernel/lifecycle.ts";

export interface Answer {
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for; a wrong path fails its expectation.
  data: any;
  errors?: { message: string; path?: (string | number)[]; extensions: Record<string, unknown> }[];
}

export interface AskOptions {
  token?: string;
  signal?: AbortSignal;
  headers?: Record<string, string>;
}

/** Asks one gateway. */
export interface Asker {
  ask(query: string, variables?: Record<string, unknown>, options?: AskOptions): Promise<Answer>;
  /** A live stream; its `next` waits for the next result. */
  subscribe(
    query: string,
    variables?: Record<string, unknown>,
    options?: { token?: string },
  ): AsyncIterableIterator<Answer>;
}

type Credentials = (options: AskOptions) => Promise<Record<string, string>>;

const bearer: Credentials = async ({ token, headers }) => ({
  ...(token ? { authorization: `Bearer ${token}` } : {}),
  ...headers,
});

/** The gateway at an address. What it opens closes with the lifecycle. @param credentials what it is told of its caller */
export const asker = (url: string, lifecycle: Lifecycle, credentials = bearer): Asker => ({
  ask: (query, variables = {}, options = {}) => ask(url, query, variables, options, credentials),
  subscribe(query, variables = {}, options = {}) {
    const client = createClient({
      url: `${url.replace(/^http/, "ws")}/graphql`,
      webSocketImpl: WebSocket,
      retryAttempts: 0,
      connectionParams: () => credentials(options),
    });
    lifecycle.onClose("socket", () => client.dispose());
    return client.iterate({ query, variables }) as AsyncIterableIterator<Answer>;
  },
});

export async function ask(
  url: string,
  query: string,
  variables: Record<string, unknown> = {},
  options: AskOptions = {},
  credentials = bearer,
): Promise<Answer> {
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", ...(await credentials(options)) },
    body: JSON.stringify({ query, variables }),
    signal: options.signal ?? null,
  });
  return (await response.json()) as Answer;
}
