import { Forecast } from "./forecast.ts";
import { OrderedWindow } from "./ordered-window.ts";
import { Subspace } from "./subspace.ts";

/** A fortnight and more at a point every 5 minutes. */
export const MEMORY = 5000;
const DISPERSION_POINTS = 6;
const [SHORT, LONG] = [0.1, 0.01];
const [LOW, HIGH] = [0.01, 0.99];
/** Smaller differences are those of floating point. */
const NOISE = 1e-9;
/** The model sees values in units of the usual spread, and no further out than this: one spike must not be all that it learns. */
const FARTHEST = 10;
const SPREADS_OF_NORMAL = 3.3;

/**
 * season: from what is usual at this time of day; level: from the median; range: beyond all but the most extreme values; dispersion:
 * how badly it could be forecast of late; shift: the short-run mean from the long-run one; model: what a learned model can't explain.
 */
export type StatisticName = "season" | "level" | "range" | "dispersion" | "shift" | "model";

/** How far a point is from what a statistic expects. */
export interface Distance {
  name: StatisticName;
  distance: number;
  /** What is compared: the value itself, or one made from the last values. */
  subject: number;
  /** At a distance d, what is expected goes from `low` - d * `unit` to `high` + d * `unit`. */
  low: number;
  high: number;
  unit: number;
}

/** The statistics of a series. Each looks at a point before it learns from it. */
export class Statistics {
  readonly #forecast: Forecast;
  readonly #model: Subspace | null;
  readonly #past = new OrderedWindow(MEMORY);
  readonly #residuals = new OrderedWindow(DISPERSION_POINTS);
  #short = 0;
  #long = 0;

  constructor(options: { stepSeconds: number; learns: boolean }) {
    this.#forecast = new Forecast(options.stepSeconds);
    this.#model = options.learns ? new Subspace() : null;
  }

  /** What no value is expected below: 0 where there was none. */
  get floor(): number {
    return this.#past.at(0) >= 0 ? 0 : Number.NEGATIVE_INFINITY;
  }

  /** Without those that can't tell yet. */
  look(time: number, value: number): Distance[] {
    if (this.#past.size === 0) this.#short = this.#long = value;
    const { next, season } = this.#forecast.step(time, value);
    const median = this.#usual(0.5, value);
    const distances = [
      around("level", value, median),
      this.#range(value),
      this.#dispersion(value, next),
      this.#shift(value),
    ];
    if (season !== null) distances.push(around("season", value, season));
    if (this.#model) distances.push(this.#unexplained(this.#model, value, median));
    this.#past.add(value);
    return distances;
  }

  /** A quantile of the past: the first value is its own. */
  #usual(q: number, value: number): number {
    return this.#past.size > 0 ? this.#past.quantile(q) : value;
  }

  #range(value: number): Distance {
    const [low, high] = [this.#usual(LOW, value), this.#usual(HIGH, value)];
    // Of a past without a range, its level is the measure.
    const unit = high - low || Math.abs(high) || 1;
    return { name: "range", distance: Math.max(0, value - high, low - value) / unit, subject: value, low, high, unit };
  }

  #dispersion(value: number, next: number): Distance {
    this.#residuals.add(Math.abs(value - next));
    const distance = this.#residuals.quantile(0.5);
    return { name: "dispersion", distance, subject: distance, low: next, high: next, unit: 1 };
  }

  #shift(value: number): Distance {
    this.#short += SHORT * (value - this.#short);
    this.#long += LONG * (value - this.#long);
    return around("shift", this.#short, this.#long);
  }

  #unexplained(model: Subspace, value: number, median: number): Distance {
    const spread = (this.#usual(0.95, value) - this.#usual(0.05, value)) / SPREADS_OF_NORMAL;
    const unit = spread || Math.abs(median) || 1;
    const scaled = Math.min(FARTHEST, Math.max(-FARTHEST, (value - median) / unit));
    const distance = model.distance(scaled);
    return { name: "model", distance, subject: distance, low: median, high: median, unit };
  }
}

function around(name: StatisticName, subject: number, expected: number): Distance {
  const apart = Math.abs(subject - expected);
  const isNoise = apart <= NOISE * Math.max(Math.abs(subject), Math.abs(expected));
  return { name, distance: isNoise ? 0 : apart, subject, low: expected, high: expected, unit: 1 };
}
