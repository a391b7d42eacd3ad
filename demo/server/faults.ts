import type { ServerResponse } from "node:http";
import type { Fault, UpstreamName } from "../fleet.ts";
import { type Answer, json, text } from "./answer.ts";

export const FAULTS: readonly Fault[] = ["refuse", "hang", "drip", "reset", "error-503", "bad-json", "slow"];

/** How a server misbehaves now; `delayMs` belongs to "slow". */
export interface FaultSetting {
  readonly fault: Fault;
  readonly delayMs: number;
}

/** What each server says when something in front of it has no server left. */
export function unavailable(upstream: UpstreamName): Answer {
  if (upstream !== "kubernetes") return text(503, "Service Unavailable\n");
  const message = "the server is currently unable to handle the request";
  const reason = "ServiceUnavailable";
  return json(503, { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, reason, code: 503 });
}

/** JSON that ends in the middle. */
export function truncated(answer: Answer): Answer {
  const body = answer.contentType === "application/json" ? answer.body : '{"status":"success","data":{"result":[';
  return { ...answer, contentType: "application/json", body: body.slice(0, Math.max(1, Math.floor(body.length / 2))) };
}

/** Writes the head at once and then one byte a second; ends when the client is gone. */
export function drip(response: ServerResponse, answer: Answer): void {
  const bytes = Buffer.from(answer.body);
  response.writeHead(answer.status, { "content-type": answer.contentType, "content-length": bytes.length });
  response.flushHeaders();
  let sent = 0;
  const timer = setInterval(() => {
    response.write(bytes.subarray(sent, sent + 1));
    sent++;
    if (sent >= bytes.length) response.end();
  }, 1000);
  response.once("close", () => clearInterval(timer));
}
