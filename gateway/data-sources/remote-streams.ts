import type { ExecutionResult, GraphQLFormattedError } from "graphql";
import { type Client, createClient, type SubscribePayload } from "graphql-ws";
import { WebSocket } from "ws";
import { Channel } from "../../subgraphs/shared/kernel/channel.ts";
import { CodedError, ERROR_CODES, type ErrorCode } from "../../subgraphs/shared/kernel/errors.ts";
import type { SubgraphRequest } from "../../subgraphs/shared/kernel/executor.ts";
import type { Logger } from "../../subgraphs/shared/kernel/log.ts";
import { hopHeaders } from "../../subgraphs/shared/kernel/subgraph-request.ts";
import { abortReason } from "./hop.ts";

const KEEP_ALIVE_MS = 10_000;
const CONNECT_MS = 2000;
const ACK_MS = 5000;
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;
/** Events that came in while the one before was still being resolved; a stream that runs further ahead is broken off. */
const MAX_QUEUED = 1000;

class SubgraphSocket extends WebSocket {
  constructor(url: string, protocols: string) {
    super(url, protocols, { handshakeTimeout: CONNECT_MS, maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false });
  }
}

/**
 * All streams from one subgraph, on one socket that is opened with the first and closed with the last. It is never retried
 * here: a reconnected stream would silently lack what was published in between, so its clients are told instead.
 */
export class RemoteStreams {
  readonly #name: string;
  readonly #log: Logger;
  readonly #client: Client;
  readonly #open = new Set<Channel<ExecutionResult>>();
  #connected = false;

  constructor(options: { name: string; url: string; log: Logger; keepAliveMs?: number }) {
    this.#name = options.name;
    this.#log = options.log;
    this.#client = this.#connect(options.url.replace(/^http/, "ws"), options.keepAliveMs ?? KEEP_ALIVE_MS);
  }

  open(hop: SubgraphRequest): AsyncIterableIterator<ExecutionResult> {
    let dispose = (): void => {};
    const channel: Channel<ExecutionResult> = new Channel({
      limit: MAX_QUEUED,
      onClose: () => {
        this.#open.delete(channel);
        hop.signal.removeEventListener("abort", cancel);
        dispose();
      },
    });
    const cancel = (): void => channel.close(abortReason(hop.signal));
    hop.signal.addEventListener("abort", cancel, { once: true });
    this.#open.add(channel);
    dispose = this.#client.subscribe<Record<string, unknown>>(payloadOf(hop), {
      next: (result) => {
        if (!channel.push(result as ExecutionResult) && !channel.closed) channel.close(interrupted(this.#name));
      },
      error: (error) => this.#failed(channel, error),
      complete: () => channel.close(),
    });
    if (hop.signal.aborted) cancel();
    return channel;
  }

  async close(): Promise<void> {
    for (const channel of this.#open) channel.close(interrupted(this.#name));
    await this.#client.dispose();
  }

  /** Either the subgraph ended the stream, and says why, or the connection broke. */
  #failed(channel: Channel<ExecutionResult>, error: unknown): void {
    if (Array.isArray(error)) {
      channel.close(toldBySubgraph(error) ?? interrupted(this.#name));
      return;
    }
    if (channel.closed) return;
    this.#log.warn({ err: error, subgraph: this.#name }, "a subgraph's stream broke off");
    channel.close(this.#connected ? interrupted(this.#name) : unavailable(this.#name));
  }

  #connect(url: string, keepAliveMs: number): Client {
    let noAnswer: NodeJS.Timeout | undefined;
    const client = createClient({
      url,
      webSocketImpl: SubgraphSocket,
      lazy: true,
      retryAttempts: 0,
      keepAlive: keepAliveMs,
      connectionAckWaitTimeout: ACK_MS,
      on: {
        connecting: () => {
          this.#connected = false;
        },
        connected: () => {
          this.#connected = true;
        },
        ping: (received) => {
          if (!received) noAnswer = setTimeout(() => client.terminate(), keepAliveMs);
        },
        pong: (received) => {
          if (received) clearTimeout(noAnswer);
        },
        closed: () => clearTimeout(noAnswer),
      },
    });
    return client;
  }
}

const payloadOf = (hop: SubgraphRequest): SubscribePayload => ({
  query: hop.query,
  operationName: hop.operationName ?? null,
  variables: hop.variables ?? null,
  extensions: { headers: hopHeaders(hop) },
});

function toldBySubgraph([error]: readonly GraphQLFormattedError[]): CodedError | null {
  const code = String(error?.extensions?.["code"]);
  if (!error || !Object.hasOwn(ERROR_CODES, code) || code === "STREAM_INTERRUPTED") return null;
  return new CodedError(code as ErrorCode, error.message);
}

const interrupted = (name: string): CodedError =>
  new CodedError(
    "STREAM_INTERRUPTED",
    `The ${name} subgraph's stream broke off; subscribe again with after: <last cursor>.`,
  );

const unavailable = (name: string): CodedError =>
  new CodedError("SUBGRAPH_UNAVAILABLE", `The ${name} subgraph cannot be reached.`);
