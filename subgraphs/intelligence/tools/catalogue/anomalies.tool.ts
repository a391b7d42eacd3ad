import { z } from "zod";
import { clusters, range } from "../argument.input.ts";
import { askFor, clusterIdsOf, stepFor, stretchOf } from "../question.loader.ts";
import { clipped, counted, fullOf, shownOf, spelled, tableOf, tally, tidy } from "../row.filter.ts";
import { coverageOf, OUTCOMES, Outcomes, sourcesOf } from "../source.mapper.ts";
import { defineTool } from "../tool.contract.ts";

const POINTS = 500;
const SECONDS = 40;
const MOST = 100;

const DETECT = `mutation DetectAnomalies($input: DetectAnomaliesInput!) {
  detectAnomalies(input: $input) {
    total candidates falseDiscoveryRate seriesScanned pointsScanned startTime endTime stepSeconds ${OUTCOMES}
    anomalies {
      id recorded clusterName metricName labels namespace severity anomalyType score confidenceScore
      expectedValue expectedLow expectedHigh actualValue deviationPercent explanation startedAt detectedAt
    }
  }
}`;
const number = z.number().nullable();
const Scan = z.object({
  detectAnomalies: z.object({
    total: z.number(),
    candidates: z.number(),
    falseDiscoveryRate: number,
    seriesScanned: z.number(),
    pointsScanned: z.number(),
    endTime: z.string(),
    stepSeconds: z.number(),
    outcomes: Outcomes,
    anomalies: z.array(
      z.object({
        id: z.string(),
        recorded: z.boolean(),
        clusterName: z.string(),
        metricName: z.string(),
        labels: z.record(z.string(), z.string()),
        namespace: z.string().nullable(),
        severity: z.string(),
        anomalyType: z.string(),
        score: z.number(),
        confidenceScore: z.number(),
        expectedValue: number,
        expectedLow: number,
        expectedHigh: number,
        actualValue: z.number(),
        deviationPercent: number,
        explanation: z.string(),
        startedAt: z.string(),
        detectedAt: z.string(),
      }),
    ),
  }),
});

export const detectAnomalies = defineTool({
  name: "detect_anomalies",
  title: "Detect anomalies",
  description:
    "Where series of a PromQL query behave as they otherwise do not: spikes, drops, changes of trend, the rarest first. Compares with the range's beginning: the longer, the better.",
  readOnly: true,
  timeoutMs: 60_000,
  input: z.strictObject({
    query: z.string().min(1).max(4000).describe("PromQL; of counters, their growth is looked at."),
    clusters,
    range: range("6h"),
    sensitivity: z.number().min(0).max(1).default(0.5).describe("How much is told: 0 only the rarest, 1 all."),
  }),
  run: async ({ query, clusters: named, range: back, sensitivity }, kit) => {
    const { startTime, endTime, seconds } = stretchOf(back, kit.caller.now);
    const variables = {
      input: {
        query,
        clusterIds: await clusterIdsOf(kit, named),
        range: { start: startTime, end: endTime },
        step: stepFor(seconds, POINTS),
        sensitivity,
        timeout: SECONDS,
        limit: MOST,
      },
    };
    const { data } = await askFor(kit, { document: DETECT, variables, answer: Scan });
    const { anomalies, outcomes, total, seriesScanned, ...scan } = data.detectAnomalies;
    const coverage = coverageOf(outcomes);
    const rows = anomalies.map((found) => ({
      cluster: found.clusterName,
      metric: found.metricName,
      labels: found.labels,
      type: found.anomalyType,
      severity: found.severity,
      score: tidy(found.score),
      from: found.startedAt,
      toldAt: found.detectedAt,
      actual: tidy(found.actualValue),
      expected: tidy(found.expectedValue),
      usual: [tidy(found.expectedLow), tidy(found.expectedHigh)],
      explanation: clipped(found.explanation, 240),
      ...(found.recorded ? { id: found.id } : {}),
    }));
    const [first] = rows;
    const shown = shownOf(rows, 12);
    const share =
      scan.falseDiscoveryRate === null
        ? ""
        : `; of these series, ${tidy(scan.falseDiscoveryRate * 100)} % may be chance`;
    return {
      summary:
        total === 0
          ? `Nothing unusual in ${seriesScanned} series of ${query} over ${back}, in ${counted(coverage.answered, "cluster")}.${coverage.sentence}`
          : `${total === 1 ? "1 anomaly" : `${total} anomalies`} in ${seriesScanned} series of ${query} over ${back}, in ${counted(coverage.answered, "cluster")} (${spelled(tally(rows.map(({ severity }) => severity)))}${share}); the rarest: ${first?.type} of ${first?.metric} in ${first?.cluster}, ${String(first?.actual)} where ${String(first?.expected ?? "nothing certain")} was expected.${coverage.sentence}`,
      result: {
        total,
        seriesScanned,
        stepSeconds: scan.stepSeconds,
        falseDiscoveryRate: tidy(scan.falseDiscoveryRate),
        anomalies: shown,
        ...coverage.facts,
      },
      full: total > shown.length ? fullOf(rows, total) : null,
      table: tableOf(rows, ["severity", "type", "cluster", "metric", "labels", "from", "actual", "expected"]),
      sources: sourcesOf(outcomes, { language: "PROMQL", query, at: scan.endTime }),
      operation: { document: DETECT, variables },
    };
  },
});
