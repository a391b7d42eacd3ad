import { parseValue } from "../../../promql/literals.ts";
import type { MetricPayload } from "../../shared/kernel/bus/payloads.ts";
import { labelKey } from "../../shared/kernel/label-key.ts";
import type { Series } from "../../shared/upstreams/prometheus/schema.ts";

export interface Thresholds {
  above: number | null;
  below: number | null;
  changePercent: number | null;
}

/** What was last told of a series: its value, and which threshold it was over. */
export interface Told {
  value: string;
  breach: MetricPayload["breach"];
}
export type ToldSeries = Record<string, Told>;

export type News = Pick<MetricPayload, "labels" | "value" | "previous" | "breach" | "reason">;

/**
 * What of a look at a watched metric is worth telling, and what is then told of. A series' first value is told only where it is
 * over a threshold; one that is gone is forgotten. What does not fit into `most` is left for the next look.
 */
export function newsOf(
  thresholds: Thresholds,
  series: readonly Series[],
  told: ToldSeries,
  most: number,
): { news: News[]; told: ToldSeries } {
  const news: News[] = [];
  const now: ToldSeries = {};
  for (const { metric: labels, values } of series) {
    const value = values.at(-1)?.[1];
    if (value === undefined) continue;
    const key = labelKey(labels);
    const before = told[key];
    const breach = breachOf(thresholds, parseValue(value));
    const reason = reasonToTell(thresholds, before, { value, breach });
    if (reason && news.length >= most) {
      if (before) now[key] = before;
      continue;
    }
    if (reason) news.push({ labels, value, previous: before?.value ?? null, breach, reason });
    now[key] = reason || !before ? { value, breach } : before;
  }
  return { news, told: now };
}

const breachOf = ({ above, below }: Thresholds, value: number): Told["breach"] => {
  if (above !== null && value > above) return "ABOVE";
  return below !== null && value < below ? "BELOW" : null;
};

function reasonToTell({ changePercent }: Thresholds, before: Told | undefined, now: Told): News["reason"] | null {
  if (now.breach !== (before?.breach ?? null)) return now.breach === null ? "BACK" : "THRESHOLD";
  if (!before || changePercent === null) return null;
  return hasMoved(parseValue(before.value), parseValue(now.value), changePercent) ? "CHANGE" : null;
}

/** From nothing (0, NaN, an infinity) to something else is a change of any size. */
function hasMoved(from: number, to: number, percent: number): boolean {
  if (Object.is(from, to)) return false;
  if (!Number.isFinite(from) || !Number.isFinite(to) || from === 0) return from !== to;
  return (Math.abs(to - from) / Math.abs(from)) * 100 >= percent;
}
