import { z } from "zod";
import { QueryError } from "../../../../promql/errors.ts";
import { parsePromql } from "../../../../promql/parse.ts";
import { logqlProblem } from "../../../shared/upstreams/logql/syntax.ts";
import { promqlProblem } from "../../../shared/upstreams/promql/syntax.ts";
import { traceqlProblem } from "../../../shared/upstreams/traceql/syntax.ts";
import { type ExplainedQuery, explainedPromql } from "../promql-words.mapper.ts";
import { clusterIdsOf } from "../question.loader.ts";
import { defineTool, type ToolFinding, type ToolKit } from "../tool.contract.ts";
import { explainedLogql, explainedTraceql } from "../tree-words.mapper.ts";

/** It asks no cluster: it says whom the query would be sent to, and what it would cost. */
const PLAN = `query ExplainQuery($query: MetricQueryInput!, $global: MetricQueryInput!) {
  each: explainMetrics(query: $query) { requests points estimatedSamples }
  together: explainMetrics(query: $global) { requests combination { method combining leaves } }
}`;
const Each = z.object({ requests: z.number(), points: z.number(), estimatedSamples: z.number().nullable() });
const Together = z.object({
  requests: z.number(),
  combination: z
    .object({ method: z.string(), combining: z.string().nullable(), leaves: z.array(z.string()) })
    .nullable(),
});

const LANGUAGES = { PROMQL: "PromQL", LOGQL: "LogQL", TRACEQL: "TraceQL" } as const;

export const explainQuery = defineTool({
  name: "explain_query",
  title: "Explain query",
  description:
    "What a PromQL, LogQL or TraceQL query selects and computes, whether it is valid, and what makes it slow. Asks no cluster.",
  readOnly: true,
  timeoutMs: 15_000,
  input: z.strictObject({
    query: z.string().min(1).max(4000),
    language: z.enum(["PROMQL", "LOGQL", "TRACEQL"]),
  }),
  run: async ({ query, language }, kit) => {
    const { problem, explained } = EXPLAIN[language](query);
    const plan = language === "PROMQL" && problem === null ? await planOf(query, kit) : null;
    const operation = plan?.operation ?? { document: ASK[language], variables: { query } };
    if (problem !== null) {
      return {
        ...NOTHING_ELSE,
        summary: `Not valid ${LANGUAGES[language]}: ${problem}.`,
        result: { valid: false, language, problem },
        operation,
      };
    }
    const { meaning, selects, answers, hints } = explained ?? UNKNOWN_PART;
    return {
      ...NOTHING_ELSE,
      summary: `Valid ${LANGUAGES[language]}: ${meaning}.${hints.length > 0 ? ` ${hints[0]}` : ""}`,
      result: { valid: true, language, meaning, selects, answers, hints, ...plan?.facts },
      operation,
    };
  },
});

const NOTHING_ELSE = { full: null, table: null, sources: [] } satisfies Partial<ToolFinding>;
const UNKNOWN_PART: ExplainedQuery = {
  meaning: "It uses a part of the language that is not explained here; the clusters' Prometheus may know it",
  selects: [],
  answers: "unknown",
  hints: [],
};

/** How each is asked: for who wants to see what it answers. */
const ASK: Readonly<Record<keyof typeof LANGUAGES, string>> = {
  PROMQL: "query Ask($query: String!) { explainMetrics(query: { query: $query }) { requests } }",
  LOGQL: "query Ask($query: String!) { logs(query: { query: $query }) { entries { clusterName timestamp message } } }",
  TRACEQL:
    "query Ask($query: String!) { traces(query: { traceql: $query }) { traces { traceId clusterName durationMs } } }",
};

interface Explanation {
  problem: string | null;
  /** Null where it is valid, and not understood. */
  explained: ExplainedQuery | null;
}

const invalid = (problem: string): Explanation => ({ problem, explained: null });

const EXPLAIN: Readonly<Record<keyof typeof LANGUAGES, (query: string) => Explanation>> = {
  PROMQL(query) {
    const problem = promqlProblem(query);
    if (problem) return invalid(problem.message);
    try {
      return { problem: null, explained: explainedPromql(parsePromql(query)) };
    } catch (error) {
      if (!(error instanceof QueryError)) throw error;
      return error.errorType === "bad_data" ? invalid(error.message) : { problem: null, explained: null };
    }
  },
  LOGQL(query) {
    const [lines, samples] = [logqlProblem(query, "lines"), logqlProblem(query, "samples")];
    if (lines === null) return { problem: null, explained: explainedLogql(query, "lines") };
    if (samples === null) return { problem: null, explained: explainedLogql(query, "samples") };
    // Of the wrong kind is no problem of its own: the other one tells what is wrong.
    return invalid(lines.message.startsWith("this is a metric query") ? samples.message : lines.message);
  },
  TRACEQL(query) {
    const problem = traceqlProblem(query);
    return problem ? invalid(problem.message) : { problem: null, explained: explainedTraceql(query) };
  },
};

async function planOf(query: string, kit: ToolKit) {
  const asked = { query, clusterIds: await clusterIdsOf(kit, undefined), time: kit.caller.now.toISOString() };
  const variables = { query: asked, global: { ...asked, scope: "GLOBAL" } };
  const { data, errors } = await kit.ask(PLAN, variables);
  const each = Each.safeParse(data?.["each"]).data;
  const together = Together.safeParse(data?.["together"]).data;
  const refusal = errors.find(({ path }) => path?.[0] === "together");
  return {
    operation: { document: PLAN, variables },
    facts: {
      ...(each ? { requestsPerEvaluation: each.requests, estimatedSamples: each.estimatedSamples } : {}),
      overAllClusters: together?.combination ?? (refusal ? { refused: refusal.message } : null),
    },
  };
}
