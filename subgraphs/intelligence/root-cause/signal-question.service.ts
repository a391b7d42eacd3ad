import { z } from "zod";
import type { ToldSeries } from "./metric-signal.mapper.ts";
import type { Questions, Told } from "./question.service.ts";

const MOST_LINES = 5000;
const MOST_TRACES = 100;

const time = z.string().transform((text) => Date.parse(text));
const Outcome = z.object({
  status: z.string(),
  skipReason: z.string().nullable(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
});

const Metrics = z.record(
  z.string(),
  z
    .object({
      results: z.array(
        z.object({
          outcome: Outcome,
          data: z.array(
            z.object({
              metric: z.record(z.string(), z.string()),
              values: z.array(z.tuple([z.number(), z.string()])),
            }),
          ),
        }),
      ),
    })
    .nullable(),
);

const Lines = z.object({
  logs: z
    .object({
      completeDownTo: z.string(),
      nextCursor: z.string().nullable(),
      outcomes: z.array(Outcome),
      entries: z.array(
        z.object({
          timestamp: time,
          message: z.string(),
          stream: z.record(z.string(), z.string()),
          structuredMetadata: z.record(z.string(), z.string()),
          traceId: z.string().nullable(),
          pod: z.object({ namespace: z.string(), name: z.string() }).nullable(),
        }),
      ),
    })
    .nullable(),
});
const LINES = `query RootCauseLogs($query: LogQueryInput!) {
  logs(query: $query) {
    completeDownTo nextCursor
    outcomes { status skipReason error { code message } }
    entries { timestamp message stream structuredMetadata traceId pod { namespace name } }
  }
}`;
const LABELS = `query RootCauseLogLabels($clusterIds: [UUID!], $range: TimeRangeInput) {
  logLabels(clusterIds: $clusterIds, range: $range) { items outcomes { status skipReason error { code message } } }
}`;
const Labels = z.object({ logLabels: z.object({ items: z.array(z.string()), outcomes: z.array(Outcome) }).nullable() });

const Traces = z.object({
  traces: z
    .object({
      truncated: z.boolean(),
      outcomes: z.array(Outcome),
      traces: z.array(
        z.object({
          traceId: z.string(),
          startTime: time,
          spans: z
            .array(
              z.object({
                spanId: z.string(),
                parentSpanId: z.string().nullable(),
                operationName: z.string(),
                serviceName: z.string().nullable(),
                startTime: time,
                durationMs: z.number(),
                status: z.string(),
                resource: z.looseObject({ "k8s.namespace.name": z.string().optional().catch(undefined) }),
                pod: z.object({ namespace: z.string(), name: z.string() }).nullable(),
              }),
            )
            .nullable(),
        }),
      ),
    })
    .nullable(),
});
const TRACES = `query RootCauseTraces($query: TraceQueryInput!) {
  traces(query: $query) {
    truncated
    outcomes { status skipReason error { code message } }
    traces {
      traceId startTime
      spans { spanId parentSpanId operationName serviceName startTime durationMs status resource pod { namespace name } }
    }
  }
}`;

export type ToldLine = NonNullable<z.output<typeof Lines>["logs"]>["entries"][number];
export type ToldTrace = NonNullable<z.output<typeof Traces>["traces"]>["traces"][number];

/** What was found, and why something of it is missing. */
export interface Found<T> {
  items: T[];
  /** Why there is nothing, or not all; null where there is nothing to say. */
  trouble: string | null;
  /** Whether the limit left something out, and then from when to when it is complete. */
  cut: { start: number; end: number } | null;
}

export interface Stretch {
  start: number;
  end: number;
}

/** One cluster's series, lines and traces, each as much as one page holds. */
export class SignalQuestions {
  readonly #questions: Questions;
  readonly #clusterId: string;

  constructor(questions: Questions, clusterId: string) {
    this.#questions = questions;
    this.#clusterId = clusterId;
  }

  /** Several PromQL questions over one range in one operation; in the order asked. */
  async metrics(queries: readonly string[], range: Stretch): Promise<Found<ToldSeries>[]> {
    const names = queries.map((_, index) => `q${index}`);
    const parameters = names.map((name) => `$${name}: MetricQueryInput!`).join(", ");
    const fields = names.map(
      (name) =>
        `${name}: metrics(query: $${name}) { results { outcome { status skipReason error { code message } } data { metric values } } }`,
    );
    const variables = Object.fromEntries(
      queries.map((query, index) => [`q${index}`, { ...this.#range(range), query, step: "1m" }]),
    );
    const told = await this.#questions.ask(
      `query RootCauseMetrics(${parameters}) { ${fields.join(" ")} }`,
      variables,
      Metrics,
    );
    return names.map((name) => {
      const [result] = told.data?.[name]?.results ?? [];
      return {
        items: result?.data ?? [],
        trouble: result ? troubleOf([result.outcome]) : (problemOf(told, name) ?? "no answer"),
        cut: null,
      };
    });
  }

  async logLabels(range: Stretch): Promise<Found<string>> {
    const told = await this.#questions.ask(
      LABELS,
      { clusterIds: [this.#clusterId], range: { start: iso(range.start), end: iso(range.end) } },
      Labels,
    );
    const { logLabels } = told.data ?? {};
    const trouble = logLabels ? troubleOf(logLabels.outcomes) : problemOf(told, "logLabels");
    return { items: logLabels?.items ?? [], trouble, cut: null };
  }

  /** @param direction which end of the range is complete where there are more lines than one page holds. */
  async lines(query: string, range: Stretch, direction: "FORWARD" | "BACKWARD"): Promise<Found<ToldLine>> {
    const variables = { query: { ...this.#range(range), query, direction, limit: MOST_LINES } };
    const told = await this.#questions.ask(LINES, variables, Lines);
    const logs = told.data?.logs;
    if (!logs) return { items: [], trouble: problemOf(told, "logs"), cut: null };
    const until = Number(BigInt(logs.completeDownTo) / 1_000_000n);
    const complete = direction === "FORWARD" ? { start: range.start, end: until } : { start: until, end: range.end };
    return { items: logs.entries, trouble: troubleOf(logs.outcomes), cut: logs.nextCursor === null ? null : complete };
  }

  /** The newest of them. */
  async traces(traceql: string, range: Stretch): Promise<Found<ToldTrace>> {
    const told = await this.#questions.ask(
      TRACES,
      { query: { ...this.#range(range), traceql, limit: MOST_TRACES } },
      Traces,
    );
    const { traces } = told.data ?? {};
    if (!traces) return { items: [], trouble: problemOf(told, "traces"), cut: null };
    const unread = traces.traces.filter(({ spans }) => spans === null).length;
    const first = Math.min(...traces.traces.map(({ startTime }) => startTime));
    return {
      items: traces.traces,
      trouble: troubleOf(traces.outcomes) ?? (unread > 0 ? `${unread} traces could not be read` : null),
      cut: traces.truncated && Number.isFinite(first) ? { start: first, end: range.end } : null,
    };
  }

  #range({ start, end }: Stretch) {
    return { clusterIds: [this.#clusterId], startTime: iso(start), endTime: iso(end) };
  }
}

const iso = (milliseconds: number): string => new Date(milliseconds).toISOString();

const SKIPPED: Readonly<Record<string, string>> = {
  NO_ENDPOINT: "the cluster has no endpoint for it",
  NO_CAPABILITY: "the cluster does not have it",
  UNHEALTHY: "it was not asked, since its last health check failed",
  CIRCUIT_OPEN: "it was not asked, since it failed too often just now",
};

function troubleOf(outcomes: readonly z.output<typeof Outcome>[]): string | null {
  const [bad] = outcomes.filter(({ status }) => status !== "SUCCESS" && status !== "PARTIAL");
  if (!bad) return null;
  return bad.error?.message ?? SKIPPED[bad.skipReason ?? ""] ?? `it ended with ${bad.status}`;
}

/** Why a field has no answer. */
export const problemOf = ({ problems }: Pick<Told<unknown>, "problems">, field?: string): string | null =>
  problems.find(({ path }) => path.length === 0 || field === undefined || path[0] === field)?.message ?? null;
