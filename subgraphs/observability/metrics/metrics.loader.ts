import DataLoader from "dataloader";
import type { FleetClients } from "../../shared/fleet/clients.ts";
import type { Target } from "../../shared/fleet/directory.ts";
import { fanOut } from "../../shared/kernel/fan-out.ts";
import type { Outcome } from "../../shared/kernel/outcome.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import type { Evaluation } from "../../shared/upstreams/prometheus/client.ts";
import type { QueryResult } from "../../shared/upstreams/prometheus/schema.ts";

/** One request to one cluster. Two that are alike are one. */
export interface ClusterQuery {
  target: Target;
  query: string;
  when: Evaluation;
  timeoutSeconds: number;
}

export type MetricsLoader = DataLoader<ClusterQuery, Outcome<QueryResult>, string>;

const keyOf = ({ target, query, when, timeoutSeconds }: ClusterQuery): string =>
  JSON.stringify([target.id, query, when, timeoutSeconds]);

/**
 * All metric queries of one operation: whatever its shape and number of hops, one upstream request per cluster and distinct
 * query. Lives as long as the operation, so nothing is shared between users.
 */
export const metricsLoader = (
  operation: Operation,
  clients: FleetClients,
  onInternalError: (error: unknown) => void,
): MetricsLoader =>
  new DataLoader(
    (queries) =>
      fanOut(
        queries,
        async ({ target, query, when, timeoutSeconds }, signal) => {
          const client = await clients.prometheus(target);
          return await client.query(query, when, timeoutSeconds, { signal, requestId: operation.requestId });
        },
        { signal: operation.signal, patienceMs: ({ timeoutSeconds }) => timeoutSeconds * 1000, onInternalError },
      ),
    { cacheKeyFn: keyOf },
  );
