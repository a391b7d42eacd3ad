import { isComplete, requireAnswers } from "../../shared/fleet/cluster-outcome.ts";
import type { FleetDirectory, Target } from "../../shared/fleet/directory.ts";
import type { ClusterSelector } from "../../shared/fleet/selector.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import type { Evaluation } from "../../shared/upstreams/prometheus/client.ts";
import type { MetricsLoader } from "./metrics.loader.ts";
import { toMetricResult } from "./metrics.mapper.ts";
import type { FederatedMetrics, MetricResult } from "./metrics.type.ts";
import { type AskedWindow, evaluation } from "./metrics.window.ts";

export interface MetricQuery extends AskedWindow {
  query: string;
  clusterIds?: string[] | null;
  selector?: ClusterSelector | null;
  timeout: number;
}

/** One PromQL question to one cluster or to many, within one operation. */
export class MetricsService {
  readonly #operation: Operation;
  readonly #directory: FleetDirectory;
  readonly #loader: MetricsLoader;

  constructor(operation: Operation, directory: FleetDirectory, loader: MetricsLoader) {
    this.#operation = operation;
    this.#directory = directory;
    this.#loader = loader;
  }

  /** @throws NO_CLUSTER_SUCCEEDED when there were clusters to ask and none answered; a coded error for bad input before any call. */
  async overFleet(query: MetricQuery): Promise<FederatedMetrics> {
    const when = evaluation(query, this.#operation.startedAt);
    const start = performance.now();
    const targets = await this.#directory.selectNamed(this.#operation.identity, query);
    const results = await Promise.all(targets.map((target) => this.#ask(target, query, when)));
    const outcomes = results.map(({ outcome }) => outcome);
    const succeeded = outcomes.filter(({ status }) => status === "SUCCESS").length;
    requireAnswers(outcomes);
    return {
      results,
      outcomes,
      complete: isComplete(outcomes),
      ...echo(when, query.step),
      clustersQueried: outcomes.filter(({ status }) => status !== "SKIPPED").length,
      clustersSucceeded: succeeded,
      totalQueryTimeMs: Math.round(performance.now() - start),
    };
  }

  /** A failure is data here too: the field is asked of a whole page of clusters. */
  async ofCluster(target: Target, query: MetricQuery): Promise<MetricResult> {
    if (query.clusterIds?.length || query.selector) {
      throw new CodedError("BAD_USER_INPUT", "On a cluster's own field, leave out clusterIds and selector.", {
        fields: ["query.clusterIds", "query.selector"],
      });
    }
    return await this.#ask(target, query, evaluation(query, this.#operation.startedAt));
  }

  async #ask(target: Target, { query, timeout }: MetricQuery, when: Evaluation): Promise<MetricResult> {
    return toMetricResult(target, await this.#loader.load({ target, query, when, timeoutSeconds: timeout }));
  }
}

function echo(when: Evaluation, step: string): Pick<FederatedMetrics, "startTime" | "endTime" | "step"> {
  if ("at" in when) return { startTime: null, endTime: new Date(when.at * 1000), step: null };
  return { startTime: new Date(when.start * 1000), endTime: new Date(when.end * 1000), step };
}
