import {
  type Completeness,
  clusterOutcome,
  isComplete,
  requireAnswers,
  requireInScope,
} from "../../shared/fleet/cluster-outcome.ts";
import type { FleetDirectory, Target } from "../../shared/fleet/directory.ts";
import type { ClusterSelector } from "../../shared/fleet/selector.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import { timeRange } from "../../shared/kernel/time-range.ts";
import type { TimeBounds } from "../../shared/upstreams/tempo/client.ts";
import type { TraceSummary } from "../../shared/upstreams/tempo/schema.ts";
import type { Trace } from "./trace.type.ts";
import { normalTraceId } from "./trace-id.filter.ts";
import type { TraceRace } from "./trace-race.loader.ts";
import type { TraceLoaders } from "./traces.loader.ts";
import {
  type FoundTrace,
  fromAnswers,
  groupParts,
  outcomesOf,
  type TraceAnswer,
  toTrace,
  toWhole,
  worstFirst,
} from "./traces.mapper.ts";
import {
  type AskedTraces,
  boundsAround,
  type SearchPlan,
  searchPlan,
  subjectPlans,
  type TraceSubject,
  timeBounds,
} from "./traces.plan.ts";
import type { FederatedTraces } from "./traces.type.ts";

export interface TraceQuery extends AskedTraces {
  traceId?: string | null;
  limit: number;
  timeout: number;
  clusterIds?: string[] | null;
  selector?: ClusterSelector | null;
  completeness?: Completeness | null;
}

/** How long a cluster may take where nobody says. */
const TIMEOUT_SECONDS = 30;
/** Of so many traces of a subject, the worst are shown. */
const SUBJECT_LIMIT = 100;

/** Traces of one cluster or of many, within one operation. */
export class TracesService {
  readonly #operation: Operation;
  readonly #directory: FleetDirectory;
  readonly #loaders: TraceLoaders;
  readonly #race: TraceRace;

  constructor(operation: Operation, directory: FleetDirectory, loaders: TraceLoaders, race: TraceRace) {
    this.#operation = operation;
    this.#directory = directory;
    this.#loaders = loaders;
    this.#race = race;
  }

  /** @throws NO_CLUSTER_SUCCEEDED, INCOMPLETE; a coded error for bad input before any call. */
  async overFleet(query: TraceQuery): Promise<FederatedTraces> {
    const targets = await this.#directory.selectNamed(this.#operation.identity, query);
    requireInScope(targets, query.completeness);
    const answer = await this.#ask(targets, query);
    requireAnswers(answer.outcomes, query.completeness);
    return answer;
  }

  /** A failure is data here too: the field is asked of a whole page of clusters. */
  async ofCluster(target: Target, query: TraceQuery): Promise<FederatedTraces> {
    if (query.clusterIds?.length || query.selector) {
      throw new CodedError("BAD_USER_INPUT", "On a cluster's own field, leave out clusterIds and selector.", {
        fields: ["query.clusterIds", "query.selector"],
      });
    }
    return await this.#ask([target], query);
  }

  /**
   * Traces in which the subject had a part: those with an error first, then those that took longest. Null where the cluster keeps no
   * traces. @throws what asking the cluster fails with.
   */
  async around(
    target: Target,
    subject: TraceSubject,
    time: { start: Date; end: Date },
    limit: number,
  ): Promise<Trace[] | null> {
    const plans = subjectPlans(subject, time);
    if (!plans) return [];
    const [errors, all] = await Promise.all([this.#found(target, plans.errors), this.#found(target, plans.all)]);
    if (!errors || !all) return null;
    const worst = worstFirst(errors, all).slice(0, limit);
    return worst.map((summary) => this.#trace([{ target, summary }]));
  }

  async #found(target: Target, { query, windows }: SearchPlan): Promise<TraceSummary[] | null> {
    const { value, failure } = await this.#loaders.search.load({
      target,
      query,
      windows,
      limit: SUBJECT_LIMIT,
      timeoutSeconds: TIMEOUT_SECONDS,
    });
    if (value) return value.traces;
    if (failure && failure.code !== "NO_ENDPOINT") throw new CodedError(failure.code, failure.message);
    return null;
  }

  async #ask(targets: readonly Target[], query: TraceQuery): Promise<FederatedTraces> {
    return query.traceId ? await this.#byId(targets, query.traceId, query) : await this.#search(targets, query);
  }

  async #search(targets: readonly Target[], { limit, timeout, ...asked }: TraceQuery): Promise<FederatedTraces> {
    const { query, windows, start, end, note } = searchPlan(asked, this.#operation.startedAt);
    const answers = await Promise.all(
      targets.map(async (target) => {
        const outcome = await this.#loaders.search.load({ target, query, windows, limit, timeoutSeconds: timeout });
        return { target, outcome, summaries: outcome.value?.traces ?? [] };
      }),
    );
    const found = groupParts(
      answers.flatMap(({ target, summaries }) => summaries.map((summary) => ({ target, summary }))),
    );
    const inspected = answers.flatMap(({ outcome }) => outcome.value?.inspectedBytes ?? []);
    const outcomes = answers.map(({ target, outcome }) =>
      clusterOutcome(target, outcome, ({ traces, bytes }) => ({ rows: traces.length, bytes })),
    );
    return {
      traces: found.slice(0, limit).map((parts) => this.#trace(parts)),
      truncated: found.length > limit || answers.some(({ summaries }) => summaries.length >= limit),
      note,
      traceql: query,
      startTime: start,
      endTime: end,
      inspectedBytes: inspected.length > 0 ? inspected.reduce((sum, each) => sum + each, 0) : null,
      complete: isComplete(outcomes),
      outcomes,
    };
  }

  /** Its spans are read where the search found it, when they are asked for. */
  #trace(parts: FoundTrace): Trace {
    const targets = parts.map(({ target }) => target);
    const trace = toTrace(parts, async () => {
      const { traceId, startTime, durationMs } = trace;
      const bounds = boundsAround({ start: startTime, end: new Date(startTime.getTime() + durationMs) });
      return toWhole(await this.#read(targets, traceId, bounds));
    });
    return trace;
  }

  async #byId(targets: readonly Target[], id: string, query: TraceQuery): Promise<FederatedTraces> {
    const traceId = normalTraceId(id);
    const range = { start: query.startTime ?? null, end: query.endTime ?? null };
    const times = range.start || range.end ? timeRange(range, this.#operation.startedAt) : null;
    const answers = await this.#race({
      traceId,
      targets,
      mode: "ALL",
      bounds: times && timeBounds(times),
      timeoutSeconds: query.timeout,
    });
    const trace = fromAnswers(traceId, answers);
    const outcomes = outcomesOf(answers);
    return {
      traces: trace ? [trace] : [],
      truncated: false,
      note: null,
      traceql: null,
      startTime: times?.start ?? null,
      endTime: times?.end ?? null,
      inspectedBytes: null,
      complete: isComplete(outcomes),
      outcomes,
    };
  }

  #read(targets: readonly Target[], traceId: string, bounds: TimeBounds): Promise<TraceAnswer[]> {
    return Promise.all(
      targets.map(async (target) => ({
        target,
        outcome: await this.#loaders.trace.load({ target, traceId, bounds, timeoutSeconds: TIMEOUT_SECONDS }),
      })),
    );
  }
}
