import { CodedError } from "../../shared/kernel/errors.ts";
import {
  type AskedRange,
  alignedWindow,
  durationSeconds,
  timeRange,
  type Window,
} from "../../shared/kernel/time-range.ts";

/** Exporters are scraped no more often. */
const LEAST_STEP = 15;
const WANTED_POINTS = 120;

/**
 * On the step's grid, so that all clusters answer the same points. Where no step is given, one that makes about 120 of them.
 * @throws INVALID_TIME_RANGE, INVALID_DURATION, TOO_MANY_POINTS
 */
export function historyWindow(
  asked: AskedRange | null | undefined,
  step: string | null | undefined,
  { now, most, least = LEAST_STEP }: { now: Date; most: number; least?: number },
): Window {
  const { start, end } = timeRange(asked, now);
  const seconds = (end.getTime() - start.getTime()) / 1000;
  const rough = Math.ceil(seconds / Math.min(WANTED_POINTS, most - 1) / LEAST_STEP) * LEAST_STEP;
  const window = alignedWindow(start, end, step ? durationSeconds(step, "step") : Math.max(least, rough));
  const points = pointsOf(window);
  if (points > most) {
    const enough = Math.ceil(seconds / (most - 1));
    throw new CodedError(
      "TOO_MANY_POINTS",
      `${points} points, and at most ${most} are answered. Use a step of ${enough}s or more.`,
      { field: "step", rule: `range / step + 1 <= ${most}`, points },
    );
  }
  return window;
}

export const pointsOf = ({ start, end, step }: Window): number => (end - start) / step + 1;

export const timesOf = (window: Window): Date[] =>
  Array.from({ length: pointsOf(window) }, (_, column) => new Date((window.start + column * window.step) * 1000));
