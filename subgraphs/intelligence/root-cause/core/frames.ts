import type { Case, TimeRange } from "./model.ts";

const FRAME_MS = 60_000;
const MOST_FRAMES = 240;

/** The history in short stretches, oldest first, and after them the window: what is usual is what most stretches show. */
export interface Frames {
  /** The window is the last. */
  readonly ranges: readonly TimeRange[];
  readonly window: number;
  /** Which one holds this moment; -1 for none. */
  indexOf(time: number): number;
}

export function framesOf({ onset, windowSeconds, history }: Pick<Case, "onset" | "windowSeconds" | "history">): Frames {
  const known = merged(history.map(({ start, end }) => ({ start, end: Math.min(end, onset) })));
  const total = known.reduce((sum, { start, end }) => sum + end - start, 0);
  const length = Math.max(FRAME_MS, total / MOST_FRAMES);
  const ranges = known.flatMap((range) => pieces(range, length)).slice(-MOST_FRAMES);
  ranges.push({ start: onset, end: onset + windowSeconds * 1000 });
  return { ranges, window: ranges.length - 1, indexOf: (time) => rangeAt(ranges, time) };
}

export function merged(ranges: readonly TimeRange[]): TimeRange[] {
  const found: { start: number; end: number }[] = [];
  for (const { start, end } of ranges.filter((range) => range.end > range.start).sort((a, b) => a.start - b.start)) {
    const last = found.at(-1);
    if (last && start <= last.end) last.end = Math.max(last.end, end);
    else found.push({ start, end });
  }
  return found;
}

function pieces({ start, end }: TimeRange, length: number): TimeRange[] {
  const count = Math.max(1, Math.round((end - start) / length));
  const step = (end - start) / count;
  return Array.from({ length: count }, (_, at) => ({ start: start + at * step, end: start + (at + 1) * step }));
}

/** Which of the ranges, by time and without overlap, holds this moment; -1 for none. */
export function rangeAt(ranges: readonly TimeRange[], time: number): number {
  let low = 0;
  let high = ranges.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const range = ranges[middle];
    if (!range) return -1;
    if (time < range.start) high = middle - 1;
    else if (time >= range.end) low = middle + 1;
    else return middle;
  }
  return -1;
}
