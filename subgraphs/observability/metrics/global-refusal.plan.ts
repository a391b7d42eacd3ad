import { CodedError } from "../../shared/kernel/errors.ts";

/** Why an expression is not answered over all clusters as one, and what the caller can do about it. */
const WAYS_OUT = {
  UNSUPPORTED: "Ask with the scope PER_CLUSTER, or leave it out.",
  DEFAULT_SUBQUERY_STEP: "Write the subquery's step, as in [1h:1m]: each server has a default of its own.",
  MODIFIER_IN_SUBQUERY: "Write the time instead of start() or end().",
  RANGE_PARAMETER: "Give the function a constant, or ask with the scope PER_CLUSTER.",
  PATTERN: "Write a simpler pattern: without named classes and flags, repeated groups, and more than three * and +.",
  NATIVE_HISTOGRAMS:
    "Ask for histogram_quantile, histogram_sum or histogram_count by (cluster), or with the scope PER_CLUSTER.",
  TOO_LARGE: "Ask for parts of it.",
  TOO_MANY_SERIES: "Aggregate, match fewer series, use a longer step, or ask fewer clusters.",
  TOO_MUCH_WORK: "Aggregate, match fewer series, use a longer step, or ask fewer clusters.",
  SUBQUERY_TOO_FINE: "Use a longer step or a shorter range in the subquery.",
  EVALUATION_FAILED: "Series of different clusters meet here: name the cluster label in on(...) or by(...).",
} as const;
export type Refusal = keyof typeof WAYS_OUT;

export const notGlobal = (reason: Refusal, message: string): CodedError =>
  new CodedError("NOT_GLOBAL", `${message} ${WAYS_OUT[reason]}`, { reason, wayOut: WAYS_OUT[reason] });
