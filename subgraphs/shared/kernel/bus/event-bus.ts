import { CodedError } from "../errors.ts";

/** `<epoch>-<seq>`: seq counts a topic's items without holes, the epoch names the log they are in. Also a Redis stream id. */
export type Cursor = string;

export interface BusItem<T> {
  cursor: Cursor;
  event: T;
}

/** What a reader can no longer be given: retention dropped it, or it was in a log that is gone (count unknown: null). */
export interface BusGap {
  /** The reader's last cursor. */
  from: Cursor;
  /** The last item that is missing. */
  to: Cursor;
  count: number | null;
  reason: "RETENTION" | "LOG_REPLACED";
}

export interface BusPage<T> {
  gap: BusGap | null;
  items: BusItem<T>[];
}

/** How much of a topic is kept; whichever bound is met first. */
export interface Retention {
  count: number;
  ageMs: number;
}

/**
 * An append-only, bounded log per topic with a doorbell. A reader is only a cursor, so that a slow one costs nothing and one
 * that comes back reads on where it was. In memory for one process, on Redis Streams for several; one contract for both.
 */
export interface EventBus {
  /** Append. What has an `id` that the topic keeps already is not appended again: the first one's cursor is answered. */
  publish(topic: string, event: object, id?: string): Promise<Cursor>;
  /** Up to `limit` items after the cursor (null: from the oldest kept). */
  read(topic: string, after: Cursor | null, limit: number): Promise<BusPage<unknown>>;
  /** The newest item's cursor: where a reader of only the future starts. */
  head(topic: string): Promise<Cursor>;
  /** Ring `bell` whenever the topic may have grown; returns how to stop. May ring without need, never too little. */
  watch(topic: string, bell: () => void): () => void;
  ping(): Promise<void>;
  close(): Promise<void>;
}

export interface Position {
  epoch: number;
  seq: number;
}

/** @throws INVALID_CURSOR for a text that no bus ever gave out. */
export function parseCursor(cursor: Cursor): Position {
  const match = /^(\d{1,15})-(\d{1,15})$/.exec(cursor);
  if (!match)
    throw new CodedError("INVALID_CURSOR", `Not a cursor of this stream: ${JSON.stringify(cursor.slice(0, 64))}.`);
  return { epoch: Number(match[1]), seq: Number(match[2]) };
}

export const formatCursor = ({ epoch, seq }: Position): Cursor => `${epoch}-${seq}`;

/** Where reading starts in a log that keeps `oldest` to `newest`, and what the reader has missed. Shared by every bus. */
export function resume(
  after: Cursor | null,
  log: { epoch: number; oldest: number; newest: number },
): { from: number; gap: BusGap | null } {
  if (after === null) return { from: log.oldest, gap: null };
  const { epoch, seq } = parseCursor(after);
  const gap = (reason: BusGap["reason"], count: number | null): BusGap => ({
    from: after,
    to: formatCursor({ epoch: log.epoch, seq: log.oldest - 1 }),
    count,
    reason,
  });
  if (epoch !== log.epoch || seq > log.newest) return { from: log.oldest, gap: gap("LOG_REPLACED", null) };
  if (seq + 1 < log.oldest) return { from: log.oldest, gap: gap("RETENTION", log.oldest - seq - 1) };
  return { from: seq + 1, gap: null };
}
