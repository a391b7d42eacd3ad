import type { IncomingMessage, ServerResponse } from "node:http";
import type { UpstreamName } from "../fleet.ts";
import { type Answer, type Handler, text, type UpstreamCall } from "./answer.ts";
import { type FaultSetting, MISANSWERS, UNENDING } from "./faults.ts";
import type { Listener } from "./listener.ts";
import type { Flight, Traffic } from "./traffic.ts";
import type { WebSocketStart } from "./websocket.ts";

const MAX_BODY = 1 << 20;

/** One simulated server of one cluster, as far as HTTP is concerned. */
export interface Endpoint {
  readonly cluster: string;
  readonly upstream: UpstreamName;
  readonly listener: Listener;
  readonly handler: Handler;
  fault: FaultSetting | null;
  /** Requests under way here. */
  readonly flights: Set<Flight>;
}

export interface Conditions {
  readonly traffic: Traffic;
  readonly latencyMs: number;
  readonly now: () => number;
}

function headersOf(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return headers;
}

/** Whole body as text; undefined when it is too long or the client has gone. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > MAX_BODY) return undefined;
      chunks.push(chunk);
    }
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks).toString("utf8");
}

function send(response: ServerResponse, answer: Answer): void {
  if (answer.stream !== undefined) {
    response.writeHead(answer.status, { ...answer.headers, "content-type": answer.contentType });
    response.flushHeaders();
    if (answer.body !== "") response.write(answer.body);
    response.once("close", answer.stream({ write: (chunk) => response.write(chunk), end: () => response.end() }));
    return;
  }
  response.writeHead(answer.status, {
    ...answer.headers,
    ...(answer.contentType === "" ? {} : { "content-type": answer.contentType }),
    "content-length": Buffer.byteLength(answer.body),
  });
  response.end(answer.body);
}

function after(delayMs: number, response: ServerResponse, act: () => void): void {
  if (delayMs <= 0) {
    act();
    return;
  }
  const timer = setTimeout(act, delayMs);
  response.once("close", () => clearTimeout(timer));
}

function firstOfEach(params: URLSearchParams): Record<string, string> {
  const first: Record<string, string> = {};
  for (const [name, value] of params) first[name] ??= value;
  return first;
}

/**
 * Answers one request at an endpoint, or misbehaves as it is told to. `upgrade` is how to make the connection a WebSocket, where
 * the request asks for one.
 */
export async function serve(
  endpoint: Endpoint,
  request: IncomingMessage,
  response: ServerResponse,
  conditions: Conditions,
  upgrade?: (start: WebSocketStart) => void,
): Promise<void> {
  const now = conditions.now();
  const url = new URL(request.url ?? "/", "http://localhost");
  const method = request.method ?? "GET";
  const { cluster, upstream, fault } = endpoint;
  const headers = headersOf(request);
  const logged = {
    cluster,
    upstream,
    method,
    path: url.pathname,
    params: firstOfEach(url.searchParams),
    headers,
    at: now,
  };
  const flight = conditions.traffic.begin(logged);
  endpoint.flights.add(flight);
  response.once("finish", () => flight.settle("answered"));
  response.once("close", () => {
    flight.settle("aborted");
    endpoint.flights.delete(flight);
  });

  const body = method === "GET" || method === "HEAD" ? "" : await bodyOf(request);
  if (body === undefined) {
    send(response, text(413, "request body too large\n", { connection: "close" }));
    return;
  }
  let { searchParams: params } = url;
  if (headers["content-type"]?.startsWith("application/x-www-form-urlencoded") === true) {
    params = new URLSearchParams([...new URLSearchParams(body), ...url.searchParams]);
    Object.assign(logged.params, firstOfEach(params));
  }
  const call: UpstreamCall = { method, path: url.pathname, params, headers, body, now, clock: conditions.now };

  if (fault?.fault === "reset") {
    flight.settle("cut");
    endpoint.listener.reset(request.socket);
    return;
  }
  const answer = () => endpoint.handler(call);
  const unending = fault && UNENDING[fault.fault];
  if (unending) {
    unending(response, answer);
    return;
  }
  const misanswer = fault && MISANSWERS[fault.fault];
  after(conditions.latencyMs + (fault?.delayMs ?? 0), response, () => {
    const given = misanswer ? misanswer(answer, upstream) : answer();
    if (upgrade !== undefined && given.webSocket !== undefined) upgrade(given.webSocket);
    else send(response, given);
  });
}
