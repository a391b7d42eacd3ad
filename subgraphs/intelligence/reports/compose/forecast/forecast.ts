import type { Point } from "../../model/chart.ts";
import type { DaysToFull, Forecast } from "../../model/forecast.ts";
import { median, quantile } from "./statistics.ts";
import { type Sample, type Trend, trendOf } from "./trend.ts";

const DAY_MS = 86_400_000;
const LEAST_POINTS = 24;
const LEAST_DAYS = 1;
/** Points that are compared with all others are so many at most; more are made into medians of neighbours. */
const MOST_COMPARED = 120;
/** Hours of the day that are told apart. */
const MOST_SEASONS = 24;
const SEASONAL_DAYS = 2;
const SHARE_LOW = 0.05;
const SHARE_HIGH = 0.95;
const MOST_DRAWN = 60;

export type Outlook = Pick<Forecast, "status" | "reason" | "level" | "perDay" | "daysToFull" | "points"> & {
  /** What is expected after the last point, and between which values: at 90 %. */
  readonly expected: readonly (readonly [time: number, low: number, value: number, high: number])[];
};

/**
 * When a share in use reaches its limit, by the line through what was measured.
 * @param end what days are counted from: the end of the range
 * @param horizon how many days after it `expected` goes
 */
export function outlookOf(points: readonly Point[], end: number, horizon: number, limit = 1): Outlook {
  const known = points.filter((point): point is readonly [number, number] => Number.isFinite(point[1] ?? Number.NaN));
  const reason = tooLittle(known);
  const trend = reason === null ? trendOf(samplesOf(known, end)) : null;
  if (trend === null) return unknown(reason ?? "no two points can be compared", known.length);
  const line = new Line(trend);
  const drawn = {
    perDay: trend.slope,
    level: line.peak(0).value,
    points: known.length,
    expected: line.drawn(end, horizon),
    reason: null,
  };
  const last = known.slice(-3).map(([, value]) => value);
  if (median(last) >= limit) return { ...drawn, status: "FULL", daysToFull: { soonest: 0, expected: 0, latest: 0 } };
  if (trend.slope.low <= 0) return { ...drawn, status: "NOT_FILLING", daysToFull: null };
  return { ...drawn, status: "FILLING", daysToFull: line.daysTo(limit) };
}

const unknown = (reason: string, points: number): Outlook => ({
  status: "UNKNOWN",
  reason,
  level: null,
  perDay: null,
  daysToFull: null,
  points,
  expected: [],
});

function tooLittle(known: readonly (readonly [number, number])[]): string | null {
  const [first] = known;
  const last = known.at(-1);
  if (!first || !last) return "nothing was measured";
  if (known.length < LEAST_POINTS) return `only ${known.length} of at least ${LEAST_POINTS} points were measured`;
  const days = (last[0] - first[0]) / DAY_MS;
  return days < LEAST_DAYS ? `only ${(days * 24).toFixed(1)} hours were measured, and it takes a day` : null;
}

/** With the hour of the day for a season where there are days enough to know it from; thinned where there are not. */
function samplesOf(known: readonly (readonly [number, number])[], end: number): Sample[] {
  const day = (time: number): number => (time - end) / DAY_MS;
  const [first = [end, 0]] = known;
  const last = known.at(-1) ?? first;
  const days = (last[0] - first[0]) / DAY_MS;
  const each = (days * MOST_SEASONS) / known.length;
  if (days >= SEASONAL_DAYS && known.length / days >= 3) {
    // A season is no shorter than the points are apart, so that each has its points.
    const seasons = Math.min(MOST_SEASONS, Math.max(1, Math.floor(MOST_SEASONS / Math.max(1, each))));
    return thinned(known, Math.max(MOST_COMPARED, Math.ceil(days * seasons))).map(([time, value]) => ({
      day: day(time),
      value,
      season: Math.floor(((time % DAY_MS) / DAY_MS) * seasons),
    }));
  }
  return thinned(known, MOST_COMPARED).map(([time, value]) => ({ day: day(time), value, season: 0 }));
}

function thinned(known: readonly (readonly [number, number])[], most: number): readonly (readonly [number, number])[] {
  if (known.length <= most) return known;
  return Array.from({ length: most }, (_, turn) => {
    const part = known.slice(Math.floor((turn * known.length) / most), Math.floor(((turn + 1) * known.length) / most));
    return [median(part.map(([time]) => time)), median(part.map(([, value]) => value))] as const;
  });
}

/** What is expected on a day, counted from the end of the range. */
class Line {
  readonly #trend: Trend;
  readonly #below: number;
  readonly #above: number;
  readonly #peak: number;

  constructor(trend: Trend) {
    this.#trend = trend;
    this.#below = quantile(trend.residuals, SHARE_LOW) ?? 0;
    this.#above = quantile(trend.residuals, SHARE_HIGH) ?? 0;
    this.#peak = Math.max(0, ...trend.seasons.values());
  }

  /** At the day's peak. The band is as wide as what was measured lay off the line, and opens with what the slope lies between. */
  peak(day: number): { low: number; value: number; high: number } {
    const { slope, level, middle } = this.#trend;
    const away = day - middle;
    const base = level + this.#peak;
    return {
      low: base + slope.low * away + this.#below,
      value: base + slope.value * away,
      high: base + slope.high * away + this.#above,
    };
  }

  daysTo(limit: number): DaysToFull {
    const { slope } = this.#trend;
    const now = this.peak(0);
    const days = (value: number, perDay: number): number => Math.max(0, (limit - value) / perDay);
    const latest = days(now.low, slope.low);
    return {
      soonest: days(now.high, slope.high),
      expected: days(now.value, slope.value),
      // Beyond some years it says no more than that it is far away.
      latest: latest > 3650 ? null : latest,
    };
  }

  drawn(end: number, horizon: number): Outlook["expected"] {
    const turns = Math.min(MOST_DRAWN, Math.max(2, Math.ceil(horizon)));
    return Array.from({ length: turns + 1 }, (_, turn) => {
      const day = (turn * horizon) / turns;
      const { low, value, high } = this.peak(day);
      return [end + day * DAY_MS, low, value, high] as const;
    });
  }
}
