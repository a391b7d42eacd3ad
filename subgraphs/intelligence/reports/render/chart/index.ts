import type { Chart } from "../../model/chart.ts";
import { drawnBars } from "./bar-chart.ts";
import { drawnForecast } from "./forecast-chart.ts";
import { drawnLines } from "./line-chart.ts";
import type { Palette } from "./svg.ts";

export { BY_STYLE, PAPER } from "./svg.ts";

/** The chart as SVG, made of text and paths only. */
export function drawn(chart: Chart, palette: Palette): string {
  if (chart.kind === "LINES") return drawnLines(chart, palette);
  return chart.kind === "BARS" ? drawnBars(chart, palette) : drawnForecast(chart, palette);
}
