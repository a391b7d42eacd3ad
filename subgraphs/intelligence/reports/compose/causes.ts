import { z } from "zod";
import type { Cause } from "../model/report.ts";
import type { Questions } from "./questions.ts";

export const CAUSES = "Root cause";
const MOST_CAUSES = 10;
const MOST_EVIDENCE = 8;

const FIELDS = `id status verdict onset missing error
    cluster { name }
    causes {
      rank score verdict explanation
      entity { kind namespace name }
      evidence { statement at query graphql }
    }`;

const BY_ID = `query ReportRootCause($id: UUID!) {
  analysis: rootCauseAnalysis(id: $id) {
    ${FIELDS}
  }
}`;

const BY_ALERT = `query ReportRootCauses($filter: RootCauseAnalysisFilterInput) {
  analyses: rootCauseAnalyses(filter: $filter, pageSize: 1) {
    items {
    ${FIELDS}
    }
  }
}`;

const Analysis = z.object({
  id: z.string(),
  status: z.string(),
  verdict: z.string().nullish(),
  onset: z.string(),
  missing: z.array(z.string()),
  error: z.string().nullish(),
  cluster: z.object({ name: z.string() }).nullish(),
  causes: z.array(
    z.object({
      rank: z.number(),
      score: z.number(),
      verdict: z.string(),
      explanation: z.string(),
      entity: z.object({ kind: z.string(), namespace: z.string().nullish(), name: z.string() }),
      evidence: z.array(
        z.object({
          statement: z.string(),
          at: z.string().nullish(),
          query: z.string().nullish(),
          graphql: z.string().nullish(),
        }),
      ),
    }),
  ),
});
type Analysis = z.infer<typeof Analysis>;

export interface RootCause {
  readonly verdict: string;
  readonly onset: string;
  readonly causes: readonly Cause[];
}

/** The causes of an analysis, or of the last one of an alert. Null where there is none, or it has not ended well: a gap says so. */
export async function rootCauseOf(
  questions: Questions,
  { analysisId, alertId }: { analysisId: string | null; alertId: string | null },
): Promise<RootCause | null> {
  const analysis = analysisId === null ? await ofAlert(questions, alertId) : await byId(questions, analysisId);
  if (!analysis) return null;
  for (const reason of analysis.missing) questions.missing(CAUSES, { cluster: null, reason, code: null });
  if (analysis.causes.length === 0) {
    const reason = analysis.error ?? `The analysis found no cause; it is ${analysis.status}.`;
    questions.missing(CAUSES, { cluster: analysis.cluster?.name ?? null, reason, code: null });
  }
  return {
    verdict: analysis.verdict ?? "INCONCLUSIVE",
    onset: analysis.onset,
    causes: analysis.causes.slice(0, MOST_CAUSES).map((cause) => toCause(cause, analysis.cluster?.name ?? null)),
  };
}

async function byId(questions: Questions, id: string): Promise<Analysis | null> {
  const answer = z.object({ analysis: Analysis.nullable() });
  const found = await questions.ask({ what: CAUSES, document: BY_ID, variables: { id }, answer });
  if (found && !found.analysis) {
    questions.missing(CAUSES, { cluster: null, reason: "There is no such analysis.", code: null });
  }
  return found?.analysis ?? null;
}

async function ofAlert(questions: Questions, alertId: string | null): Promise<Analysis | null> {
  if (alertId === null) return null;
  const variables = { filter: { alertId } };
  const answer = z.object({ analyses: z.object({ items: z.array(Analysis) }) });
  const found = await questions.ask({ what: CAUSES, document: BY_ALERT, variables, answer });
  const [last] = found?.analyses.items ?? [];
  if (found && !last) {
    const reason = "Nobody has asked for the alert's root cause: findRootCause does.";
    questions.missing(CAUSES, { cluster: null, reason, code: null });
  }
  return last ?? null;
}

const toCause = (
  { rank, score, verdict, explanation, entity, evidence }: Analysis["causes"][number],
  cluster: string | null,
): Cause => ({
  rank,
  title: `${entity.kind.toLowerCase()} ${entity.namespace ? `${entity.namespace}/` : ""}${entity.name}`,
  cluster,
  verdict,
  score,
  explanation,
  evidence: evidence.slice(0, MOST_EVIDENCE).map(({ statement, at, query, graphql }) => ({
    statement,
    at: at ?? null,
    query: query ?? graphql ?? null,
  })),
});
