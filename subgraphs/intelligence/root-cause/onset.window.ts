import type { MetricSignal } from "./core/index.ts";

/** When it may have begun: not before the one, and by the other it showed. Milliseconds. */
export interface OnsetBounds {
  earliest: number;
  latest: number;
}

const STEP_MS = 60_000;
/** Usual deviations from which on a point is none by chance. */
const CLEAR = 5;
/** The few that stand out most say when it began. */
const DECISIVE = 5;
const LEAST_HISTORY = 10;

/**
 * When the series that stand out most began to: a guess that is late makes trouble look usual. Where none does, a step before it showed.
 */
export function refinedOnset(signals: readonly MetricSignal[], { earliest, latest }: OnsetBounds): number {
  const begun = signals
    .flatMap((signal) => firstDeviation(signal, earliest, latest) ?? [])
    .sort((a, b) => b.height - a.height)
    .slice(0, DECISIVE)
    .map(({ time }) => time);
  return Math.max(earliest, Math.min(latest, ...begun) - STEP_MS);
}

function firstDeviation(
  { points, polarity, floor }: MetricSignal,
  earliest: number,
  latest: number,
): { time: number; height: number } | null {
  const before = points.filter(({ time }) => time < earliest).map(({ value }) => value);
  if (before.length < LEAST_HISTORY) return null;
  before.sort((a, b) => a - b);
  const quantile = (q: number): number => before[Math.round((before.length - 1) * q)] ?? 0;
  const usual = quantile(0.5);
  const scale = Math.max(
    quantile(0.75) - quantile(0.25),
    (quantile(0.99) - quantile(0.01)) / 4,
    0.05 * Math.abs(usual),
    (floor ?? 0) / CLEAR,
    1e-6,
  );
  const height = (value: number): number => {
    const off = (value - usual) / scale;
    return polarity === "UP" ? off : polarity === "DOWN" ? -off : Math.abs(off);
  };
  const within = points.filter(({ time }) => time >= earliest && time <= latest + STEP_MS);
  // One point is noise; the last one may be the first of many.
  const first = within.find(
    ({ value }, at) => height(value) >= CLEAR && height(within[at + 1]?.value ?? value) >= CLEAR,
  );
  if (!first) return null;
  return { time: first.time, height: Math.max(...within.map(({ value }) => height(value))) };
}
