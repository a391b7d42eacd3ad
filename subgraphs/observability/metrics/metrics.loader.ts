import DataLoader from "dataloader";
import { fanOut } from "../../shared/kernel/fan-out.ts";
import type { Outcome } from "../../shared/kernel/outcome.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import type { ClusterAnswer, ClusterQueries, ClusterQuery } from "./cluster-queries.loader.ts";
import { patienceMs } from "./metrics.window.ts";
import { FairShares } from "./series.filter.ts";

export type MetricsLoader = DataLoader<ClusterQuery, Outcome<ClusterAnswer>, string>;

const keyOf = ({ target, query, when, timeoutSeconds }: ClusterQuery): string =>
  JSON.stringify([target.id, query, when, timeoutSeconds]);

/**
 * All metric queries of one operation: whatever its shape and number of hops, one upstream request per cluster and distinct
 * query. Lives as long as the operation. What all clusters answer to one question is held within bounds as it comes in.
 */
export const metricsLoader = (
  operation: Operation,
  queries: ClusterQueries,
  onInternalError: (error: unknown) => void,
): MetricsLoader =>
  new DataLoader(
    async (asked) => {
      const began = performance.now();
      const shares = new Map<string, FairShares>();
      const outcomes = await fanOut(
        asked,
        async (query, signal) => {
          const { series, ...answer } = await queries.ask(query, operation, signal);
          const question = JSON.stringify([query.question ?? query.query, query.when]);
          const share = shares.get(question) ?? new FairShares(queries.limits);
          shares.set(question, share);
          return { answer, cut: share.add(series) };
        },
        {
          signal: operation.signal,
          patienceMs: ({ timeoutSeconds }) => patienceMs(timeoutSeconds, performance.now() - began),
          onInternalError,
        },
      );
      for (const share of shares.values()) share.settle();
      return outcomes.map(({ value, ...outcome }) => {
        if (!value) return outcome;
        const { answer, cut } = value;
        return { ...outcome, value: { ...answer, series: cut.series, truncated: answer.truncated || cut.truncated } };
      });
    },
    { cacheKeyFn: keyOf },
  );
