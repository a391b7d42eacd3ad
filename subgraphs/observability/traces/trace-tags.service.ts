import {
  type Completeness,
  clusterOutcome,
  isComplete,
  requireAnswers,
  requireInScope,
} from "../../shared/fleet/cluster-outcome.ts";
import type { FleetDirectory, Target } from "../../shared/fleet/directory.ts";
import type { ClusterSelector } from "../../shared/fleet/selector.ts";
import type { Outcome } from "../../shared/kernel/outcome.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import { type AskedRange, timeRange } from "../../shared/kernel/time-range.ts";
import type { TimeBounds } from "../../shared/upstreams/tempo/client.ts";
import { equals, spans } from "../../shared/upstreams/traceql/expression.ts";
import type { ClusterOutcome } from "../cluster.type.ts";
import { type Answered, mergeTags, mergeValues, tagExpression } from "./trace-tags.mapper.ts";
import type { FederatedTraceTags, FederatedTraceValues } from "./trace-tags.type.ts";
import type { TraceLoaders } from "./traces.loader.ts";
import { timeBounds } from "./traces.plan.ts";

export interface AskedTraceTags {
  clusterIds?: string[] | null;
  selector?: ClusterSelector | null;
  range?: AskedRange | null;
  completeness?: Completeness | null;
}

const TIMEOUT_SECONDS = 30;
/** More values, or tags, are not shown. */
const MOST = 1000;

/** What can be asked for in traces: services, operations, tags and their values. */
export class TraceTagsService {
  readonly #operation: Operation;
  readonly #directory: FleetDirectory;
  readonly #loaders: TraceLoaders;

  constructor(operation: Operation, directory: FleetDirectory, loaders: TraceLoaders) {
    this.#operation = operation;
    this.#directory = directory;
    this.#loaders = loaders;
  }

  services(asked: AskedTraceTags): Promise<FederatedTraceValues> {
    return this.#values("resource.service.name", null, asked);
  }

  operations(service: string, asked: AskedTraceTags): Promise<FederatedTraceValues> {
    return this.#values("name", spans([equals("resource.service.name", service)]), asked);
  }

  tagValues(tag: string, asked: AskedTraceTags): Promise<FederatedTraceValues> {
    return this.#values(tagExpression(tag), null, asked);
  }

  async tags(asked: AskedTraceTags): Promise<FederatedTraceTags> {
    const { answers, ...rest } = await this.#ask(asked, (target, bounds) =>
      this.#loaders.tags.load({ target, bounds, timeoutSeconds: TIMEOUT_SECONDS }),
    );
    const tags = mergeTags(answers);
    return { ...rest, tags: tags.slice(0, MOST), truncated: tags.length > MOST };
  }

  async #values(tag: string, query: string | null, asked: AskedTraceTags): Promise<FederatedTraceValues> {
    const { answers, ...rest } = await this.#ask(asked, (target, bounds) =>
      this.#loaders.values.load({ target, tag, query, bounds, limit: MOST, timeoutSeconds: TIMEOUT_SECONDS }),
    );
    const values = mergeValues(answers);
    const truncated = values.length > MOST || answers.some(({ items }) => items.length >= MOST);
    return { ...rest, values: values.slice(0, MOST), truncated };
  }

  /** @throws NO_CLUSTER_SUCCEEDED, INCOMPLETE, INVALID_TIME_RANGE */
  async #ask<T>(
    { range, completeness, ...scope }: AskedTraceTags,
    load: (target: Target, bounds: TimeBounds) => Promise<Outcome<T[]>>,
  ): Promise<{ answers: Answered<T>[]; complete: boolean; outcomes: ClusterOutcome[] }> {
    const bounds = timeBounds(timeRange(range, this.#operation.startedAt));
    const targets = await this.#directory.selectNamed(this.#operation.identity, scope);
    requireInScope(targets, completeness);
    const answers = await Promise.all(targets.map(async (target) => ({ target, outcome: await load(target, bounds) })));
    const outcomes = answers.map(({ target, outcome }) =>
      clusterOutcome(target, outcome, ({ length }) => ({ rows: length })),
    );
    requireAnswers(outcomes, completeness);
    return {
      answers: answers.map(({ target, outcome }) => ({ target, items: outcome.value ?? [] })),
      complete: isComplete(outcomes),
      outcomes,
    };
  }
}
