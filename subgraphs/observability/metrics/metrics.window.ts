import { CodedError } from "../../shared/kernel/errors.ts";
import { alignedWindow, durationSeconds } from "../../shared/kernel/time-range.ts";
import type { Evaluation } from "../../shared/upstreams/prometheus/client.ts";

export interface AskedWindow {
  time?: Date | null;
  startTime?: Date | null;
  endTime?: Date | null;
  step: string;
}

const DEFAULT_RANGE_MS = 3_600_000;
/** Prometheus' own limit; checked here so that a refusal costs no upstream a request. */
const MAX_POINTS = 11_000;

/**
 * When to evaluate: the instant, or the range on the step's grid.
 * @param now the operation's start, so that every cluster and field of it asks for the same window.
 * @throws INVALID_TIME_RANGE, INVALID_DURATION, TOO_MANY_POINTS
 */
export function evaluation({ time, startTime, endTime, step }: AskedWindow, now: Date): Evaluation {
  if (time) {
    if (startTime || endTime) {
      throw new CodedError(
        "INVALID_TIME_RANGE",
        "Give either time, for an instant, or startTime and endTime, for a range.",
        {
          field: "time",
          rule: "time excludes startTime and endTime",
        },
      );
    }
    return { at: time.getTime() / 1000 };
  }
  const seconds = durationSeconds(step, "step");
  const end = endTime ?? now;
  const start = startTime ?? new Date(end.getTime() - DEFAULT_RANGE_MS);
  const window = alignedWindow(start, end, seconds);
  const points = pointsOf(window);
  if (points > MAX_POINTS) {
    // Of the range as it was asked: on another step's grid its ends lie elsewhere.
    const least = Math.ceil((end.getTime() - start.getTime()) / 1000 / (MAX_POINTS - 1));
    throw new CodedError(
      "TOO_MANY_POINTS",
      `${points} points a series, and at most ${MAX_POINTS} are answered. Use a step of ${least}s or more.`,
      {
        field: "step",
        rule: `(endTime - startTime) / step + 1 <= ${MAX_POINTS}`,
        points,
      },
    );
  }
  return window;
}

/** Samples may still come late: what ended so long ago changes no more. */
const FRESHNESS_SECONDS = 600;

export const isClosed = (when: Evaluation, now: Date): boolean =>
  ("at" in when ? when.at : when.end) <= now.getTime() / 1000 - FRESHNESS_SECONDS;

/** How often an expression is evaluated. */
export const pointsOf = (when: Evaluation): number => ("at" in when ? 1 : (when.end - when.start) / when.step + 1);

/** The window as it was asked of the clusters. */
export function echo(when: Evaluation, step: string): { startTime: Date | null; endTime: Date; step: string | null } {
  if ("at" in when) return { startTime: null, endTime: new Date(when.at * 1000), step: null };
  return { startTime: new Date(when.start * 1000), endTime: new Date(when.end * 1000), step };
}

/** Of the time that a question may take, what is kept for putting the answers together. */
const MERGING = { share: 0.05, mostMs: 500 };

/** How long a cluster may take that is asked so long after the question began: it must be done when the question is. */
export function patienceMs(timeoutSeconds: number, elapsedMs: number): number {
  const whole = timeoutSeconds * 1000;
  return Math.max(1, Math.round(whole - Math.min(whole * MERGING.share, MERGING.mostMs) - elapsedMs));
}
