import { type Answer, text, type UpstreamCall } from "../server/answer.ts";
import type { WebSocketOut } from "../server/websocket.ts";
import type { LogSource } from "../world/logs/logs.ts";
import { type LogExpr, LokiError } from "./ast.ts";
import { limitParam, timeParam } from "./params.ts";
import { parseLogql } from "./parse.ts";
import { allLabels, type Entry } from "./pipeline.ts";
import { entries, sourceOf } from "./read.ts";
import { CATEGORIZE, categorizes, streamsOf } from "./streams.ts";

const HOUR = 3_600_000_000_000n;
const EVERY_MS = 1000;
const MAX_DELAY = 5;
const MAX_DROPPED = 100;

interface Tailed {
  readonly logs: LogSource;
  readonly expr: LogExpr;
  readonly call: UpstreamCall;
  readonly limit: number;
  readonly start: bigint;
}

/** The newest lines of before the connection, in the order in which they were written. */
function history({ logs, expr, call, limit, start }: Tailed): Entry[] {
  const source = sourceOf(logs, call.now);
  const found: Entry[] = [];
  for (const chunk of entries(source, expr, { start, end: source.now }, "backward")) {
    found.push(...chunk.slice(0, limit - found.length));
    if (found.length === limit) break;
  }
  return found.reverse();
}

/** Sends lines as they are written, until the client has gone. */
function follow(tailed: Tailed, out: WebSocketOut): () => void {
  const { logs, expr, call } = tailed;
  const categorized = categorizes(call.headers);
  const flags = categorized ? { encodingFlags: [CATEGORIZE] } : {};
  let dropped: { labels: Readonly<Record<string, string>>; timestamp: string }[] = [];
  const send = (lines: readonly Entry[]) => {
    const lost = dropped.length === 0 ? {} : { dropped_entries: dropped };
    if (out.send(JSON.stringify({ streams: streamsOf(lines, categorized), ...flags, ...lost }))) dropped = [];
    else dropped.push(...lines.map((entry) => ({ labels: allLabels(entry), timestamp: String(entry.ns) })));
    dropped = dropped.slice(-MAX_DROPPED);
  };
  const before = history(tailed);
  if (before.length > 0) send(before);
  let since = sourceOf(logs, call.now).now;
  const timer = setInterval(() => {
    out.ping();
    const source = sourceOf(logs, call.clock());
    for (const chunk of entries(source, expr, { start: since, end: source.now }, "forward")) {
      for (const entry of chunk) send([entry]);
    }
    since = source.now;
  }, EVERY_MS);
  return () => clearInterval(timer);
}

/** /loki/api/v1/tail. */
export function tail(logs: LogSource, call: UpstreamCall): Answer {
  const { params, headers } = call;
  const expr = parseLogql(params.get("query") ?? "");
  const limit = limitParam(params);
  const now = sourceOf(logs, call.now).now;
  const start = timeParam(params, "start", now - HOUR);
  if (Number(params.get("delay_for") ?? "0") > MAX_DELAY)
    throw new LokiError(`delay_for can't be greater than ${MAX_DELAY}`);
  const refused = text(400, "Bad Request\n", { "sec-websocket-version": "13", "x-content-type-options": "nosniff" });
  if (headers["upgrade"]?.toLowerCase() !== "websocket") return refused;
  return {
    ...refused,
    webSocket(out) {
      if (expr.type === "log") return follow({ logs, expr, call, limit, start }, out);
      out.close(1011, "only log selector is supported");
      return () => {};
    },
  };
}
