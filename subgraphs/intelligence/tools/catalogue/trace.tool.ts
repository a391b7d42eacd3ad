import { z } from "zod";
import { clusters } from "../argument.input.ts";
import { askFor, CLUSTER_SECONDS, clusterIdsOf, TOOL_MS } from "../question.loader.ts";
import { clipped, counted, fullOf, shownOf, tableOf, tidy } from "../row.filter.ts";
import { coverageOf, OUTCOMES, Outcomes, sourcesOf } from "../source.mapper.ts";
import { defineTool } from "../tool.contract.ts";
import { longest, Path } from "./traces.tool.ts";

const MOST_TAGS = 8;
const text = z.string().nullable();

const TRACE = `query GetTrace($traceId: ID!, $clusterIds: [UUID!], $timeout: Int!) {
  trace(traceId: $traceId, clusterIds: $clusterIds, timeout: $timeout) {
    status ${OUTCOMES}
    trace {
      traceId clusterName rootService rootOperation startTime durationMs spanCount serviceCount hasErrors truncated
      spans {
        spanId parentSpanId serviceName operationName startTime offsetMs durationMs status statusMessage kind tags clusterId
        pod { namespace name }
      }
      criticalPath { selfTimeMs span { serviceName operationName } }
    }
  }
}`;
const Span = z.object({
  spanId: z.string(),
  parentSpanId: text,
  serviceName: text,
  operationName: z.string(),
  startTime: z.string(),
  offsetMs: z.number(),
  durationMs: z.number(),
  status: z.string(),
  statusMessage: text,
  kind: z.string(),
  tags: z.record(z.string(), z.unknown()),
  clusterId: z.string(),
  pod: z.object({ namespace: z.string(), name: z.string() }).nullable(),
});
const Lookup = z.object({
  trace: z.object({
    status: z.enum(["FOUND", "NOT_FOUND", "INCONCLUSIVE"]),
    outcomes: Outcomes,
    trace: z
      .object({
        traceId: z.string(),
        clusterName: z.string(),
        rootService: text,
        rootOperation: text,
        startTime: z.string(),
        durationMs: z.number(),
        spanCount: z.number().nullable(),
        serviceCount: z.number().nullable(),
        hasErrors: z.boolean().nullable(),
        truncated: z.boolean(),
        spans: z.array(Span).nullable(),
        criticalPath: Path.nullable(),
      })
      .nullable(),
  }),
});

export const getTrace = defineTool({
  name: "get_trace",
  title: "Get trace",
  description: "One trace by its id: its spans over all clusters, its errors, and where its time went.",
  readOnly: true,
  timeoutMs: TOOL_MS,
  input: z.strictObject({
    traceId: z.string().min(1).max(64).describe("Hexadecimal, as logs and analyze_traces name it."),
    clusters,
  }),
  run: async ({ traceId, clusters: named }, kit) => {
    const variables = { traceId, clusterIds: await clusterIdsOf(kit, named), timeout: CLUSTER_SECONDS };
    const { data } = await askFor(kit, { document: TRACE, variables, answer: Lookup });
    const { status, trace, outcomes } = data.trace;
    const coverage = coverageOf(outcomes);
    const names = new Map(outcomes.map(({ clusterId, clusterName }) => [clusterId, clusterName]));
    const rows = (trace?.spans ?? []).map((span) => ({
      offsetMs: tidy(span.offsetMs),
      durationMs: tidy(span.durationMs),
      service: span.serviceName,
      operation: clipped(span.operationName, 120),
      status: span.status,
      ...(span.statusMessage ? { message: clipped(span.statusMessage, 200) } : {}),
      cluster: names.get(span.clusterId) ?? null,
      pod: span.pod && `${span.pod.namespace}/${span.pod.name}`,
      spanId: span.spanId,
      parentSpanId: span.parentSpanId,
    }));
    const failed = (trace?.spans ?? []).flatMap((span, index) =>
      span.status === "ERROR" ? [{ ...rows[index], tags: someTags(span.tags) }] : [],
    );
    const path = longest(trace?.criticalPath ?? [], 10);
    return {
      summary: trace
        ? `Trace ${trace.traceId} of ${trace.rootService ?? "an unknown service"} (${clipped(trace.rootOperation ?? "root not found", 100)}) took ${String(tidy(trace.durationMs))} ms: ${counted(trace.spanCount ?? 0, "span")} of ${counted(trace.serviceCount ?? 0, "service")}, ${failed.length} with errors${path[0] ? `; most time in ${path[0].service ?? "?"} ${path[0].operation} (${String(path[0].selfTimeMs)} ms)` : ""}.${missing(status, coverage.sentence)}`
        : `${status === "NOT_FOUND" ? "No cluster has" : "Nobody who answered has"} a trace ${traceId}.${missing(status, coverage.sentence)}`,
      result: {
        status,
        ...(trace
          ? {
              traceId: trace.traceId,
              cluster: trace.clusterName,
              startTime: trace.startTime,
              durationMs: tidy(trace.durationMs),
              spans: trace.spanCount,
              services: trace.serviceCount,
              truncated: trace.truncated,
              errors: shownOf(failed, 8, 2000),
              criticalPath: path,
            }
          : {}),
        ...(status === "FOUND" ? {} : coverage.facts),
      },
      full: rows.length > 0 ? fullOf(rows, trace?.spanCount ?? rows.length) : null,
      table: tableOf(rows, ["offsetMs", "durationMs", "service", "operation", "status", "cluster", "pod"]),
      sources: sourcesOf(outcomes, {
        language: "GRAPHQL",
        query: `trace ${traceId}`,
        at: kit.caller.now.toISOString(),
      }),
      operation: { document: TRACE, variables },
    };
  },
});

/** Clusters that were not waited for, once one had the trace, are no gap. */
const missing = (status: string, sentence: string): string => (status === "FOUND" ? "" : sentence);

const someTags = (tags: Record<string, unknown>) =>
  Object.fromEntries(
    Object.entries(tags)
      .slice(0, MOST_TAGS)
      .map(([name, value]) => [name, typeof value === "string" ? clipped(value, 120) : value]),
  );
