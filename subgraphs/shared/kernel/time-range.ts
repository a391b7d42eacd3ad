import { CodedError } from "./errors.ts";

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 } as const;
const DURATION = /^([0-9]+)([smhdw])$/;

/** Seconds of a duration such as "90s", "1m", "2h", "7d", "1w" (spec 8.2); INVALID_DURATION for anything else, zero included. */
export function durationSeconds(text: string, field: string): number {
  const match = DURATION.exec(text);
  const seconds = match ? Number(match[1]) * SECONDS[match[2] as keyof typeof SECONDS] : 0;
  if (seconds <= 0 || !Number.isSafeInteger(seconds)) {
    throw new CodedError(
      "INVALID_DURATION",
      `${field} must be a positive duration like "30s", "5m", "1h", "7d" or "2w"; got ${JSON.stringify(text)}.`,
      { field, rule: DURATION.source },
    );
  }
  return seconds;
}

/** An evaluation window in whole seconds; every cluster of an operation is asked for the same one. */
export interface Window {
  start: number;
  end: number;
  step: number;
}

/**
 * The window on the step's grid: both ends floored to a multiple of step, so that every backend (also those that snap to the
 * epoch grid) answers the same points.
 * @throws INVALID_TIME_RANGE if the end is before the start.
 */
export function alignedWindow(start: Date, end: Date, step: number): Window {
  if (end.getTime() < start.getTime()) {
    throw new CodedError("INVALID_TIME_RANGE", "endTime must not be before startTime.", {
      field: "endTime",
      rule: "startTime <= endTime",
    });
  }
  const floor = (time: Date): number => Math.floor(time.getTime() / 1000 / step) * step;
  return { start: floor(start), end: floor(end), step };
}

/** A range as somebody asks for it (spec 8.2). */
export interface AskedRange {
  start?: Date | null;
  end?: Date | null;
  duration?: string | null;
}

const DEFAULT_RANGE = "1h";

/**
 * From start to end; what is not given follows from the rest: the end is now, or a duration after the start, and the start is a
 * duration (one hour unless given) before the end.
 * @param now the operation's start, so that every field of it means the same range.
 * @throws INVALID_TIME_RANGE if all three are given, or the end is before the start; INVALID_DURATION
 */
export function timeRange(asked: AskedRange | null | undefined, now: Date): { start: Date; end: Date } {
  const { start, end, duration } = asked ?? {};
  if (start && end && duration) {
    throw new CodedError("INVALID_TIME_RANGE", "Give start and end, or a duration with at most one of them.", {
      field: "duration",
      rule: "start, end and duration exclude each other",
    });
  }
  const length = durationSeconds(duration ?? DEFAULT_RANGE, "duration") * 1000;
  const last = end ?? (start && duration ? new Date(start.getTime() + length) : now);
  const first = start ?? new Date(last.getTime() - length);
  if (Number.isNaN(first.getTime()) || Number.isNaN(last.getTime())) {
    throw new CodedError("INVALID_DURATION", "duration leads beyond the dates that there are.", { field: "duration" });
  }
  if (last.getTime() < first.getTime()) {
    throw new CodedError("INVALID_TIME_RANGE", "end must not be before start.", { field: "end", rule: "start <= end" });
  }
  return { start: first, end: last };
}
