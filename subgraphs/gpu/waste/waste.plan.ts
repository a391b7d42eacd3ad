import { CodedError } from "../../shared/kernel/errors.ts";
import { type AskedRange, durationSeconds, timeRange, type Window } from "../../shared/kernel/time-range.ts";
import { namesOf } from "../history/metric.plan.ts";
import { NAME_LABEL } from "../history/track.mapper.ts";

/** When an allocated device is idle, and so wasted. */
export interface IdleRule {
  /** It is less busy than this. */
  belowPercent: number;
  /** For so long on end. */
  forSeconds: number;
  /** And has less of its memory in use than this; 100 or more for whatever it has in use. */
  memoryBelowPercent: number;
}

const DEFAULT_RANGE = "24h";
const MOST_SECONDS = 31 * 86_400;
const MOST_COLUMNS = 288;
const LEAST_STEP = 60;
/** Exporters are scraped at least so often: of less than this, there may be no sample. */
const LEAST_LOOK_BACK = 120;

/**
 * The window in steps, each column standing for the step before it: so the first is one step after the start.
 * @throws INVALID_TIME_RANGE, INVALID_DURATION
 */
export function wasteWindow(asked: AskedRange | null | undefined, idleFor: string, now: Date): Window & IdleFor {
  const { start, end } = timeRange(asked ?? { duration: DEFAULT_RANGE }, now);
  const seconds = (end.getTime() - start.getTime()) / 1000;
  const forSeconds = durationSeconds(idleFor, "idleFor");
  if (seconds > MOST_SECONDS) {
    throw new CodedError("INVALID_TIME_RANGE", "range: at most 31 days.", { field: "range", rule: "at most 31d" });
  }
  if (forSeconds > seconds) {
    throw new CodedError("INVALID_DURATION", "idleFor must not be longer than the range.", {
      field: "idleFor",
      rule: "idleFor <= range",
    });
  }
  const step = Math.max(LEAST_STEP, Math.ceil(seconds / MOST_COLUMNS / LEAST_STEP) * LEAST_STEP);
  const floor = (time: Date): number => Math.floor(time.getTime() / 1000 / step) * step;
  return { start: floor(start) + step, end: Math.max(floor(end), floor(start) + step), step, forSeconds };
}

interface IdleFor {
  forSeconds: number;
}

/**
 * All devices of a cluster, in one query. How busy one was at most within each step, so that no burst between two columns is missed;
 * and its memory as it was at the end of it.
 */
export function wasteQuery({ step }: Window): string {
  const lookBack = Math.max(step, LEAST_LOOK_BACK);
  const busiest = namesOf("utilizationGpuPercent").map(
    // The function takes the name: it is what tells one exporter's metric from another's.
    (name) => `label_replace(max_over_time(${name}[${lookBack}s]), "${NAME_LABEL}", "${name}", "", "")`,
  );
  const memory = [...namesOf("memoryUsedMb"), ...namesOf("memoryFreeMb"), ...namesOf("memoryTotalMb")];
  return [...busiest, `{__name__=~"${memory.join("|")}"}`].join(" or ");
}
