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
