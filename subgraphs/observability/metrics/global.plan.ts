import { type Expr, partsOf, type ValueType, valueType } from "../../../promql/ast.ts";
import { QueryError } from "../../../promql/errors.ts";
import { parsePromql } from "../../../promql/parse.ts";
import { printExpr } from "../../../promql/print.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import { ClusterLabel } from "./cluster-label.plan.ts";
import type { GlobalLeaf } from "./global-leaves.plan.ts";
import { GlobalPlanner } from "./global-parts.plan.ts";
import { notGlobal } from "./global-refusal.plan.ts";

/** How the answer comes about: by partial results that the clusters work out, or by series that are merged here. */
export const CombinationMethod = { PUSHED_DOWN: "PUSHED_DOWN", MERGED_RAW: "MERGED_RAW" } as const;
export type CombinationMethod = (typeof CombinationMethod)[keyof typeof CombinationMethod];

export interface GlobalPlan {
  readonly method: CombinationMethod;
  readonly leaves: readonly GlobalLeaf[];
  /** What is evaluated here, over the leaves; null where the only leaf's series are the answer. */
  readonly combining: { readonly expr: Expr; readonly text: string } | null;
  readonly type: ValueType;
  readonly label: ClusterLabel;
  /** Whether an answer without some cluster would say what nobody knows: that something is nowhere. */
  readonly needsEveryCluster: boolean;
}

/**
 * How to answer an expression as one Prometheus that holds every cluster's series, each with a label that names its cluster. What
 * can be evaluated inside the clusters is sent there; the rest is evaluated here, over their answers.
 * @throws INVALID_PROMQL; NOT_GLOBAL where no such way is known to be exact
 */
export function planGlobal(expression: string, clusterLabel: string): GlobalPlan {
  const expr = parsed(expression);
  const label = new ClusterLabel(clusterLabel);
  const planner = new GlobalPlanner(label);
  const combined = planner.plan(expr);
  const leaves = planner.leaves.all;
  return {
    method: combined && leaves.some(({ raw }) => raw) ? "MERGED_RAW" : "PUSHED_DOWN",
    leaves,
    combining: combined && { expr: combined, text: printExpr(combined) },
    type: valueType(expr),
    label,
    needsEveryCluster: planner.needsEveryCluster,
  };
}

const MOST_LEVELS = 500;
const levelsOf = (expr: Expr): number => 1 + Math.max(0, ...partsOf(expr).map(levelsOf));

function parsed(expression: string): Expr {
  try {
    const expr = parsePromql(expression);
    if (levelsOf(expr) <= MOST_LEVELS) return expr;
    throw new RangeError("too many levels");
  } catch (error) {
    // The stack may end before the levels are counted.
    if (error instanceof RangeError) throw notGlobal("TOO_LARGE", `It has more than ${MOST_LEVELS} levels.`);
    if (!(error instanceof QueryError)) throw error;
    if (error.errorType === "bad_data") throw new CodedError("INVALID_PROMQL", error.message, { field: "query" });
    throw notGlobal("UNSUPPORTED", `${error.message}.`);
  }
}
