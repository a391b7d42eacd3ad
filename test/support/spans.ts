import type { TempoSpan } from "../../subgraphs/shared/upstreams/tempo/otlp.ts";

const hex = (value: number): string => value.toString(16).padStart(16, "0");

const at = (ms: number): bigint => 1_800_000_000_000_000_000n + BigInt(Math.round(ms * 1e6));

/** A span by its number and its parent's (0 for a root), from one millisecond to another. */
export function span(
  number: number,
  parent: number,
  from: number,
  to: number,
  more: Partial<TempoSpan> = {},
): TempoSpan {
  return {
    spanId: hex(number),
    parentSpanId: parent === 0 ? null : hex(parent),
    name: `op-${number}`,
    kind: "INTERNAL",
    start: at(from),
    end: at(to),
    status: "UNSET",
    statusMessage: null,
    attributes: {},
    resource: { "service.name": `service-${number}` },
    events: [],
    links: [],
    ...more,
  };
}
