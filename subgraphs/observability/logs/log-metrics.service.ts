import { type Completeness, isComplete, requireAnswers, requireInScope } from "../../shared/fleet/cluster-outcome.ts";
import type { FleetDirectory } from "../../shared/fleet/directory.ts";
import type { ClusterSelector } from "../../shared/fleet/selector.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import { toMetricResult } from "../metrics/metrics.mapper.ts";
import { type AskedWindow, echo, evaluation } from "../metrics/metrics.window.ts";
import type { FederatedLogMetrics } from "./log-metrics.type.ts";
import type { LokiLoaders } from "./loki.loader.ts";

export interface LogMetricQuery extends AskedWindow {
  query: string;
  clusterIds?: string[] | null;
  selector?: ClusterSelector | null;
  timeout: number;
  completeness?: Completeness | null;
}

/** Samples that the clusters' Loki make of their log lines, each of its own. */
export class LogMetricsService {
  readonly #operation: Operation;
  readonly #directory: FleetDirectory;
  readonly #samples: LokiLoaders["samples"];

  constructor(operation: Operation, directory: FleetDirectory, { samples }: Pick<LokiLoaders, "samples">) {
    this.#operation = operation;
    this.#directory = directory;
    this.#samples = samples;
  }

  /** @throws NO_CLUSTER_SUCCEEDED, INCOMPLETE; a coded error for bad input before any call. */
  async overFleet({
    query,
    timeout: timeoutSeconds,
    completeness,
    ...asked
  }: LogMetricQuery): Promise<FederatedLogMetrics> {
    const when = evaluation(asked, this.#operation.startedAt);
    const targets = await this.#directory.selectNamed(this.#operation.identity, asked);
    requireInScope(targets, completeness);
    const results = await Promise.all(
      targets.map(async (target) =>
        toMetricResult(target, await this.#samples.load({ target, query, when, timeoutSeconds })),
      ),
    );
    const outcomes = results.map(({ outcome }) => outcome);
    requireAnswers(outcomes, completeness);
    return { results, outcomes, complete: isComplete(outcomes), ...echo(when, asked.step) };
  }
}
