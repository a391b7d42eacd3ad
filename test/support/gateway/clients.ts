import type { FormattedExecutionResult } from "graphql";
import { createClient as createSseClient } from "graphql-sse";
import { type ClientOptions, createClient } from "graphql-ws";
import { expect, onTestFinished, vi } from "vitest";
import { WebSocket } from "ws";

export interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: an answer's shape is what the tests are about
  body: any;
}

/** What every answer to a query or a mutation says beside its data. */
export const TOLD = {
  cost: { requested: expect.any(Number), budget: expect.any(Number), remaining: expect.any(Number) },
};

/** POST an operation. */
export async function post(
  url: string,
  query: string,
  options: { variables?: object; headers?: Record<string, string>; signal?: AbortSignal; operationName?: string } = {},
): Promise<Answer> {
  const { variables, headers, signal, operationName } = options;
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ query, variables, operationName }),
    ...(signal ? { signal } : {}),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

export interface Following {
  results: FormattedExecutionResult[];
  /** How the stream ended: null for as it should. */
  ended: Promise<unknown>;
  /** Resolves when so many results are in. */
  until(count: number): Promise<FormattedExecutionResult>;
  leave(): void;
}

type Sink = { next(result: unknown): void; error(error: unknown): void; complete(): void };

function follow(subscribe: (sink: Sink) => () => void): Following {
  const results: FormattedExecutionResult[] = [];
  const { promise: ended, resolve } = Promise.withResolvers<unknown>();
  const leave = subscribe({
    next: (result) => results.push(result as FormattedExecutionResult),
    error: resolve,
    complete: () => resolve(null),
  });
  return {
    results,
    ended,
    leave,
    async until(count) {
      await vi.waitFor(() => {
        if (results.length < count) throw new Error(`${results.length} of ${count} results`);
      }, WAIT);
      return results[count - 1] as FormattedExecutionResult;
    },
  };
}

export const WAIT = { timeout: 10_000, interval: 5 };

/** One socket, by the reference client. */
export function socketClient(url: string, options: Partial<ClientOptions> = {}) {
  const closes: { code: number; reason: string }[] = [];
  const client = createClient({
    url: `${url.replace("http", "ws")}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    on: { closed: (event) => closes.push(event as { code: number; reason: string }) },
    ...options,
  });
  onTestFinished(async () => client.dispose());
  return {
    closes,
    follow: (query: string, variables?: Record<string, unknown>, extensions?: Record<string, unknown>): Following =>
      follow((sink) =>
        client.subscribe({ query, ...(variables ? { variables } : {}), ...(extensions ? { extensions } : {}) }, sink),
      ),
  };
}

/** Server-sent events, by the reference client. */
export function sseClient(url: string, headers: Record<string, string> = {}) {
  const client = createSseClient({ url: `${url}/graphql/stream`, retryAttempts: 0, headers });
  onTestFinished(() => client.dispose());
  return {
    follow: (query: string, variables?: Record<string, unknown>): Following =>
      follow((sink) => client.subscribe({ query, ...(variables ? { variables } : {}) }, sink)),
  };
}
