import type { Target } from "../../shared/fleet/directory.ts";
import { Heap } from "../../shared/kernel/heap.ts";
import { compareNanos } from "../../shared/kernel/nano-time.ts";
import type { Direction, Labels, LogRow, LogStream } from "../../shared/upstreams/loki/schema.ts";
import type { Position } from "./page.plan.ts";

/** A line in its place. Holds nothing of the answer that it came in but itself. */
export interface Line {
  target: Target;
  labels: Labels;
  /** Its stream's hash. */
  stream: string;
  row: LogRow;
  /** Which it is of its stream's lines with its time, in the direction that is asked for. */
  index: number;
}

/** A page so far. */
export interface MergedPage {
  lines: Line[];
  /** Whether lines follow. */
  more: boolean;
  /** Where the page cannot go on before the clusters that were cut there have given all lines of that instant. */
  unsettled: { nanos: string; targets: Target[] } | null;
}

/**
 * The first lines of many clusters after a position, in one total order: by time, cluster, stream, and place in the stream; backward
 * all reversed. Each answer is merged as it comes in, and what cannot be of the page any more is let go: it takes little more than
 * the page and one answer, whatever the number of clusters.
 *
 * The page goes no further than every cluster is known: up to the nearest place where one was cut at its limit. So it leaves out
 * nothing, and the next begins where it ends.
 */
export class PageMerge {
  readonly #sign: number;
  readonly #limit: number;
  readonly #after: Position | null;
  /** One more than the page holds, to know whether lines follow. */
  #lines: Line[] = [];
  readonly #cuts = new Map<Target, { nanos: string; isSettled: boolean }>();

  constructor({ direction, limit, after }: { direction: Direction; limit: number; after: Position | null }) {
    this.#sign = direction === "FORWARD" ? 1 : -1;
    this.#limit = limit;
    this.#after = after;
  }

  /** @param isCut whether there may be more from its last line on, of that one's instant too. */
  add(target: Target, streams: readonly LogStream[], isCut: boolean): void {
    const last = isCut ? this.#lastTime(streams) : null;
    if (last !== null) this.#cuts.set(target, { nanos: last, isSettled: false });
    this.#fold(target, streams);
  }

  /** All lines of the instant where the cluster was cut, in place of those that it gave first. */
  settle(target: Target, streams: readonly LogStream[]): void {
    const cut = this.#cuts.get(target);
    if (!cut) return;
    cut.isSettled = true;
    // Deleted in the meantime, perhaps; without a line the page could not go on.
    if (streams.length === 0) return;
    this.#lines = this.#lines.filter((line) => line.target !== target || line.row[0] !== cut.nanos);
    this.#fold(target, streams);
  }

  page(): MergedPage {
    const cuts = [...this.#cuts].map(([target, cut]) => ({ target, ...cut }));
    const [first] = cuts.toSorted((a, b) => this.#order(a.nanos, b.nanos));
    const horizon = first?.nanos ?? null;
    const targets = cuts.flatMap(({ target, nanos, isSettled }) => (nanos === horizon && !isSettled ? [target] : []));
    const lines: Line[] = [];
    for (const line of this.#lines) {
      const isBeyond = horizon !== null && this.#order(line.row[0], horizon) > 0;
      if (lines.length === this.#limit || isBeyond) return { lines, more: true, unsettled: null };
      if (line.row[0] === horizon && targets.length > 0)
        return { lines, more: true, unsettled: { nanos: horizon, targets } };
      lines.push(line);
    }
    return { lines, more: horizon !== null, unsettled: null };
  }

  #order(a: string, b: string): number {
    return compareNanos(a, b) * this.#sign;
  }

  #lastTime(streams: readonly LogStream[]): string | null {
    const times = streams.flatMap(({ rows }) => rows.at(-1)?.[0] ?? []);
    return times.reduce<string | null>(
      (last, time) => (last === null || this.#order(time, last) > 0 ? time : last),
      null,
    );
  }

  #fold(target: Target, streams: readonly LogStream[]): void {
    const known = this.#lines;
    const merged: Line[] = [];
    let at = 0;
    for (const line of linesOf(target, streams, this.#sign, this.#after)) {
      for (; at < known.length && merged.length <= this.#limit; at += 1) {
        if (!isBefore(known[at] as Line, line, this.#sign)) break;
        merged.push(known[at] as Line);
      }
      if (merged.length > this.#limit) break;
      merged.push(line);
    }
    for (; at < known.length && merged.length <= this.#limit; at += 1) merged.push(known[at] as Line);
    this.#lines = merged;
  }
}

export const positionOf = ({ target, stream, row: [nanos], index }: Line): Position => ({
  nanos,
  clusterId: target.id,
  stream,
  index,
});

/** A stream that is read line by line. */
interface Reading {
  stream: LogStream;
  at: number;
  nanos: string;
  index: number;
}

/** One cluster's lines in order, from the first after the position on. */
function* linesOf(
  target: Target,
  streams: readonly LogStream[],
  sign: number,
  after: Position | null,
): Generator<Line, void, undefined> {
  const isFirst = (a: Reading, b: Reading): boolean => {
    const byTime = compareNanos(a.nanos, b.nanos) * sign;
    return byTime === 0 ? a.stream.hash < b.stream.hash === sign > 0 : byTime < 0;
  };
  // Only lines of the position's own instant and cluster come a second time.
  const given = after?.clusterId === target.id ? after : null;
  const heap = new Heap(
    isFirst,
    streams.flatMap((stream) => begun(stream, sign, given)),
  );
  for (let reading = heap.first; reading; reading = heap.first) {
    const { stream, at, index } = reading;
    yield { target, labels: stream.labels, stream: stream.hash, row: stream.rows[at] as LogRow, index };
    if (advance(reading)) heap.replace(reading);
    else heap.pop();
  }
}

/** At its first line that was not given; none where there is no such line. */
function begun(stream: LogStream, sign: number, given: Position | null): Reading[] {
  const [first] = stream.rows;
  if (!first) return [];
  const reading: Reading = { stream, at: 0, nanos: first[0], index: 0 };
  while (given && isGiven(reading, sign, given)) if (!advance(reading)) return [];
  return [reading];
}

function isGiven({ stream, nanos, index }: Reading, sign: number, given: Position): boolean {
  if (nanos !== given.nanos) return false;
  return stream.hash === given.stream ? index <= given.index : stream.hash < given.stream === sign > 0;
}

function advance(reading: Reading): boolean {
  reading.at += 1;
  const row = reading.stream.rows[reading.at];
  if (!row) return false;
  reading.index = row[0] === reading.nanos ? reading.index + 1 : 0;
  reading.nanos = row[0];
  return true;
}

/** Of lines of two answers: one cluster's answers have no time in common. */
function isBefore(a: Line, b: Line, sign: number): boolean {
  const byTime = compareNanos(a.row[0], b.row[0]) * sign;
  return byTime === 0 ? a.target.id < b.target.id === sign > 0 : byTime < 0;
}
