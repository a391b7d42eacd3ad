import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { buildConnector } from "undici";
import WebSocket from "ws";
import { CodedError } from "../kernel/errors.ts";
import { upstreamError } from "./failures.ts";

export interface SocketOptions {
  /** With http or https. */
  url: string;
  headers: Record<string, string | string[]>;
  /** Of these, the server picks one. */
  protocols?: readonly string[];
  /** Connects to where the guard permits. */
  connect: buildConnector.connector;
  maxFrameBytes: number;
  signal: AbortSignal;
}

export interface OpenSocket {
  status: 101;
  /** Paused, so that nothing is missed until it is read. */
  socket: WebSocket;
}

/** What was answered instead. */
export interface SocketRefusal {
  status: number;
  contentType: string;
  /** Its beginning. */
  body: string;
}

const MAX_REFUSAL = 4096;
const HANDSHAKE_MS = 10_000;

/** A WebSocket, never compressed, and no redirects; or why there is none. */
export function openSocket({
  url,
  headers,
  protocols = [],
  connect,
  maxFrameBytes,
  signal,
}: SocketOptions): Promise<OpenSocket | SocketRefusal> {
  const { protocol, hostname, host, port } = new URL(url);
  const target = { protocol, hostname: hostname.replace(/^\[(.*)\]$/, "$1"), host };
  const dial = (_options: object, connected: (error: Error | null, made?: Socket) => void): void =>
    connect({ ...target, port: port || (protocol === "https:" ? "443" : "80") }, (error, made) =>
      made ? connected(null, made) : connected(error),
    );
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url.replace(/^http/, "ws"), [...protocols], {
      headers,
      perMessageDeflate: false,
      maxPayload: maxFrameBytes,
      // As Node calls it; the type knows only what returns the socket at once.
      createConnection: dial as never,
    });
    const settled = (): void => {
      clearTimeout(patience);
      signal.removeEventListener("abort", abort);
    };
    const abandon = (): void => {
      settled();
      // An end that was asked for is told as an error too; nobody waits for it any more.
      socket.on("error", () => {});
      socket.terminate();
    };
    const fail = (error: unknown): void => {
      abandon();
      reject(error);
    };
    const abort = (): void => fail(signal.reason);
    const late = new CodedError("UPSTREAM_TIMEOUT", `No answer within ${HANDSHAKE_MS / 1000} s.`);
    const patience = setTimeout(() => fail(late), HANDSHAKE_MS);
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
    socket.once("unexpected-response", (_request, response) => {
      refusalIn(response).then((refusal) => {
        abandon();
        resolve(refusal);
      }, fail);
    });
    socket.once("error", (error) => fail(upstreamError(error)));
    socket.once("open", () => {
      settled();
      socket.pause();
      resolve({ status: 101, socket });
    });
  });
}

async function refusalIn(response: IncomingMessage): Promise<SocketRefusal> {
  let body = "";
  for await (const chunk of response.setEncoding("utf8") as AsyncIterable<string>) {
    body += chunk;
    if (body.length >= MAX_REFUSAL) break;
  }
  const { statusCode: status = 0, headers } = response;
  return { status, contentType: headers["content-type"]?.split(";")[0] ?? "", body: body.slice(0, MAX_REFUSAL) };
}
