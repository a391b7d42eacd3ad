import { requireInScope } from "../../shared/fleet/cluster-outcome.ts";
import type { FleetDirectory, Target } from "../../shared/fleet/directory.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import { mostSeries } from "../../shared/upstreams/promql/shape.ts";
import type { ClusterQueries, ClusterQuery } from "./cluster-queries.loader.ts";
import { planGlobal } from "./global.plan.ts";
import { DEFAULT_LABEL, leafQuestions } from "./global-questions.plan.ts";
import type { MetricPlan, MetricPlanTarget } from "./metric-plan.type.ts";
import { asSent, clusterQuestion } from "./metrics.plan.ts";
import type { MetricQuery } from "./metrics.service.ts";
import { echo, evaluation, pointsOf } from "./metrics.window.ts";

/** What a cluster in scope is asked; nothing, where no selector of the expression matches its name. */
interface Planned {
  target: Target;
  asked: ClusterQuery[];
}

/** What a metric query would do, told without asking anybody. */
export class MetricPlanService {
  readonly #operation: Operation;
  readonly #directory: FleetDirectory;
  readonly #queries: ClusterQueries;

  constructor(operation: Operation, directory: FleetDirectory, queries: ClusterQueries) {
    this.#operation = operation;
    this.#directory = directory;
    this.#queries = queries;
  }

  /** @throws what the query would, before any call; FORBIDDEN where each cluster would refuse it to who sees only some namespaces. */
  async explain(query: MetricQuery): Promise<MetricPlan> {
    const when = evaluation(query, this.#operation.startedAt);
    const label = query.clusterLabel ?? DEFAULT_LABEL;
    const plan = query.scope === "GLOBAL" ? planGlobal(query.query, label) : null;
    const questions = plan ? leafQuestions(plan, when, query.timeout) : onlyOne(clusterQuestion(query, when));
    const targets = await this.#directory.selectNamed(this.#operation.identity, query);
    requireInScope(targets, query.completeness);
    const planned = targets.map((target) => ({
      target,
      asked: questions(target).filter((each) => each != null),
    }));
    const rows = planned.map((each) => this.#row(each, label));
    const asked = planned.flatMap(({ asked }) => asked);
    const samples = asked.map((each) => {
      const series = this.#series(each);
      return series === null ? null : series * pointsOf(each.when);
    });
    return {
      targets: rows,
      combination: plan && {
        method: plan.method,
        leaves: plan.leaves.map(({ expression }) => asSent(expression, this.#operation.identity.scope?.namespaces)),
        combining: plan.combining?.text ?? null,
      },
      requests: asked.filter((each) => each.target.prometheusUrl && !this.#isKept(each)).length,
      ...echo(when, query.step),
      points: pointsOf(when),
      closed: asked.length > 0 && asked.every((each) => this.#queries.isClosed(each, this.#operation)),
      estimatedSamples: total(samples),
    };
  }

  #row({ target, asked }: Planned, label: string): MetricPlanTarget {
    const skipped =
      (!target.prometheusUrl && "It has no Prometheus endpoint.") ||
      (asked.length === 0 && `By the matchers on ${label}, no selector of the expression matches its name.`) ||
      null;
    const sent = skipped ? [] : asked;
    return {
      clusterId: target.id,
      clusterName: target.name,
      cluster: { id: target.id },
      queries: sent.map(({ query }) => asSent(query, target.namespaces)),
      skipped,
      fromCache: sent.length > 0 && sent.every((each) => this.#isKept(each)),
      estimatedSeries: total(sent.map((each) => this.#series(each))),
    };
  }

  #isKept(query: ClusterQuery): boolean {
    return this.#queries.isKept(query, this.#operation);
  }

  #series(query: ClusterQuery): number | null {
    if (!query.target.prometheusUrl) return 0;
    return this.#queries.seriesSeen(query, this.#operation) ?? mostSeries(query.query);
  }
}

const onlyOne =
  <T>(question: (target: Target) => T) =>
  (target: Target): (T | undefined)[] => [question(target)];

const total = (counts: readonly (number | null)[]): number | null =>
  counts.reduce<number | null>((sum, count) => (sum === null || count === null ? null : sum + count), 0);
