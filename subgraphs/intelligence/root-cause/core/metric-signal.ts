import { keyOf } from "./entity.ts";
import { type Finding, figure } from "./finding.ts";
import type { Case, MetricPoint, MetricSignal } from "./model.ts";
import { calibrated, median, quantileOfSorted, sorted } from "./statistics.ts";

/** What is broken whatever is usual. */
const LIMIT_REACHED = 8;
/** What has come near its limit, and was not there before. */
const LIMIT_NEAR = 4;
const NEAR = 0.9;
/** With so few points before, they count half. */
const FEW_POINTS = 10;

/** Resources that are beyond what they usually are, or at their limit. */
export function metricFindings({ metrics, onset, windowSeconds }: Case): Finding[] {
  const end = onset + windowSeconds * 1000;
  const series = metrics.map((signal) => split(signal, onset, end));
  const usualSpread = spreads(series);
  return series.flatMap((item) => {
    const finding = findingOf(item, usualSpread.get(item.signal.metric) ?? 0);
    return finding ? [finding] : [];
  });
}

interface Series {
  readonly signal: MetricSignal;
  readonly before: readonly MetricPoint[];
  readonly inside: readonly MetricPoint[];
  /** The values before, in order. */
  readonly values: Float64Array;
}

function split(signal: MetricSignal, onset: number, end: number): Series {
  const points = signal.points.filter(({ time, value }) => Number.isFinite(value) && time < end);
  points.sort((a, b) => a.time - b.time);
  const before = points.filter(({ time }) => time < onset);
  const inside = points.filter(({ time }) => time >= onset);
  return { signal, before, inside, values: sorted(before.map(({ value }) => value)) };
}

/** By metric: how far its values usually lie apart for the middle entity. What is small beside that is no news, however still one was. */
function spreads(series: readonly Series[]): Map<string, number> {
  const lists = new Map<string, number[]>();
  for (const { signal, values } of series) {
    const spread = quantileOfSorted(values, 0.99) - quantileOfSorted(values, 0.01);
    if (!(spread > 0)) continue;
    const list = lists.get(signal.metric);
    if (list) list.push(spread);
    else lists.set(signal.metric, [spread]);
  }
  return new Map([...lists].map(([metric, list]) => [metric, median(list)]));
}

function findingOf({ signal, before, inside, values }: Series, usualSpread: number): Finding | null {
  if (inside.length === 0) return null;
  const { polarity, limit = null } = signal;
  const expected = before.length > 0 ? quantileOfSorted(values, 0.5) : null;
  const scale = scaleOf(values, signal.floor ?? usualSpread);
  const away = (value: number): number => {
    if (expected === null) return 0;
    const up = (value - expected) / scale;
    return polarity === "UP" ? up : polarity === "DOWN" ? -up : Math.abs(up);
  };
  // The larger of equals is the first.
  const worse = (value: number): number => (expected === null ? (polarity === "DOWN" ? -value : value) : away(value));
  const worst = inside.reduce((a, b) => (worse(b.value) > worse(a.value) ? b : a));
  const own: number[] = [];
  for (let at = 0; at + inside.length <= before.length; at += inside.length) {
    own.push(Math.max(0, ...before.slice(at, at + inside.length).map(({ value }) => away(value))));
  }
  const z = Math.max(calibrated(Math.max(0, away(worst.value)), own), atLimit(worst.value, limit, polarity, expected));
  if (!(z > 0)) return null;
  return {
    entity: keyOf(signal.entity),
    signal: "METRICS",
    source: "METRICS",
    metric: signal.metric,
    z,
    evidence: () => ({
      statement: statementOf(signal, worst.value, expected),
      query: signal.query,
      at: worst.time,
      value: worst.value,
      expected,
      pattern: null,
      traceIds: [],
    }),
  };
}

function scaleOf(values: Float64Array, usualSpread: number): number {
  const q = (share: number): number => quantileOfSorted(values, share);
  const own = Math.max(q(0.75) - q(0.25), (q(0.99) - q(0.01)) / 4, 0.05 * Math.abs(q(0.5)));
  return Math.max(own || 0, usualSpread, 1e-9) * Math.sqrt(1 + FEW_POINTS / Math.max(1, values.length));
}

function atLimit(
  value: number,
  limit: number | null,
  polarity: MetricSignal["polarity"],
  expected: number | null,
): number {
  if (limit === null || polarity === "BOTH") return 0;
  if (polarity === "DOWN") return value <= limit ? LIMIT_REACHED : 0;
  if (value >= limit) return LIMIT_REACHED;
  return expected !== null && limit > 0 && value >= NEAR * limit && expected < NEAR * limit ? LIMIT_NEAR : 0;
}

function statementOf({ metric, limit = null }: MetricSignal, value: number, expected: number | null): string {
  const usually = expected === null ? "what is usual is not known" : `usually ${figure(expected)}`;
  return `${metric} is ${figure(value)}; ${usually}${limit === null ? "" : `, its limit is ${figure(limit)}`}.`;
}
