import { z } from "zod";
import { clusters, limit, range } from "../argument.input.ts";
import { askFor, CLUSTER_SECONDS, clusterIdsOf, stretchOf, TOOL_MS } from "../question.loader.ts";
import { clipped, counted, fullOf, shownOf, tableOf, tidy } from "../row.filter.ts";
import { coverageOf, OUTCOMES, Outcomes, sourcesOf } from "../source.mapper.ts";
import { defineTool, type ToolKit } from "../tool.contract.ts";

const MOST_LOOKED_INTO = 3;
const MOST_SEGMENTS = 6;
const text = z.string().nullable();

const SEARCH = `query SearchTraces($query: TraceQueryInput!) {
  traces(query: $query) {
    traceql truncated note endTime ${OUTCOMES}
    traces { traceId clusterId clusterName rootService rootOperation startTime durationMs hasErrors clusters { id } }
  }
}`;
const Found = z.object({
  traceId: z.string(),
  clusterId: z.string(),
  clusterName: z.string(),
  rootService: text,
  rootOperation: text,
  startTime: z.string(),
  durationMs: z.number(),
  hasErrors: z.boolean().nullable(),
  clusters: z.array(z.object({ id: z.string() })),
});
const Search = z.object({
  traces: z.object({
    traceql: text,
    truncated: z.boolean(),
    note: text,
    endTime: text,
    outcomes: Outcomes,
    traces: z.array(Found),
  }),
});
type FoundTrace = z.output<typeof Found>;

export const Path = z.array(
  z.object({ selfTimeMs: z.number(), span: z.object({ serviceName: text, operationName: z.string() }) }),
);
const PATHS = `query CriticalPaths($a: ID!, $inA: [UUID!], $atA: DateTime, $b: ID!, $inB: [UUID!], $atB: DateTime, $c: ID!, $inC: [UUID!], $atC: DateTime) {
  a: trace(traceId: $a, clusterIds: $inA, around: $atA, timeout: 10) { trace { ...Path } }
  b: trace(traceId: $b, clusterIds: $inB, around: $atB, timeout: 10) { trace { ...Path } }
  c: trace(traceId: $c, clusterIds: $inC, around: $atC, timeout: 10) { trace { ...Path } }
}
fragment Path on Trace { traceId criticalPath { selfTimeMs span { serviceName operationName } } }`;
const Looked = z
  .object({ trace: z.object({ traceId: z.string(), criticalPath: Path.nullable() }).nullable() })
  .nullable();
const Paths = z.object({ a: Looked, b: Looked, c: Looked });

export const analyzeTraces = defineTool({
  name: "analyze_traces",
  title: "Analyze traces",
  description:
    "Search the clusters' Tempo: durations, errors by service, and where the slowest traces spent their time. One whole trace: get_trace.",
  readOnly: true,
  timeoutMs: TOOL_MS,
  input: z.strictObject({
    clusters,
    service: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe('Service with a span in the trace; "*" stands for any text.'),
    operation: z.string().min(1).max(200).optional().describe('Operation of a span; "*" stands for any text.'),
    errorsOnly: z.boolean().default(false),
    minDurationMs: z.number().int().min(1).optional(),
    range: range("1h"),
    query: z
      .string()
      .min(1)
      .max(4000)
      .optional()
      .describe("TraceQL, instead of service, operation, errorsOnly and minDurationMs."),
    limit: limit(50),
  }),
  run: async (
    { clusters: named, service, operation, errorsOnly, minDurationMs, range: back, query, limit: most },
    kit,
  ) => {
    const { startTime, endTime } = stretchOf(back, kit.caller.now);
    const variables = {
      query: {
        clusterIds: await clusterIdsOf(kit, named),
        serviceName: service,
        operationName: operation,
        minDurationMs,
        ...(errorsOnly ? { tags: { error: "true" } } : {}),
        traceql: query,
        startTime,
        endTime,
        limit: most,
        timeout: CLUSTER_SECONDS,
      },
    };
    const { data } = await askFor(kit, { document: SEARCH, variables, answer: Search });
    const { traces, truncated, note, traceql, outcomes } = data.traces;
    const coverage = coverageOf(outcomes);
    const slowest = traces.toSorted((a, b) => b.durationMs - a.durationMs);
    const rows = slowest.map(traceRow);
    const failed = traces.filter(({ hasErrors }) => hasErrors === true);
    const services = byService(traces);
    const durations = durationsOf(slowest);
    const paths = await pathsOf(kit, slowest);
    const shown = shownOf(rows, 8, 2000);
    return {
      summary:
        traces.length === 0
          ? `No trace over ${back} matches, in ${counted(coverage.answered, "cluster")}.${coverage.sentence}`
          : `${truncated ? "The newest " : ""}${counted(traces.length, "trace")} over ${back} in ${counted(coverage.answered, "cluster")}: ${failed.length} with errors; median ${durations.p50Ms} ms, p95 ${durations.p95Ms} ms, slowest ${durations.maxMs} ms (${slowest[0]?.rootService ?? "root unknown"} in ${slowest[0]?.clusterName ?? ""}).${coverage.sentence}`,
      result: {
        found: traces.length,
        hasMore: truncated,
        withErrors: failed.length,
        durations,
        services,
        slowest: shown,
        failed: failed.slice(0, 5).map(traceRow),
        criticalPaths: paths,
        ...(note === null ? {} : { note }),
        ...coverage.facts,
      },
      full: rows.length > shown.length ? fullOf(rows) : null,
      table: tableOf(rows, ["startTime", "cluster", "service", "operation", "durationMs", "errors", "traceId"]),
      sources: sourcesOf(outcomes, { language: "TRACEQL", query: traceql ?? query ?? "{ }", at: endTime }),
      operation: { document: SEARCH, variables },
    };
  },
});

const traceRow = (trace: FoundTrace) => ({
  traceId: trace.traceId,
  cluster: trace.clusterName,
  service: trace.rootService,
  operation: trace.rootOperation === null ? null : clipped(trace.rootOperation, 120),
  startTime: trace.startTime,
  durationMs: tidy(trace.durationMs),
  errors: trace.hasErrors,
});

function durationsOf(slowest: readonly FoundTrace[]) {
  const at = (share: number) => tidy(slowest[Math.floor((1 - share) * (slowest.length - 1))]?.durationMs);
  return { p50Ms: at(0.5), p95Ms: at(0.95), maxMs: at(1) };
}

function byService(traces: readonly FoundTrace[]) {
  const services = new Map<string, { traces: number; withErrors: number; maxMs: number }>();
  for (const { rootService, hasErrors, durationMs } of traces) {
    const own = services.get(rootService ?? "unknown") ?? { traces: 0, withErrors: 0, maxMs: 0 };
    own.traces += 1;
    own.withErrors += hasErrors === true ? 1 : 0;
    own.maxMs = Math.max(own.maxMs, durationMs);
    services.set(rootService ?? "unknown", own);
  }
  return [...services]
    .sort(([, a], [, b]) => b.withErrors - a.withErrors || b.traces - a.traces)
    .slice(0, 10)
    .map(([service, { maxMs, ...own }]) => ({ service, ...own, maxMs: tidy(maxMs) }));
}

/** Of the slowest traces. They are a bonus: what cannot be read leaves the answer as it is. */
async function pathsOf(kit: ToolKit, slowest: readonly FoundTrace[]) {
  const [a, b = a, c = a] = slowest.slice(0, MOST_LOOKED_INTO);
  if (!a || !b || !c) return [];
  const of = (name: string, { traceId, clusterId, clusters: own, startTime }: FoundTrace) => ({
    [name.toLowerCase()]: traceId,
    // Never empty, which would be all of them.
    [`in${name}`]: [...new Set([clusterId, ...own.map(({ id }) => id)])],
    [`at${name}`]: startTime,
  });
  const told = await kit.ask(PATHS, { ...of("A", a), ...of("B", b), ...of("C", c) });
  const paths = Paths.safeParse(told.data).data ?? { a: null, b: null, c: null };
  const found = [paths.a, paths.b, paths.c].flatMap((each) => each?.trace ?? []);
  return [...new Map(found.map((trace) => [trace.traceId, trace])).values()].map(({ traceId, criticalPath }) => ({
    traceId,
    path: longest(criticalPath ?? []),
  }));
}

/** Where the time went: the segments of the path with most time of their own. */
export const longest = (path: z.output<typeof Path>, most = MOST_SEGMENTS) =>
  path
    .toSorted((a, b) => b.selfTimeMs - a.selfTimeMs)
    .slice(0, most)
    .map(({ selfTimeMs, span }) => ({
      service: span.serviceName,
      operation: clipped(span.operationName, 120),
      selfTimeMs: tidy(selfTimeMs),
    }));
