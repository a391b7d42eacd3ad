import { type Completeness, isComplete, requireAnswers, requireInScope } from "../../shared/fleet/cluster-outcome.ts";
import type { FleetDirectory, Target } from "../../shared/fleet/directory.ts";
import type { ClusterSelector } from "../../shared/fleet/selector.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import type { Outcome } from "../../shared/kernel/outcome.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import { type AskedRange, timeRange } from "../../shared/kernel/time-range.ts";
import type { Evaluation } from "../../shared/upstreams/prometheus/client.ts";
import { pinned } from "../../shared/upstreams/promql/pinned.ts";
import type { ClusterAnswer, ClusterQuery } from "./cluster-queries.loader.ts";
import type { MetricsLoader } from "./metrics.loader.ts";
import { toMetricResult } from "./metrics.mapper.ts";
import { clusterQuestion, type Question } from "./metrics.plan.ts";
import type { FederatedMetrics, MetricResult } from "./metrics.type.ts";
import { type AskedWindow, echo, evaluation } from "./metrics.window.ts";

export interface MetricQuery extends AskedWindow, Question {
  clusterIds?: string[] | null;
  selector?: ClusterSelector | null;
  completeness?: Completeness | null;
  scope?: "PER_CLUSTER" | "GLOBAL";
}

const POD_TIMEOUT_SECONDS = 30;

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

  /**
   * @throws NO_CLUSTER_SUCCEEDED when there were clusters to ask and none answered; INCOMPLETE where the policy is not met; a coded
   * error for bad input before any call.
   */
  async overFleet(query: MetricQuery): Promise<FederatedMetrics> {
    const start = performance.now();
    const { when, asked, pruned } = await planFleet(this.#directory, this.#operation, query);
    const results = await Promise.all(
      asked.map(async (each) => toMetricResult(each.target, await this.#loader.load(each), query.clusterLabel)),
    );
    const outcomes = results.map(({ outcome }) => outcome);
    // What a pruned cluster has to say is known: nothing.
    const { requiredClusterIds, ...policy } = query.completeness ?? {};
    const required = requiredClusterIds?.filter((id) => !pruned.some((target) => target.id === id)) ?? null;
    requireAnswers(outcomes, { ...policy, requiredClusterIds: required });
    return {
      results,
      outcomes,
      complete: isComplete(outcomes),
      ...echo(when, query.step),
      clustersQueried: outcomes.filter(({ status }) => status !== "SKIPPED").length,
      clustersSucceeded: outcomes.filter(({ status }) => status === "SUCCESS").length,
      totalQueryTimeMs: Math.round(performance.now() - start),
    };
  }

  /** A failure is data here too: the field is asked of a whole page of clusters. */
  async ofCluster(target: Target, query: MetricQuery): Promise<MetricResult> {
    if (query.clusterIds?.length || query.selector || query.completeness || query.scope === "GLOBAL") {
      const fields = ["clusterIds", "selector", "completeness", "scope"];
      throw new CodedError("BAD_USER_INPUT", `On a cluster's own field, leave out ${fields.join(", ")}.`, { fields });
    }
    const when = evaluation(query, this.#operation.startedAt);
    const asked = clusterQuestion(query, when)(target);
    return toMetricResult(target, asked ? await this.#loader.load(asked) : nothing(when), query.clusterLabel);
  }

  /** Of this pod alone: every selector is narrowed to it, whatever it says itself. */
  async ofPod(
    target: Target,
    { namespace, name }: { namespace: string; name: string },
    { query, range, step }: { query: string; range?: AskedRange | null; step: string },
  ): Promise<MetricResult> {
    const { start: startTime, end: endTime } = timeRange(range, this.#operation.startedAt);
    const own = pinned(query, { namespace, pod: name });
    return await this.ofCluster(target, { query: own, startTime, endTime, step, timeout: POD_TIMEOUT_SECONDS });
  }
}

/** Whom to ask what, and whom nothing. Whatever is wrong with the question is said before the fleet is looked up. */
export async function planFleet(
  directory: FleetDirectory,
  { identity, startedAt }: Pick<Operation, "identity" | "startedAt">,
  query: MetricQuery,
): Promise<{ when: Evaluation; asked: ClusterQuery[]; pruned: Target[] }> {
  const when = evaluation(query, startedAt);
  const question = clusterQuestion(query, when);
  const targets = await directory.selectNamed(identity, query);
  requireInScope(targets, query.completeness);
  const questions = targets.map((target) => question(target));
  return {
    when,
    asked: questions.filter((asked) => asked !== null),
    pruned: targets.filter((_, index) => questions[index] === null),
  };
}

/** What a cluster answers that no selector of the expression can match. */
const nothing = (when: Evaluation): Outcome<ClusterAnswer> => ({
  status: "SUCCESS",
  startedAt: new Date(),
  durationMs: 0,
  value: {
    resultType: "at" in when ? "VECTOR" : "MATRIX",
    series: [],
    warnings: [],
    infos: [],
    bytes: 0,
    truncated: false,
    fromCache: false,
  },
});
