import { hash } from "node:crypto";
import { z } from "zod";
import { CodedError } from "../../shared/kernel/errors.ts";
import type { NanoRange } from "../../shared/upstreams/loki/client.ts";
import type { Direction } from "../../shared/upstreams/loki/schema.ts";

/** More than so many lines no Loki gives at once, unless its owner has changed that. */
export const MOST_LINES = 5000;

/** The place of a line in the order that all lines of the fleet have. */
export interface Position {
  /** Its time, in unix nanoseconds. */
  nanos: string;
  clusterId: string;
  /** Its stream's hash. */
  stream: string;
  /** Which it is of the lines of that stream with that time, in the direction that is asked for. */
  index: number;
}

/** A stretch of lines, and where a page of it begins. */
export interface PagePlan extends NanoRange {
  direction: Direction;
  /** The last line that was given before. */
  after: Position | null;
}

/** What one cluster is asked for a page: the rest of the stretch, and what remains of the instant that the last page ended in. */
export interface ClusterWindows {
  rest: NanoRange | null;
  instant: NanoRange | null;
}

/**
 * Lines of one nanosecond are ordered by cluster: those of some clusters are through, those of others are still to come, and of one
 * cluster some have been given. That one is asked for all of the instant, so that what was given can be told from the rest.
 */
export function windowsOf(clusterId: string, { start, end, direction, after }: PagePlan): ClusterWindows {
  if (!after) return { rest: nonEmpty(start, end), instant: null };
  const instant = instantAt(after.nanos);
  const forward = direction === "FORWARD";
  const own = clusterId === after.clusterId;
  const isThrough = own || clusterId < after.clusterId === forward;
  const rest = forward
    ? nonEmpty(isThrough ? instant.end : instant.start, end)
    : nonEmpty(start, isThrough ? instant.start : instant.end);
  return { rest, instant: own ? instant : null };
}

export function instantAt(nanos: string): NanoRange {
  const start = BigInt(nanos);
  return { start, end: start + 1n };
}

const nonEmpty = (start: bigint, end: bigint): NanoRange | null => (start < end ? { start, end } : null);

const nanos = z.string().regex(/^[1-9]\d{0,18}$/);
const Cursor = z.tuple([
  z.string(),
  nanos,
  nanos,
  nanos,
  z.uuid(),
  z.string().regex(/^[0-9a-f]{16}$/),
  z.number().int().min(0),
]);

/** @param question what is asked: a cursor serves for the same alone. */
export function cursorOf(question: unknown, { start, end }: NanoRange, position: Position): string {
  const { nanos: at, clusterId, stream, index } = position;
  const parts: z.infer<typeof Cursor> = [keyOf(question), String(start), String(end), at, clusterId, stream, index];
  return Buffer.from(JSON.stringify(parts)).toString("base64url");
}

/** The stretch is the one that the first page was taken from, whatever the time is now. @throws INVALID_CURSOR */
export function readCursor(question: unknown, cursor: string): NanoRange & { after: Position } {
  const { data } = Cursor.safeParse(parsed(cursor));
  if (!data || data[0] !== keyOf(question)) {
    const message = "This cursor is none of this query's: query, direction, times and clusters have to stay the same.";
    throw new CodedError("INVALID_CURSOR", message, { field: "after" });
  }
  const [, start, end, at, clusterId, stream, index] = data;
  return { start: BigInt(start), end: BigInt(end), after: { nanos: at, clusterId, stream, index } };
}

const keyOf = (question: unknown): string => hash("sha256", JSON.stringify(question), "base64url").slice(0, 16);

function parsed(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
  } catch {
    return null;
  }
}
