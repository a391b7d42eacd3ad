import { CodedError } from "../../shared/kernel/errors.ts";
import { alignedWindow, durationSeconds, type Window } from "../../shared/kernel/time-range.ts";

export interface RuleTimes {
  everySeconds: number;
  stepSeconds: number;
  windowSeconds: number;
}

const EVERY = { least: 30, most: 86_400, rule: "30s to 1d" };
const STEP = { least: 10, most: 3600, rule: "10s to 1h" };
/** Fewer say nothing of what is usual, and more are a day's work each time. */
const POINTS = { least: 100, most: 5000 };
/** Samples take so long to be there. */
const LAG_SECONDS = 30;

/** @throws INVALID_DURATION */
export function ruleTimes(asked: { every: string; step: string; window: string }): RuleTimes {
  const everySeconds = between(asked.every, "every", EVERY);
  const stepSeconds = between(asked.step, "step", STEP);
  const windowSeconds = durationSeconds(asked.window, "window");
  const points = windowSeconds / stepSeconds;
  if (points < POINTS.least || points > POINTS.most) {
    throw new CodedError(
      "INVALID_DURATION",
      `window must be ${POINTS.least} to ${POINTS.most} times the step of ${stepSeconds}s: ${POINTS.least * stepSeconds}s to ${POINTS.most * stepSeconds}s.`,
      { field: "window", rule: `${POINTS.least} to ${POINTS.most} steps` },
    );
  }
  return { everySeconds, stepSeconds, windowSeconds };
}

function between(text: string, field: string, { least, most, rule }: typeof EVERY): number {
  const seconds = durationSeconds(text, field);
  if (seconds >= least && seconds <= most) return seconds;
  throw new CodedError("INVALID_DURATION", `${field} must be ${rule}.`, { field, rule });
}

/** What a rule looks at now. */
export function ruleWindow({ stepSeconds, windowSeconds }: Omit<RuleTimes, "everySeconds">, now: Date): Window {
  const end = new Date(now.getTime() - LAG_SECONDS * 1000);
  return alignedWindow(new Date(end.getTime() - windowSeconds * 1000), end, stepSeconds);
}
