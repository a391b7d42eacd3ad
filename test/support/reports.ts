import type { Point } from "../../subgraphs/intelligence/reports/model/chart.ts";
import type { Forecast } from "../../subgraphs/intelligence/reports/model/forecast.ts";
import { REPORT_SCHEMA, type ReportModel } from "../../subgraphs/intelligence/reports/model/report.ts";

const HOUR = 3_600_000;
const END = Date.parse("2026-11-23T12:00:00Z");
const NAMES = ["hub-eu-1", "prod-east-1", "prod-west-1", "edge-berlin-1", "lab-gpu-1"];

/** A week of hours with a daily rhythm, rising. */
const week = (from: number, perDay: number, shift = 0): Point[] =>
  Array.from({ length: 168 }, (_, hour) => {
    const wave = 0.08 * Math.sin(((hour + shift) / 24) * 2 * Math.PI) + 0.01 * Math.sin(hour * 1.7 + shift);
    return [END - (168 - hour) * HOUR, hour % 61 === 60 ? null : from + (hour / 24) * perDay + wave];
  });

const forecast = (cluster: string, over: Partial<Forecast>): Forecast => ({
  cluster,
  resource: "FILESYSTEM",
  status: "FILLING",
  reason: null,
  level: 0.83,
  perDay: { low: 0.008, value: 0.012, high: 0.016 },
  daysToFull: { soonest: 10.4, expected: 14.2, latest: 21 },
  points: 168,
  ...over,
});

/** A report that has a little of everything. Its texts are given, so that a test sees where they end up. */
export function sampleReport(text: (plain: string) => string = (plain) => plain, clusters = NAMES): ReportModel {
  const end = new Date(END).toISOString();
  const at = (hoursAgo: number): string => new Date(END - hoursAgo * HOUR).toISOString();
  const [hub = "hub", east = "east"] = clusters;
  return {
    schema: REPORT_SCHEMA,
    id: "0199d5a2-7c7b-7000-8000-000000000001",
    title: text("Weekly fleet report"),
    type: "DETAILED_ANALYSIS",
    createdAt: end,
    generatedBy: text("ada@example.com"),
    range: { start: at(168), end },
    scope: { clusters: clusters.map((name, i) => ({ id: `c-${i}`, name: text(name) })) },
    verdict: {
      tone: "BAD",
      headline: text("A filesystem is full within two weeks, and three critical alerts are nobody's."),
      statements: [text("4 of 5 clusters are online."), text("3 critical alerts fire, 3 of them unacknowledged.")],
      confidence: text("One of 5 clusters did not answer: what it would say is not in here."),
    },
    impact: [
      { label: text("Clusters online"), value: 4, unit: "COUNT", tone: "WATCH", note: text("of 5") },
      { label: "Critical alerts", value: 3, unit: "COUNT", tone: "BAD", note: null },
      { label: "Mean health score", value: null, unit: "SCORE", tone: "UNKNOWN", note: "nobody was asked" },
      { label: "GPU hours idle", value: 1234.5, unit: "HOURS", tone: "WATCH", note: null },
      { label: "Soonest full", value: 14.2, unit: "DAYS", tone: "WATCH", note: text(`${hub}, filesystem`) },
    ],
    timeline: Array.from({ length: 12 }, (_, i) => ({
      at: at(60 - i * 4),
      until: i % 3 === 0 ? at(58 - i * 4) : null,
      kind: i % 4 === 3 ? ("ANOMALY" as const) : ("ALERT" as const),
      tone: i % 3 === 0 ? ("BAD" as const) : ("WATCH" as const),
      cluster: text(clusters[i % clusters.length] ?? hub),
      title: text(i % 4 === 3 ? "Memory of checkout is unusual" : "KubePodCrashLooping"),
      detail: text("Pod shop/checkout-7d9f4 restarts again and again"),
    })),
    timelineMore: 7,
    charts: [
      {
        kind: "LINES",
        title: text("CPU used, by cluster"),
        unit: "RATIO",
        note: text("The eight busiest clusters."),
        query: "Q2",
        series: clusters.slice(0, 6).map((name, i) => ({ name: text(name), points: week(0.2 + i * 0.1, 0.01, i * 3) })),
        marks: [{ at: END - 60 * HOUR, label: text("KubePodCrashLooping"), tone: "BAD" }],
      },
      {
        kind: "BARS",
        title: text("GPU hours idle, by namespace"),
        unit: "HOURS",
        note: null,
        query: "Q3",
        bars: ["training", "inference", "notebooks"].map((label, i) => ({ label: text(label), value: 900 / (i + 1) })),
      },
      {
        kind: "FORECAST",
        title: text(`Fullest filesystem of ${hub}`),
        unit: "RATIO",
        note: null,
        query: "Q2",
        limit: 1,
        measured: week(0.7, 0.015),
        expected: Array.from({ length: 15 }, (_, day) => {
          const value = 0.82 + day * 0.012;
          return [END + day * 24 * HOUR, value - 0.03 - day * 0.004, value, value + 0.03 + day * 0.004] as const;
        }),
      },
    ],
    tables: [
      {
        title: text("Clusters"),
        note: text("By name."),
        columns: [
          { label: "Cluster", as: "TEXT" },
          { label: text("State"), as: "TEXT" },
          { label: "Health", as: "SCORE" },
          { label: "Last checked", as: "TIME" },
          { label: "What failed", as: "TEXT" },
        ],
        rows: clusters.map((name, i) => [
          text(name),
          text(i === 3 ? "OFFLINE" : "ONLINE"),
          i === 3 ? null : 100 - i,
          at(i),
          text(i === 3 ? "API server: connection refused" : ""),
        ]),
        more: 3,
        empty: "No clusters.",
        query: "Q1",
      },
      { title: "Anomalies", note: null, columns: [], rows: [], more: 0, empty: "None were found.", query: "Q1" },
    ],
    causes: [
      {
        rank: 1,
        title: text("Pod shop/checkout-7d9f4"),
        cluster: text(east),
        verdict: "LIKELY",
        score: 4.21,
        explanation: text("Its memory rose to its limit, and it was killed."),
        evidence: [
          {
            statement: text("Memory was 12 times as far from its median as usual."),
            at: at(60),
            query: text('container_memory_working_set_bytes{namespace="shop"}'),
          },
        ],
      },
    ],
    forecasts: [
      forecast(text(hub), {}),
      forecast(text(east), {
        resource: "MEMORY",
        status: "NOT_FILLING",
        daysToFull: null,
        perDay: { low: -0.001, value: 0.0004, high: 0.002 },
      }),
      forecast(text(clusters.at(-1) ?? hub), {
        resource: "CPU",
        status: "UNKNOWN",
        reason: text("only 3 points"),
        level: null,
        perDay: null,
        daysToFull: null,
      }),
    ],
    forecastsMore: 0,
    waste: {
      hours: { observed: 2688, busy: 1200, idle: 1234.5, unallocated: 200, outsidePods: 3.5, unknown: 50 },
      devices: 16,
      idleCost: 3086.25,
      unallocatedCost: 500,
      unpricedDevices: 4,
      rule: text("Idle is less than 5 % busy for 30 minutes on end."),
      query: "Q3",
    },
    actions: [
      {
        priority: 1,
        title: text("Take care of 3 critical alerts that nobody has acknowledged"),
        rule: "Critical, firing, and not acknowledged.",
        evidence: [text(`KubePodCrashLooping in ${east}, since 2026-11-21 00:00`)],
        evidenceMore: 2,
      },
      {
        priority: 2,
        title: text("Make room on the fullest filesystem"),
        rule: "Full in less than 30 days.",
        evidence: [text(`${hub}: 14.2 days, between 10.4 and 21`)],
        evidenceMore: 0,
      },
    ],
    gaps: [
      {
        what: "CPU used",
        reason: text("No connection to the cluster's endpoint."),
        code: "UPSTREAM_UNREACHABLE",
        clusters: [text(clusters[3] ?? hub)],
      },
    ],
    provenance: {
      queries: [
        {
          id: "Q1",
          what: text("Clusters and their state"),
          askedAt: end,
          graphql: "query Clusters { clusters { total } }",
          variables: { ids: ["a", "b", "c", "d"] },
          promql: null,
          operations: 2,
        },
        {
          id: "Q2",
          what: "CPU used",
          askedAt: end,
          graphql: "query Capacity { metrics { complete } }",
          variables: {},
          promql: text('1 - avg(rate(node_cpu_seconds_total{mode="idle"}[1h]))'),
          operations: 1,
        },
        {
          id: "Q3",
          what: "GPU waste",
          askedAt: end,
          graphql: "query Waste { gpuWaste { complete } }",
          variables: {},
          promql: null,
          operations: 1,
        },
      ],
      methods: ["No language model took part.", text("Forecasts: the seasonal Theil-Sen estimator.")],
    },
  };
}
