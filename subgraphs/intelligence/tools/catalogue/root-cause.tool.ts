import { z } from "zod";
import { CodedError } from "../../../shared/kernel/errors.ts";
import { cluster, namespace, range } from "../argument.input.ts";
import { alertInReach, anomalyInReach } from "../key-reach.loader.ts";
import { askFor, clusterOf, stretchOf } from "../question.loader.ts";
import { clipped, counted, shownOf, tableOf, tidy } from "../row.filter.ts";
import { defineTool, type Source, type ToolKit } from "../tool.contract.ts";

const WAIT_SECONDS = 50;
const MOST_CAUSES = 5;
const MOST_EVIDENCE = 3;

const FIND = `mutation FindRootCause($input: FindRootCauseInput!) {
  findRootCause(input: $input, waitSeconds: ${WAIT_SECONDS}) {
    id status verdict onset windowStart windowEnd error missing namespace
    cluster { id name }
    progress { step done total }
    causes {
      rank score verdict explanation entity { kind namespace name }
      evidence { signal z statement language query at }
    }
  }
}`;
const Evidence = z.object({
  signal: z.string(),
  z: z.number(),
  statement: z.string(),
  language: z.enum(["PROMQL", "LOGQL", "TRACEQL"]).nullable(),
  query: z.string().nullable(),
  at: z.string(),
});
const Cause = z.object({
  rank: z.number(),
  score: z.number(),
  verdict: z.string(),
  explanation: z.string(),
  entity: z.object({ kind: z.string(), namespace: z.string().nullable(), name: z.string() }),
  evidence: z.array(Evidence),
});
const Analysis = z.object({
  findRootCause: z.object({
    id: z.string(),
    status: z.enum(["RUNNING", "COMPLETE", "FAILED", "CANCELLED"]),
    verdict: z.string().nullable(),
    onset: z.string(),
    windowStart: z.string(),
    windowEnd: z.string(),
    error: z.string().nullable(),
    missing: z.array(z.string()),
    cluster: z.object({ id: z.string(), name: z.string() }),
    progress: z.object({ step: z.string(), done: z.number(), total: z.number() }).nullable(),
    causes: z.array(Cause),
  }),
});
type Found = z.output<typeof Analysis>["findRootCause"];

const Input = z.strictObject({
  alertId: z.uuid().optional().describe("The alert to explain. This, anomalyId or cluster."),
  anomalyId: z.uuid().optional().describe("The kept anomaly to explain."),
  cluster: cluster.optional().describe("The cluster in which something is wrong, by name or id."),
  namespace: namespace.describe("With cluster: where it shows."),
  range: range("1h").describe("With cluster: how far back something was wrong."),
});

export const findRootCause = defineTool({
  name: "find_root_cause",
  title: "Find root cause",
  description:
    "What is probably at the root of an alert, an anomaly or trouble in a cluster: ranked causes with their evidence from metrics, logs, traces, events, rollouts and alerts. Takes up to a minute.",
  readOnly: true,
  timeoutMs: 65_000,
  input: Input,
  run: async (asked, kit) => {
    const variables = { input: await subjectOf(asked, kit) };
    const { data } = await askFor(kit, { document: FIND, variables, answer: Analysis });
    const found = data.findRootCause;
    if (found.status === "FAILED" || found.status === "CANCELLED")
      throw new CodedError("UPSTREAM_QUERY_FAILED", found.error ?? "The search was cancelled.");
    const rows = found.causes.map(({ rank, score, verdict, explanation, entity, evidence }) => ({
      rank,
      verdict,
      score: tidy(score),
      cause: [entity.kind, entity.namespace, entity.name].filter(Boolean).join(" "),
      why: clipped(explanation, 300),
      evidence: evidence
        .slice(0, MOST_EVIDENCE)
        .map(({ signal, statement, at }) => ({ signal, statement: clipped(statement, 240), at })),
    }));
    return {
      summary: summaryOf(found),
      result: {
        analysisId: found.id,
        status: found.status,
        verdict: found.verdict,
        cluster: found.cluster.name,
        onset: found.onset,
        window: [found.windowStart, found.windowEnd],
        causes: shownOf(rows, MOST_CAUSES),
        missing: found.missing.slice(0, 10),
        ...(found.progress ? { progress: found.progress } : {}),
      },
      full: null,
      table: tableOf(rows, ["rank", "verdict", "cause", "why"]),
      sources: sourcesOf(found),
      operation: { document: FIND, variables },
    };
  },
});

/** What is to be explained, if it is of a cluster that may be asked. */
async function subjectOf(asked: z.output<typeof Input>, kit: ToolKit) {
  const { alertId, anomalyId, cluster: named, namespace: ns, range: back } = asked;
  const given = [alertId, anomalyId, named].filter((each) => each !== undefined);
  if (given.length !== 1) throw new CodedError("BAD_USER_INPUT", "Give one of alertId, anomalyId and cluster.");
  if (alertId !== undefined) {
    await alertInReach(kit, alertId);
    return { alertId };
  }
  if (anomalyId !== undefined) {
    await anomalyInReach(kit, anomalyId);
    return { anomalyId };
  }
  const { id: clusterId } = await clusterOf(kit, named ?? "");
  const { startTime: start, endTime: end } = stretchOf(back, kit.caller.now);
  return { clusterId, namespace: ns ?? null, window: { start, end } };
}

function summaryOf({ id, status, causes, cluster: { name }, onset, missing, progress }: Found): string {
  if (status === "RUNNING")
    return `The search for a root cause in ${name} still runs (${progress?.step ?? "begun"}, step ${progress?.done ?? 0} of ${progress?.total ?? "?"}); rootCauseAnalysis(id: "${id}") has it later.`;
  const [first] = causes;
  const gaps = missing.slice(0, 3).map((gap) => gap.replace(/\.$/, ""));
  const without = gaps.length > 0 ? ` It had to do without: ${gaps.join("; ")}.` : "";
  if (!first) return `No cause stands out in ${name} since ${onset}.${without}`;
  return `${first.verdict} in ${name}, since ${onset}: ${clipped(first.explanation, 300)} ${counted(causes.length, "possible cause")} in all.${without}`;
}

/** The search itself, and the queries that show its evidence again. */
function sourcesOf({ id, cluster: { id: clusterId, name: clusterName }, windowEnd, causes, missing }: Found): Source[] {
  const evidence = causes.slice(0, MOST_CAUSES).flatMap(({ evidence: own }) => own.slice(0, MOST_EVIDENCE));
  const asked = evidence.flatMap(({ language, query, at }) =>
    language === null || query === null ? [] : [{ language, query, at, outcome: "SUCCESS" }],
  );
  const search = {
    language: "GRAPHQL" as const,
    query: `findRootCause ${id}`,
    at: windowEnd,
    outcome: missing.length > 0 ? "PARTIAL" : "SUCCESS",
  };
  const distinct = new Map(asked.map((each) => [`${each.language} ${each.query}`, each]));
  return [search, ...distinct.values()].map((each, index) => ({
    id: `s${index + 1}`,
    clusterId,
    clusterName,
    ...each,
  }));
}
