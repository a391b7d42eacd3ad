import { QueryError } from "../../../promql/errors.ts";
import { subquerySteps } from "../../../promql/samples.ts";
import type { Bounds, Steps } from "../../../promql/values.ts";
import type { Evaluation } from "../../shared/upstreams/prometheus/client.ts";
import type { Grid } from "./global-leaves.plan.ts";
import { notGlobal } from "./global-refusal.plan.ts";

/** A server's own limit. */
const MAX_POINTS = 11_000;

/** An evaluation's times as the language counts them: in milliseconds. */
export function stepsOf(when: Evaluation): Steps {
  if ("at" in when) return { start: Math.round(when.at * 1000), step: 1, count: 1 };
  const [start, end, step] = [when.start, when.end, when.step].map((seconds) => Math.round(seconds * 1000));
  return { start: start ?? 0, step: step ?? 1, count: Math.floor(((end ?? 0) - (start ?? 0)) / (step ?? 1)) + 1 };
}

/** When a leaf is asked: with the query itself, or at the steps of the subqueries around it; undefined where these have none. */
export function leafWindow(grid: Grid, when: Evaluation): Evaluation | undefined {
  if (grid.length === 0) return when;
  let steps = stepsOf(when);
  const bounds = { start: steps.start, end: steps.start + (steps.count - 1) * steps.step };
  for (const subquery of grid) {
    steps = stepsWithin(subquery, steps, bounds);
    if (steps.count === 0) return undefined;
  }
  const [start, end] = [steps.start / 1000, (steps.start + (steps.count - 1) * steps.step) / 1000];
  return { start, end, step: steps.step / 1000 };
}

function stepsWithin(subquery: Grid[number], steps: Steps, bounds: Bounds): Steps {
  try {
    const inner = subquerySteps(subquery, subquery.step ?? 0, steps, bounds);
    if (inner.count <= MAX_POINTS) return inner;
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
  }
  throw notGlobal("SUBQUERY_TOO_FINE", `A subquery over all clusters has more than ${MAX_POINTS} steps.`);
}
