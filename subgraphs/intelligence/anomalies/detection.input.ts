import { z } from "zod";
import { promqlProblem } from "../../shared/upstreams/promql/syntax.ts";

/** As rules, so that whatever is wrong is refused together. */
export const promql = z.string().superRefine((query, ctx) => {
  const problem = promqlProblem(query);
  const params = { code: "INVALID_PROMQL" };
  if (problem) ctx.addIssue({ code: "custom", message: `not valid PromQL: ${problem.message}`, params });
});

export const sensitivity = z.number().min(0, "must be 0 to 1").max(1, "must be 0 to 1");

export const bound = z.number().nullish();

interface Bounds {
  above?: number | null | undefined;
  below?: number | null | undefined;
}

export const boundsInOrder = ({ above, below }: Bounds): boolean => above == null || below == null || below <= above;
export const BOUNDS_IN_ORDER = { message: "must not be more than above", path: ["below"] };

export const DESCRIPTIONS = {
  sensitivity:
    "How much is told, 0 to 1. It sets the detectors' threshold and the share of false alarms that is put up with: a hundredth at 0, a tenth at 0.5, any at 1.",
  above: "A value above is an anomaly, however usual it is.",
  below: "A value below is an anomaly, however usual it is.",
} as const;
