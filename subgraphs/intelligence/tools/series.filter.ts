import { downsampled } from "../reports/render/chart/downsample.ts";
import { type Row, tidy } from "./row.filter.ts";

/** A series of a cluster, as the graph answers it. */
export interface ToldSeries {
  cluster: string;
  labels: Readonly<Record<string, string>>;
  /** Seconds and value, in time order. */
  values: readonly (readonly [number, string])[];
}

/** Of a series that a model sees, and of all that are kept for who asks for more. */
const POINTS_SHOWN = 12;
const POINTS_KEPT = 5000;
const MOST_POINTS_KEPT = 120;
const MOST_TOP = 8;
const MOST_LOWEST = 3;

export interface ReducedSeries {
  /** The series, the highest first, with some of their points. */
  top: Row[];
  /** Where there are more: those that are lowest at the end. */
  lowest: Row[];
  /** All of them, with more points. */
  rows: Row[];
}

interface Measured {
  series: ToldSeries;
  last: number;
  rank: number;
}

/** A fleet's series as what they come down to: each one's figures, and few points in which no spike is lost. */
export function reducedSeries(all: readonly ToldSeries[]): ReducedSeries {
  const measured = all.map(measure).sort((a, b) => b.rank - a.rank);
  const kept = Math.min(MOST_POINTS_KEPT, Math.floor(POINTS_KEPT / Math.max(1, all.length)));
  const top = measured.slice(0, MOST_TOP);
  const rest = measured.slice(MOST_TOP).sort((a, b) => a.last - b.last);
  return {
    top: top.map(({ series }) => rowOf(series, POINTS_SHOWN)),
    lowest: rest.slice(0, MOST_LOWEST).map(({ series }) => rowOf(series, 0)),
    rows: measured.map(({ series }) => rowOf(series, kept)),
  };
}

function measure(series: ToldSeries): Measured {
  const known = numbersOf(series);
  return {
    series,
    last: known.at(-1) ?? Number.POSITIVE_INFINITY,
    rank: known.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY),
  };
}

const numbersOf = ({ values }: ToldSeries): number[] => values.map(([, text]) => Number(text)).filter(Number.isFinite);

/** One sample is its value; of more, what they come down to. What is no number (NaN, +Inf) is told as it is, and not counted. */
function rowOf({ cluster, labels, values }: ToldSeries, points: number): Row {
  const last = values.at(-1);
  const told = last && { value: tidy(Number(last[1])) ?? last[1], at: instant(last[0]) };
  if (values.length <= 1) return { cluster, labels, value: told?.value ?? null, at: told?.at ?? null };
  const known = values.flatMap(([time, text]) => {
    const value = Number(text);
    return Number.isFinite(value) ? [{ time, value }] : [];
  });
  const sum = known.reduce((total, { value }) => total + value, 0);
  const extreme = (better: (a: number, b: number) => boolean) =>
    known.reduce<{ time: number; value: number } | null>(
      (best, point) => (best === null || better(point.value, best.value) ? point : best),
      null,
    );
  const [min, max] = [extreme((a, b) => a < b), extreme((a, b) => a > b)];
  return {
    cluster,
    labels,
    last: told?.value ?? null,
    lastAt: told?.at ?? null,
    min: tidy(min?.value),
    max: tidy(max?.value),
    maxAt: max && instant(max.time),
    mean: known.length > 0 ? tidy(sum / known.length) : null,
    samples: values.length,
    ...(points >= 2 ? { points: sampled(known, points) } : {}),
  };
}

const sampled = (known: readonly { time: number; value: number }[], most: number) =>
  downsampled(
    known.map(({ time, value }) => [time, value] as const),
    most,
  ).map(([time, value]) => [instant(time), tidy(value)]);

/** Without milliseconds: no scrape is that exact, and each point has one. */
const instant = (seconds: number): string => new Date(Math.round(seconds) * 1000).toISOString().replace(/\.\d+Z$/, "Z");
