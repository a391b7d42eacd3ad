import { type ScaleLinear, type ScaleTime, scaleLinear, scaleUtc } from "d3-scale";
import type { Unit } from "../../model/report.ts";
import { formatted } from "../format.ts";
import { element, type Palette, text, WIDTH } from "./svg.ts";

/** Room for the numbers of marks. */
export const TOP = 18;
export const LEFT = 58;
export const RIGHT = 14;
export const PLOT = 200;

export interface Axes {
  readonly x: ScaleTime<number, number>;
  readonly y: ScaleLinear<number, number>;
}

/** Scales over all of it. A share of something begins at 0, so that a small change looks small. */
export function axesOf(times: readonly number[], values: readonly number[], unit: Unit): Axes {
  const [start, end] = extent(times);
  const [low, high] = extent(values);
  const from = unit === "RATIO" || unit === "PERCENT" || low >= 0 ? Math.min(0, low) : low;
  return {
    x: scaleUtc([new Date(start), new Date(end === start ? start + 1 : end)], [LEFT, WIDTH - RIGHT]),
    y: scaleLinear([from, high === from ? from + 1 : high], [TOP + PLOT, TOP]).nice(5),
  };
}

function extent(values: readonly number[]): [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low > high ? [0, 1] : [low, high];
}

export function drawnAxes({ x, y }: Axes, unit: Unit, palette: Palette): string[] {
  const [start = new Date(0), end = start] = x.domain();
  const days = (end.getTime() - start.getTime()) / 86_400_000;
  const rows = y.ticks(5).map((value) => {
    const at = y(value);
    const line = { x1: LEFT, x2: WIDTH - RIGHT, y1: at, y2: at, stroke: palette.grid, "stroke-width": 1 };
    const label = { x: LEFT - 8, y: at + 4, "text-anchor": "end", fill: palette.muted };
    return element("line", line) + text(formatted(value, unit), label);
  });
  const columns = x.ticks(6).map((time) => {
    const at = x(time);
    const tick = { x1: at, x2: at, y1: TOP + PLOT, y2: TOP + PLOT + 4, stroke: palette.muted, "stroke-width": 1 };
    const label = { x: at, y: TOP + PLOT + 18, "text-anchor": anchor(at), fill: palette.muted };
    return element("line", tick) + text(tickLabel(time, days), label);
  });
  return [...rows, ...columns];
}

/** A label at an end stays within the picture. */
const anchor = (at: number): string => (at > WIDTH - RIGHT - 24 ? "end" : "middle");

const tickLabel = (time: Date, days: number): string => {
  const instant = time.toISOString();
  if (days <= 1.5) return instant.slice(11, 16);
  return days <= 4 ? `${instant.slice(5, 10)} ${instant.slice(11, 16)}` : instant.slice(5, 10);
};
