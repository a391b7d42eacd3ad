import { z } from "zod";
import { CodedError } from "../../../shared/kernel/errors.ts";
import { escapePattern } from "../../../shared/kernel/escapes.ts";
import { logqlProblem } from "../../../shared/upstreams/logql/syntax.ts";
import { clusters, limit, namespace, range, search } from "../argument.input.ts";
import { lineGroups, type ToldLine } from "../line-group.filter.ts";
import { askFor, CLUSTER_SECONDS, clusterIdsOf, stepFor, stretchOf, TOOL_MS } from "../question.loader.ts";
import { redactText } from "../redaction.filter.ts";
import { clipped, counted, fullOf, shownOf, spelled, tableOf } from "../row.filter.ts";
import { Series, seriesFinding, toldSeries } from "../series.mapper.ts";
import { coverageOf, OUTCOMES, Outcomes, sourcesOf } from "../source.mapper.ts";
import { defineTool, type ToolFinding, type ToolKit } from "../tool.contract.ts";

const POINTS_ASKED = 60;
const MESSAGE_CHARACTERS = 1000;
const NEWEST_SHOWN = 3;
/** Words by which a line says how bad it is: labels that do, not every cluster has. */
const LEVELS = {
  error: "error|fatal|critical|panic|severe",
  warn: "warn",
  info: "info|notice",
  debug: "debug|trace",
} as const;

const LOGS = `query QueryLogs($query: LogQueryInput!) {
  logs(query: $query) {
    endTime nextCursor ${OUTCOMES}
    entries { clusterName timestamp message stream structuredMetadata traceId }
  }
}`;
const labels = z.record(z.string(), z.unknown());
const Logs = z.object({
  logs: z.object({
    endTime: z.string(),
    nextCursor: z.string().nullable(),
    outcomes: Outcomes,
    entries: z.array(
      z.object({
        clusterName: z.string(),
        timestamp: z.string(),
        message: z.string(),
        stream: labels,
        structuredMetadata: labels,
        traceId: z.string().nullable(),
      }),
    ),
  }),
});

const SAMPLES = `query QueryLogMetrics($query: LogMetricQueryInput!) {
  logMetrics(query: $query) { endTime step ${OUTCOMES} results { clusterName data { metric values } } }
}`;
const Samples = z.object({
  logMetrics: z.object({
    endTime: z.string(),
    step: z.string().nullable(),
    outcomes: Outcomes,
    results: z.array(z.object({ clusterName: z.string(), data: Series })),
  }),
});

const text = (what: string) => z.string().min(1).max(253).optional().describe(what);
const Input = z.strictObject({
  clusters,
  query: z
    .string()
    .min(1)
    .max(4000)
    .optional()
    .describe("LogQL, for lines or for a count of them. This, or the following arguments."),
  namespace,
  pod: text('Only of this pod; "*" stands for any text, as in "checkout-*".'),
  search: search("the line"),
  level: z.enum(["error", "warn", "info", "debug"]).optional().describe("Only lines that name this level."),
  range: range("1h"),
  limit: limit(200, 1000),
});

export const queryLogs = defineTool({
  name: "query_logs",
  title: "Query logs",
  description:
    "Log lines of the clusters' Loki, the newest first, grouped by what they say; or, for a LogQL metric query, series.",
  readOnly: true,
  timeoutMs: TOOL_MS,
  input: Input,
  run: async (asked, kit) => {
    const query = asked.query === undefined ? logqlOf(asked) : own(asked);
    const isMetric = logqlProblem(query, "lines") !== null && logqlProblem(query, "samples") === null;
    return await (isMetric ? samples : lines)(query, asked, kit);
  },
});

type Asked = z.output<typeof Input>;

function own({ query, namespace: ns, pod, search: found, level }: Asked): string {
  if ([ns, pod, found, level].some((each) => each !== undefined)) {
    throw new CodedError("BAD_USER_INPUT", "Give a query, or namespace, pod, search and level; not both.");
  }
  return query ?? "";
}

/** A selector of the labels that Kubernetes' log collectors set, and the text to look for. */
function logqlOf({ namespace: ns, pod, search: found, level }: Asked): string {
  const matchers = [
    ...(ns === undefined ? [] : [`namespace=${JSON.stringify(ns)}`]),
    ...(pod === undefined ? [] : [podMatcher(pod)]),
  ];
  const selector = matchers.length > 0 ? matchers.join(", ") : 'namespace=~".+"';
  const filters = [
    ...(found === undefined ? [] : [`|= ${JSON.stringify(found)}`]),
    ...(level === undefined ? [] : [`|~ ${JSON.stringify(`(?i)${LEVELS[level]}`)}`]),
  ];
  return [`{${selector}}`, ...filters].join(" ");
}

const podMatcher = (pod: string): string =>
  pod.includes("*")
    ? `pod=~${JSON.stringify(pod.split("*").map(escapePattern).join(".*"))}`
    : `pod=${JSON.stringify(pod)}`;

async function lines(
  query: string,
  { clusters: named, range: back, limit: most }: Asked,
  kit: ToolKit,
): Promise<ToolFinding> {
  const { startTime, endTime } = stretchOf(back, kit.caller.now);
  const variables = {
    query: {
      query,
      clusterIds: await clusterIdsOf(kit, named),
      startTime,
      endTime,
      limit: most,
      timeout: CLUSTER_SECONDS,
    },
  };
  const { data } = await askFor(kit, { document: LOGS, variables, answer: Logs });
  const { outcomes, entries, nextCursor } = data.logs;
  const coverage = coverageOf(outcomes);
  const told = entries.map(toldLine);
  const groups = lineGroups(told);
  const rows = told.map(({ container: _container, level: _level, message, ...line }) => ({
    ...line,
    message: clipped(message, MESSAGE_CHARACTERS),
  }));
  const levels = sumBy(groups);
  const more = nextCursor === null ? "" : " (there are more; these are the newest)";
  const [most1] = groups;
  return {
    summary:
      told.length === 0
        ? `No line for ${query} over ${back}, from ${counted(coverage.answered, "cluster")}.${coverage.sentence}`
        : `${counted(told.length, "line")}${more} of ${counted(groups.length, "kind")} over ${back} for ${query}, from ${counted(coverage.answered, "cluster")}: ${spelled(levels)}; ${String(most1?.["count"])} times "${clipped(String(most1?.["template"]), 120)}".${coverage.sentence}`,
    result: {
      lines: told.length,
      hasMore: nextCursor !== null,
      levels,
      kinds: groups.length,
      patterns: shownOf(groups, 12, 4000),
      newest: rows.slice(0, NEWEST_SHOWN).map(({ message, ...line }) => ({ ...line, message: clipped(message, 300) })),
      ...coverage.facts,
    },
    full: rows.length > NEWEST_SHOWN ? fullOf(rows) : null,
    table: tableOf(rows, ["at", "cluster", "namespace", "pod", "message"]),
    sources: sourcesOf(outcomes, { language: "LOGQL", query, at: endTime }),
    operation: { document: LOGS, variables },
  };
}

/** Without secrets before anything else: what is put into groups or cut off may look like none. */
function toldLine(entry: z.output<typeof Logs>["logs"]["entries"][number]): ToldLine {
  const own = { ...entry.structuredMetadata, ...entry.stream };
  const named = (...names: string[]): string | null => {
    const value = names.map((name) => own[name]).find((each) => typeof each === "string" && each !== "");
    return typeof value === "string" ? value : null;
  };
  return {
    cluster: entry.clusterName,
    at: entry.timestamp,
    message: redactText(entry.message),
    level: named("level", "detected_level", "severity"),
    namespace: named("namespace", "kubernetes_namespace_name"),
    pod: named("pod", "kubernetes_pod_name"),
    container: named("container", "kubernetes_container_name"),
    traceId: entry.traceId,
  };
}

function sumBy(groups: ReturnType<typeof lineGroups>): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { level, count } of groups) sums[String(level)] = (sums[String(level)] ?? 0) + Number(count);
  return sums;
}

async function samples(query: string, { clusters: named, range: back }: Asked, kit: ToolKit): Promise<ToolFinding> {
  const { startTime, endTime, seconds } = stretchOf(back, kit.caller.now);
  const variables = {
    query: {
      query,
      clusterIds: await clusterIdsOf(kit, named),
      startTime,
      endTime,
      step: stepFor(seconds, POINTS_ASKED),
      timeout: CLUSTER_SECONDS,
    },
  };
  const { data } = await askFor(kit, { document: SAMPLES, variables, answer: Samples });
  const { outcomes, results, endTime: at, step } = data.logMetrics;
  return seriesFinding({
    query,
    series: results.flatMap(({ clusterName, data: own }) => toldSeries(clusterName, own)),
    outcomes,
    asked: { language: "LOGQL", query, at },
    window: { range: back, step },
    operation: { document: SAMPLES, variables },
  });
}
