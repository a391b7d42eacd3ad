import type { ServerResponse } from "node:http";
import type { Fault, UpstreamName } from "../fleet.ts";
import { type Answer, json, text } from "./answer.ts";

export const FAULTS = [
  "refuse",
  "hang",
  "stall",
  "drip",
  "reset",
  "tls",
  "error-503",
  "error-429",
  "bad-json",
  "wrong-type",
  "huge",
  "partial",
  "slow",
] as const;

const HUGE_BYTES = 100_000_000;
const CHUNK = Buffer.alloc(65_536, "x");

/** How a server misbehaves now; `delayMs` belongs to "slow". */
export interface FaultSetting {
  readonly fault: Fault;
  readonly delayMs: number;
}

/** What a server answers in place of its answer. */
export const MISANSWERS: Partial<Record<Fault, (answer: () => Answer, upstream: UpstreamName) => Answer>> = {
  "error-503": (_, upstream) => refusal(upstream, 503, "Service Unavailable"),
  "error-429": (_, upstream) => ({
    ...refusal(upstream, 429, "Too Many Requests"),
    headers: { "retry-after": "1" },
  }),
  "bad-json": (answer) => truncated(answer()),
  "wrong-type": () => ({
    status: 200,
    contentType: "text/html; charset=utf-8",
    body: "<html><title>Log in</title></html>\n",
  }),
  partial: (answer, upstream) => (upstream === "prometheus" ? withWarning(answer()) : answer()),
};

/** How a server begins an answer that does not end, or not well. */
export const UNENDING: Partial<Record<Fault, (response: ServerResponse, answer: () => Answer) => void>> = {
  hang: () => {},
  stall,
  drip,
  huge: flood,
};

/** What each server, or something in front of it, says when it takes no more. */
function refusal(upstream: UpstreamName, code: number, message: string): Answer {
  if (upstream !== "kubernetes") return text(code, `${message}\n`);
  const reason = message.replaceAll(" ", "");
  return json(code, { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, reason, code });
}

/** As a Thanos answers that could not ask all of its stores. */
function withWarning(answer: Answer): Answer {
  if (answer.status !== 200 || answer.contentType !== "application/json") return answer;
  const warnings = ["a part of the data is not available: 1 store did not answer"];
  return { ...answer, body: JSON.stringify({ ...JSON.parse(answer.body), warnings }) };
}

/** JSON that ends in the middle. */
function truncated(answer: Answer): Answer {
  const body = answer.contentType === "application/json" ? answer.body : '{"status":"success","data":{"result":[';
  return { ...answer, contentType: "application/json", body: body.slice(0, Math.max(1, Math.floor(body.length / 2))) };
}

function writeHead(response: ServerResponse, answer: () => Answer): Buffer {
  const { status, contentType, body } = answer();
  const bytes = Buffer.from(body);
  response.writeHead(status, { "content-type": contentType, "content-length": bytes.length });
  response.flushHeaders();
  return bytes;
}

/** Writes the head and half of the body, and never the rest. */
function stall(response: ServerResponse, answer: () => Answer): void {
  const bytes = writeHead(response, answer);
  response.write(bytes.subarray(0, bytes.length / 2));
}

/** Writes what seems to become JSON, as fast as the client reads, without telling its length. */
function flood(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "application/json" });
  response.write('{"status":"success","data":"');
  let sent = 0;
  const more = (): void => {
    while (sent < HUGE_BYTES) {
      sent += CHUNK.length;
      if (!response.write(CHUNK)) return;
    }
    response.end('"}');
  };
  response.on("drain", more);
  more();
}

/** Writes the head at once and then one byte a second; ends when the client is gone. */
function drip(response: ServerResponse, answer: () => Answer): void {
  const bytes = writeHead(response, answer);
  let sent = 0;
  const timer = setInterval(() => {
    response.write(bytes.subarray(sent, sent + 1));
    sent++;
    if (sent >= bytes.length) response.end();
  }, 1000);
  response.once("close", () => clearInterval(timer));
}
