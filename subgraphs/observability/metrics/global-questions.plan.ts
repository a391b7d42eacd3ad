import type { Target } from "../../shared/fleet/directory.ts";
import type { Evaluation } from "../../shared/upstreams/prometheus/client.ts";
import type { ClusterQuery } from "./cluster-queries.loader.ts";
import type { GlobalPlan } from "./global.plan.ts";
import { leafWindow } from "./global.window.ts";

/** The cluster label of an answer over all clusters, unless another is asked for. */
export const DEFAULT_LABEL = "cluster";

/**
 * What a cluster is asked, leaf by leaf; undefined for one that nothing there can match.
 * @throws NOT_GLOBAL where a leaf would be asked at too many times
 */
export function leafQuestions(
  { leaves }: GlobalPlan,
  when: Evaluation,
  timeoutSeconds: number,
): (target: Target) => (ClusterQuery | undefined)[] {
  const windows = leaves.map(({ grid }) => leafWindow(grid, when));
  return (target) =>
    leaves.map(({ expression, scope }, i) => {
      const window = scope.every(({ matches }) => matches(target.name)) ? windows[i] : undefined;
      return window && { target, query: expression, when: window, timeoutSeconds };
    });
}
