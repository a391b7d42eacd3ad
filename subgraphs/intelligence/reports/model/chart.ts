import type { Unit } from "./report.ts";

/** Time in milliseconds since the epoch, and the value; null is a hole. */
export type Point = readonly [time: number, value: number | null];

export interface ChartSeries {
  readonly name: string;
  readonly points: readonly Point[];
}

export interface Mark {
  readonly at: number;
  readonly label: string;
  readonly tone: "WATCH" | "BAD" | "NEUTRAL";
}

interface Drawn {
  readonly title: string;
  readonly unit: Unit;
  readonly note: string | null;
  /** Id of the query in the provenance. */
  readonly query: string;
}

export interface LineChart extends Drawn {
  readonly kind: "LINES";
  readonly series: readonly ChartSeries[];
  readonly marks: readonly Mark[];
}

export interface BarChart extends Drawn {
  readonly kind: "BARS";
  readonly bars: readonly { readonly label: string; readonly value: number }[];
}

export interface ForecastChart extends Drawn {
  readonly kind: "FORECAST";
  readonly measured: readonly Point[];
  /** What is expected, and the band that it is expected in. */
  readonly expected: readonly (readonly [time: number, low: number, value: number, high: number])[];
  readonly limit: number;
}

export type Chart = LineChart | BarChart | ForecastChart;
