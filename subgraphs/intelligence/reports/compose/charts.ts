import type { Chart, LineChart, Mark } from "../model/chart.ts";
import type { Resource } from "../model/forecast.ts";
import type { TimelineEntry } from "../model/report.ts";
import { RESOURCES } from "../model/words.ts";
import type { Usage } from "./capacity.ts";
import { type Findings, fillingOf } from "./findings.ts";
import { WASTE } from "./gpu.ts";
import type { Questions } from "./questions.ts";

const MOST_LINES = 8;
const MOST_MARKS = 6;

/** Where to look for what happened: the worst of the timeline. */
const marksOf = (timeline: readonly TimelineEntry[], { start, end }: { start: number; end: number }): Mark[] =>
  timeline
    .filter(({ tone, at }) => tone === "BAD" && Date.parse(at) >= start && Date.parse(at) <= end)
    .slice(-MOST_MARKS)
    .map(({ at, title }) => ({ at: Date.parse(at), label: title, tone: "BAD" }));

/** The clusters that use most of it, as lines. */
export function usageChart(
  questions: Questions,
  { usage }: Findings,
  resource: Resource,
  timeline: readonly TimelineEntry[],
): Chart[] {
  const of = usage.filter((each) => each.resource === resource);
  if (of.length === 0) return [];
  const shown = of
    .toSorted((a, b) => (b.outlook.level ?? lastOf(b)) - (a.outlook.level ?? lastOf(a)))
    .slice(0, MOST_LINES);
  const times = shown.flatMap(({ points }) => [points[0]?.[0] ?? 0, points.at(-1)?.[0] ?? 0]);
  const chart: LineChart = {
    kind: "LINES",
    title: `${RESOURCES[resource]}, by cluster`,
    unit: "RATIO",
    note: of.length > shown.length ? `The ${shown.length} of ${of.length} clusters that use most.` : null,
    query: questions.idOf(RESOURCES[resource]),
    series: shown.map(({ cluster, points }) => ({ name: cluster, points })),
    marks: marksOf(timeline, { start: Math.min(...times), end: Math.max(...times) }),
  };
  return [chart];
}

const lastOf = ({ points }: Usage): number => points.at(-1)?.[1] ?? 0;

/** Of those that are full soonest. */
export const forecastCharts = (questions: Questions, findings: Findings, most: number): Chart[] =>
  fillingOf(findings)
    .slice(0, most)
    .map(({ cluster, resource, points, outlook }) => ({
      kind: "FORECAST",
      title: `${RESOURCES[resource]} of ${cluster}`,
      unit: "RATIO",
      note: "Measured, and expected at the daily peak, with the band that it is expected in at 90 %.",
      query: questions.idOf(RESOURCES[resource]),
      measured: points,
      expected: outlook.expected,
      limit: 1,
    }));

export const wasteChart = (questions: Questions, { waste }: Findings): Chart[] => {
  const bars = (waste?.namespaces ?? [])
    .filter(({ idleHours }) => idleHours > 0)
    .slice(0, 12)
    .map(({ namespace, idleHours }) => ({ label: namespace ?? "shared by several", value: idleHours }));
  if (bars.length === 0) return [];
  return [
    {
      kind: "BARS",
      title: "GPU hours idle, by namespace",
      unit: "HOURS",
      note: null,
      query: questions.idOf(WASTE),
      bars,
    },
  ];
};

/** How many clusters are in which state, where that is not the same of all. */
export function stateChart(questions: Questions, { clusters }: Findings, of: string): Chart[] {
  const states = Map.groupBy(clusters, ({ status }) => status.state);
  if (states.size < 2) return [];
  const bars = ["ONLINE", "DEGRADED", "OFFLINE", "UNKNOWN", "PROVISIONING"].flatMap((label) => {
    const count = states.get(label)?.length ?? 0;
    return count > 0 ? [{ label, value: count }] : [];
  });
  return [{ kind: "BARS", title: "Clusters, by state", unit: "COUNT", note: null, query: questions.idOf(of), bars }];
}

/** What the namespace of an incident used meanwhile. */
export const trackCharts = (questions: Questions, { tracks, subject }: Findings): Chart[] =>
  tracks.map(({ what, unit, series }) => ({
    kind: "LINES",
    title: what,
    unit,
    note: null,
    query: questions.idOf(what),
    series,
    marks: subject ? [{ at: Date.parse(subject.startsAt), label: subject.alertname, tone: "BAD" }] : [],
  }));
