import type { WebSocketStart } from "./websocket.ts";

/** A request as the simulated servers see it. */
export interface UpstreamCall {
  readonly method: string;
  /** Without the query string. */
  readonly path: string;
  /** A form body's fields first, then those of the URL, as Go servers read them. */
  readonly params: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The demo's clock, in milliseconds. */
  readonly now: number;
  /** The clock itself, for an answer that goes on. */
  readonly clock: () => number;
}

/** The rest of an answer that goes on. */
export interface Out {
  write(chunk: string): void;
  end(): void;
}

/** A complete answer, or with `stream` one that goes on after the body. */
export interface Answer {
  readonly status: number;
  /** Empty: the answer names none. */
  readonly contentType: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Called once, when the head is sent; returns how to stop it, which is called when the client has gone. */
  readonly stream?: (out: Out) => () => void;
  /** Where the request asked for a WebSocket and gets it; the rest of the answer is not sent then. */
  readonly webSocket?: WebSocketStart;
}

/** One simulated server: a function of the request. Handlers do not know of faults, latency or sockets. */
export type Handler = (call: UpstreamCall) => Answer;

export function json(status: number, value: unknown): Answer {
  return { status, contentType: "application/json", body: JSON.stringify(value) };
}

export function text(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, contentType: "text/plain; charset=utf-8", body, headers };
}
