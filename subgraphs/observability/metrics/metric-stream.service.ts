import type { FleetDirectory } from "../../shared/fleet/directory.ts";
import { namedClusters } from "../../shared/fleet/named-clusters.ts";
import type { EventBus } from "../../shared/kernel/bus/event-bus.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import { fanOut } from "../../shared/kernel/fan-out.ts";
import type { Outcome } from "../../shared/kernel/outcome.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import type { Asker, ClusterAnswer, ClusterQueries, ClusterQuery } from "./cluster-queries.loader.ts";
import { toMetricResult } from "./metrics.mapper.ts";
import { type MetricQuery, planFleet } from "./metrics.service.ts";
import { type MetricStreamPart, metricStream, type Round } from "./metrics.stream.ts";
import type { MetricResult } from "./metrics.type.ts";
import { patienceMs } from "./metrics.window.ts";
import { type AnswerLimits, FairShares } from "./series.filter.ts";

interface Options {
  operation: Operation;
  directory: FleetDirectory;
  queries: ClusterQueries;
  bus: EventBus;
  clock: Clock;
  onInternalError: (error: unknown) => void;
}

/** Metric queries whose answers go on coming. */
export class MetricStreamService {
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
  }

  /**
   * The question asked every so often, each cluster's part as it comes in. Its window ends now each time and keeps its length.
   * @param instant whether to evaluate at each round's now, and not over a range.
   * @throws as the query does; the stream ends with what a later round throws, and once a cluster that is named may no longer be seen.
   */
  async open(
    query: MetricQuery,
    everySeconds: number,
    instant: boolean,
  ): Promise<AsyncIterableIterator<MetricStreamPart<MetricResult>>> {
    const { operation, directory, bus, clock } = this.#options;
    const { identity, requestId, signal, startedAt: begun } = operation;
    const round = async (startedAt: Date): Promise<Round<MetricResult>> => {
      const asker = { identity, requestId, startedAt };
      const { asked } = await planFleet(directory, asker, movedTo(startedAt, begun, query, instant));
      const limits = shareOf(this.#options.queries.limits, asked.length);
      return asked.map((each) => async (left) => {
        const outcome = await this.#ask(each, asker, limits, left);
        return toMetricResult(each.target, outcome, query.clusterLabel);
      });
    };
    const named = namedClusters(directory, identity, query.clusterIds, query.selector?.ids);
    return metricStream({
      watch: named ? (lost) => named.watch(bus, lost) : undefined,
      first: await round(begun),
      next: () => round(clock.now()),
      everyMs: everySeconds * 1000,
      caller: `${identity.tenant} ${identity.user}`,
      signal,
    });
  }

  async #ask(
    query: ClusterQuery,
    asker: Asker,
    limits: AnswerLimits,
    signal: AbortSignal,
  ): Promise<Outcome<ClusterAnswer>> {
    const { queries, onInternalError } = this.#options;
    const [outcome] = await fanOut(
      [query],
      async (each, own) => {
        const answer = await queries.ask(each, asker, own);
        const shares = new FairShares(limits);
        const cut = shares.add(answer.series);
        shares.settle();
        const { series, truncated } = cut;
        return { ...answer, series, truncated: answer.truncated || truncated };
      },
      { signal, patienceMs: ({ timeoutSeconds }) => patienceMs(timeoutSeconds, 0), onInternalError },
    );
    return outcome as Outcome<ClusterAnswer>;
  }
}

const movedTo = (now: Date, begun: Date, query: MetricQuery, instant: boolean): MetricQuery => ({
  ...query,
  ...(query.startTime ? { startTime: new Date(query.startTime.getTime() + now.getTime() - begun.getTime()) } : {}),
  ...(instant ? { time: now } : {}),
});

/** Each part goes out as it comes in, before others are known: so each has the same share from the start. */
const shareOf = ({ seriesPerCluster, series, samples, bytes }: AnswerLimits, clusters: number): AnswerLimits => ({
  seriesPerCluster,
  series: Math.floor(series / clusters),
  samples: Math.floor(samples / clusters),
  bytes: Math.floor(bytes / clusters),
});
