import { dateOfNanos } from "../../shared/kernel/nano-time.ts";
import type { Labels } from "../../shared/upstreams/loki/schema.ts";
import { podOf } from "./label-style.filter.ts";
import type { LogEntry } from "./logs.type.ts";
import type { Line } from "./page.merge.ts";

const NONE: Labels = {};

/** A line as the graph shows it. */
export function toEntry({ target, labels, row }: Pick<Line, "target" | "labels" | "row">, late = false): LogEntry {
  const [nanos, message, own] = row;
  const pod = podOf(labels);
  const structuredMetadata = own?.structuredMetadata ?? NONE;
  const parsed = own?.parsed ?? NONE;
  return {
    clusterId: target.id,
    clusterName: target.name,
    cluster: { id: target.id },
    timestamp: dateOfNanos(nanos),
    timestampNs: nanos,
    stream: labels,
    message,
    structuredMetadata,
    parsed,
    pod: pod && { clusterId: target.id, ...pod },
    traceId: traceIdIn(structuredMetadata) ?? traceIdIn(parsed) ?? traceIdIn(labels) ?? traceIdWithin(message),
    late,
  };
}

const TRACE_ID = /^(?!0+$)[0-9a-f]{32}$/i;
const KEY = /^trace[._-]?id$/i;
/** After its key, in JSON or logfmt. */
const NAMED = /\btrace[._-]?id\\?["']?\s*[:=]\s*\\?["']?(?!0{32})([0-9a-f]{32})(?![0-9a-f])/i;

function traceIdIn(labels: Labels): string | null {
  for (const [name, value] of Object.entries(labels))
    if (KEY.test(name) && TRACE_ID.test(value)) return value.toLowerCase();
  return null;
}

const traceIdWithin = (message: string): string | null => NAMED.exec(message)?.[1]?.toLowerCase() ?? null;
