import { z } from "zod";
import type { Range } from "./capacity.ts";
import type { Questions } from "./questions.ts";

export const ANOMALIES = "Anomalies of the time";
const MOST = 100;

const QUERY = `query ReportAnomalies($filter: AnomalyFilterInput) {
  anomalies(filter: $filter, orderBy: { field: SCORE, direction: DESC }, pageSize: ${MOST}) {
    total
    items { clusterName metricName namespace severity anomalyType score explanation query startedAt detectedAt }
  }
}`;

const Anomaly = z.object({
  clusterName: z.string(),
  metricName: z.string(),
  namespace: z.string().nullish(),
  severity: z.string(),
  anomalyType: z.string(),
  score: z.number(),
  explanation: z.string(),
  query: z.string(),
  startedAt: z.string(),
  detectedAt: z.string(),
});
const Anomalies = z.object({ anomalies: z.object({ total: z.number(), items: z.array(Anomaly) }) });
export type ReportAnomaly = z.infer<typeof Anomaly>;

/** Those that are kept and nobody expected, the rarest first. */
export async function anomaliesOf(
  questions: Questions,
  clusterIds: readonly string[],
  { start, end }: Range,
): Promise<{ items: readonly ReportAnomaly[]; total: number } | null> {
  const filter = { clusterIds, detectedAfter: start.toISOString(), detectedBefore: end.toISOString(), expected: false };
  const answer = await questions.ask({ what: ANOMALIES, document: QUERY, variables: { filter }, answer: Anomalies });
  return answer?.anomalies ?? null;
}
