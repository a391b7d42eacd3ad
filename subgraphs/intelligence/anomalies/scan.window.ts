import { CodedError } from "../../shared/kernel/errors.ts";
import {
  type AskedRange,
  alignedWindow,
  durationSeconds,
  timeRange,
  type Window,
} from "../../shared/kernel/time-range.ts";

/** Prometheus' own limit; checked here so that a refusal costs no upstream a request. */
export const MOST_POINTS = 11_000;
const DEFAULT_RANGE: AskedRange = { duration: "1d" };

/** On the step's grid, so that all clusters answer the same points. @throws INVALID_TIME_RANGE, INVALID_DURATION, TOO_MANY_POINTS */
export function scanWindow(asked: AskedRange | null | undefined, step: string, now: Date): Window {
  const { start, end } = timeRange(asked ?? DEFAULT_RANGE, now);
  const window = alignedWindow(start, end, durationSeconds(step, "step"));
  const points = (window.end - window.start) / window.step + 1;
  if (points <= MOST_POINTS) return window;
  const enough = Math.ceil((end.getTime() - start.getTime()) / 1000 / (MOST_POINTS - 1));
  throw new CodedError(
    "TOO_MANY_POINTS",
    `${points} points a series, and at most ${MOST_POINTS} are looked at. Use a step of ${enough}s or more.`,
    { field: "step", rule: `range / step + 1 <= ${MOST_POINTS}`, points },
  );
}
