import { scaleLinear } from "d3-scale";
import type { BarChart } from "../../model/chart.ts";
import { formatted } from "../format.ts";
import { drawing, element, fitting, type Palette, text, WIDTH } from "./svg.ts";

const MOST_BARS = 20;
const ROW = 22;
const LABELS = 190;
const VALUES = 90;

/** Bars from the left, each with its value. */
export function drawnBars({ title, unit, bars }: BarChart, palette: Palette): string {
  const shown = bars.slice(0, MOST_BARS);
  const most = shown.reduce((high, { value }) => Math.max(high, value), 0);
  const length = scaleLinear([0, most || 1], [0, WIDTH - LABELS - VALUES]);
  const rows = shown.flatMap(({ label, value }, i) => {
    const top = 6 + i * ROW;
    return [
      text(fitting(label, LABELS - 14), { x: LABELS - 10, y: top + 13, "text-anchor": "end", fill: palette.ink }),
      element("rect", {
        x: LABELS,
        y: top + 2,
        width: Math.max(1, length(Math.max(0, value))),
        height: ROW - 8,
        rx: 2,
        fill: palette.series[0] ?? palette.ink,
      }),
      text(formatted(value, unit), { x: LABELS + length(Math.max(0, value)) + 8, y: top + 13, fill: palette.muted }),
    ];
  });
  return drawing(title, 12 + Math.max(1, shown.length) * ROW, ...rows);
}
