import { QueryError } from "../../../promql/errors.ts";
import { byLabels, evaluateGiven, seriesOf } from "../../../promql/query.ts";
import type { Steps } from "../../../promql/values.ts";
import { type Completeness, isComplete, requireAnswers, requireInScope } from "../../shared/fleet/cluster-outcome.ts";
import type { FleetDirectory } from "../../shared/fleet/directory.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import type { Evaluation } from "../../shared/upstreams/prometheus/client.ts";
import { HISTOGRAMS_LEFT_OUT, type ResultType, type Series } from "../../shared/upstreams/prometheus/schema.ts";
import type { ClusterOutcome } from "../cluster.type.ts";
import { type AskedCluster, toColumn, toGlobalSeries, toOutcome } from "./global.mapper.ts";
import { type GlobalPlan, planGlobal } from "./global.plan.ts";
import { stepsOf } from "./global.window.ts";
import { DEFAULT_LABEL, leafQuestions } from "./global-questions.plan.ts";
import { notGlobal } from "./global-refusal.plan.ts";
import type { MetricsLoader } from "./metrics.loader.ts";
import { asSent } from "./metrics.plan.ts";
import type { MetricQuery } from "./metrics.service.ts";
import type { FederatedMetrics } from "./metrics.type.ts";
import { echo, evaluation } from "./metrics.window.ts";

/** Evaluating holds up everything else in the process. */
const MOST_SAMPLES = 2_000_000;
const MOST_MS = 2_000;

/** One PromQL question over many clusters as if one Prometheus held all their series. */
export class GlobalMetricsService {
  readonly #operation: Operation;
  readonly #directory: FleetDirectory;
  readonly #loader: MetricsLoader;

  constructor(operation: Operation, directory: FleetDirectory, loader: MetricsLoader) {
    this.#operation = operation;
    this.#directory = directory;
    this.#loader = loader;
  }

  /**
   * Over the clusters that answer: `complete` says whether these are all.
   * @throws NOT_GLOBAL where an exact answer cannot be had; NO_CLUSTER_SUCCEEDED, INCOMPLETE
   */
  async overFleet(query: MetricQuery): Promise<FederatedMetrics> {
    const start = performance.now();
    const when = evaluation(query, this.#operation.startedAt);
    const plan = planGlobal(query.query, query.clusterLabel ?? DEFAULT_LABEL);
    const type = resultType(plan, when);
    const clusters = await this.#asked(query, plan, when);
    const outcomes = clusters.map(toOutcome);
    requireWhole(plan, clusters);
    requireAnswers(outcomes, policyFor(query, clusters));
    const complete = isComplete(outcomes);
    if (plan.needsEveryCluster && !complete) throw unknownElsewhere(outcomes);
    const whole = clusters.filter((_, i) => ["SUCCESS", "PARTIAL"].includes(outcomes[i]?.status ?? ""));
    const leaves = plan.leaves.map((_, i) => toGlobalSeries(whole, i, plan.label));
    return {
      results: [],
      global: {
        resultType: type,
        series: answer(plan, leaves, when),
        combination: {
          method: plan.method,
          combining: plan.combining?.text ?? null,
          leaves: plan.leaves.map(({ name, expression, raw }, i) => ({
            name,
            expression: asSent(expression, this.#operation.identity.scope?.namespaces),
            raw,
            clusters: clusters.filter(({ outcomes }) => outcomes[i]).length,
            series: leaves[i]?.length ?? 0,
          })),
        },
      },
      outcomes,
      complete,
      ...echo(when, query.step),
      clustersQueried: outcomes.filter(({ status }) => status !== "SKIPPED").length,
      clustersSucceeded: outcomes.filter(({ status }) => status === "SUCCESS").length,
      totalQueryTimeMs: Math.round(performance.now() - start),
    };
  }

  /** All at once, so that what is asked of one cluster in other parts of the operation is asked once. */
  async #asked(query: MetricQuery, plan: GlobalPlan, when: Evaluation): Promise<AskedCluster[]> {
    const questions = leafQuestions(plan, when, query.timeout);
    const targets = await this.#directory.selectNamed(this.#operation.identity, query);
    requireInScope(targets, query.completeness);
    const clusters = targets.map(async (target) => {
      const outcomes = questions(target).map(async (asked) => asked && (await this.#loader.load(asked)));
      return { target, outcomes: await Promise.all(outcomes) };
    });
    return (await Promise.all(clusters)).filter(({ outcomes }) => outcomes.some(Boolean));
  }
}

/** Who is not asked, because nothing there can match, need not answer. */
function policyFor({ completeness }: MetricQuery, clusters: readonly AskedCluster[]): Completeness {
  const asked = new Set(clusters.map(({ target }) => target.id));
  return {
    ...completeness,
    requiredClusterIds: completeness?.requiredClusterIds?.filter((id) => asked.has(id)) ?? null,
  };
}

function resultType({ type }: GlobalPlan, when: Evaluation): ResultType {
  if ("at" in when) {
    return ({ scalar: "SCALAR", string: "STRING", "instant vector": "VECTOR", "range vector": "MATRIX" } as const)[
      type
    ];
  }
  if (type === "scalar" || type === "instant vector") return "MATRIX";
  throw new CodedError("INVALID_PROMQL", `A ${type} has no values over a range: ask at an instant, with time.`, {
    field: "query",
  });
}

/** The answer from the leaves' series, which are whole. */
function answer({ combining, leaves }: GlobalPlan, series: readonly Series[][], when: Evaluation): Series[] {
  const [all = []] = series;
  if (!combining) return all;
  const steps = stepsOf(when);
  const { expr } = combining;
  if (expr.type === "string") return [{ metric: {}, values: [[steps.start / 1000, expr.value]] }];
  const samples = series.flat().reduce((sum, { values }) => sum + values.length, 0);
  if (samples > MOST_SAMPLES) throw notGlobal("TOO_MUCH_WORK", `It takes more than ${MOST_SAMPLES} samples.`);
  const given = (name: string, at: Steps) =>
    (series[leaves.findIndex((leaf) => leaf.name === name)] ?? []).map((each) => toColumn(each, at));
  try {
    const result = seriesOf(evaluateGiven(expr, steps, given, { timeout: MOST_MS }), steps);
    return "at" in when ? result : byLabels(result);
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    if (error.errorType === "timeout") throw notGlobal("TOO_MUCH_WORK", `It takes more than ${MOST_MS / 1000} s.`);
    throw notGlobal("EVALUATION_FAILED", `One Prometheus would refuse it too: ${error.message}.`);
  }
}

/** What would be wrong without what was left out. */
function requireWhole({ leaves }: GlobalPlan, clusters: readonly AskedCluster[]): void {
  for (const { outcomes } of clusters) {
    for (const [i, outcome] of outcomes.entries()) {
      const sent = leaves[i]?.expression ?? "";
      if (outcome?.value?.truncated)
        throw notGlobal("TOO_MANY_SERIES", `The clusters have more series of ${sent} than are merged.`);
      if (outcome?.value?.warnings.includes(HISTOGRAMS_LEFT_OUT)) {
        throw notGlobal("NATIVE_HISTOGRAMS", `The clusters answered ${sent} with native histograms.`);
      }
    }
  }
}

const unknownElsewhere = (rows: readonly ClusterOutcome[]): CodedError =>
  new CodedError("INCOMPLETE", "Whether a series is absent everywhere is known only once every cluster answers.", {
    clusters: rows
      .filter(({ status }) => status !== "SUCCESS")
      .map(({ clusterId, clusterName, status, error }) => ({ clusterId, clusterName, status, error })),
  });
