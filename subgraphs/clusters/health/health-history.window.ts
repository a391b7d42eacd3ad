import { CodedError } from "../../shared/kernel/errors.ts";
import {
  type AskedRange,
  alignedWindow,
  durationSeconds,
  timeRange,
  type Window,
} from "../../shared/kernel/time-range.ts";

/** As many as Prometheus answers of a series: what draws one can draw the other. */
const MAX_POINTS = 11_000;
/** Over all clusters that one operation asks about for the same stretch: ten whole series, or a page of 100 by the minute for an hour and three quarters. */
const MAX_POINTS_TOGETHER = 110_000;

/**
 * The stretch of history that is asked for, on the step's grid.
 * @throws INVALID_TIME_RANGE, INVALID_DURATION, TOO_MANY_POINTS
 */
export function historyWindow(range: AskedRange | null | undefined, step: string, now: Date): Window {
  const { start, end } = timeRange(range, now);
  const window = alignedWindow(start, end, durationSeconds(step, "step"));
  requireFew(window, 1, MAX_POINTS);
  return window;
}

/** @throws TOO_MANY_POINTS if the series of so many clusters together are too much for one answer. */
export const requireFewTogether = (window: Window, clusters: number): void =>
  requireFew(window, clusters, MAX_POINTS_TOGETHER);

function requireFew({ start, end, step }: Window, clusters: number, most: number): void {
  const points = ((end - start) / step + 1) * clusters;
  if (points <= most) return;
  const least = Math.ceil((end - start) / Math.max(1, Math.floor(most / clusters) - 1));
  throw new CodedError(
    "TOO_MANY_POINTS",
    `${points} points${clusters > 1 ? ` of ${clusters} clusters` : ""}, and at most ${most} are answered. Use a step of ${least}s or more.`,
    { field: "step", rule: `((end - start) / step + 1) * clusters <= ${most}`, points },
  );
}
