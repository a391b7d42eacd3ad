import type { Target } from "../../shared/fleet/directory.ts";
import type { NamespaceScope } from "../../shared/kernel/namespaces.ts";
import type { Evaluation } from "../../shared/upstreams/prometheus/client.ts";
import { scopedBy } from "../../shared/upstreams/promql/scoped.ts";
import { withinNamespaces } from "../../shared/upstreams/promql/within.ts";
import type { ClusterQuery } from "./cluster-queries.loader.ts";

export interface Question {
  query: string;
  clusterLabel?: string | null;
  timeout: number;
}

/**
 * What a cluster is asked, in its own words; null for one whose name no selector of the expression matches.
 * @throws INVALID_PROMQL for a matcher on the cluster label that cannot be read, before any cluster is known.
 */
export function clusterQuestion(
  { query: question, clusterLabel, timeout: timeoutSeconds }: Question,
  when: Evaluation,
): (target: Target) => ClusterQuery | null {
  const scoped = clusterLabel ? scopedBy(question, clusterLabel) : () => question;
  return (target) => {
    const query = scoped(target.name);
    return query === null ? null : { target, query, when, timeoutSeconds, question };
  };
}

/** What really goes out for whoever sees only some namespaces. @throws FORBIDDEN for what cannot be asked within them. */
export const asSent = (query: string, scope: NamespaceScope): string =>
  scope ? withinNamespaces(query, scope) : query;
