import { area, line } from "d3-shape";
import type { ForecastChart } from "../../model/chart.ts";
import { axesOf, drawnAxes, LEFT, PLOT, RIGHT, TOP } from "./axes.ts";
import { downsampled } from "./downsample.ts";
import { drawnSeries, rule } from "./line-chart.ts";
import { drawing, element, type Palette, text, WIDTH } from "./svg.ts";

/** What was measured, what is expected in which band, and the limit. */
export function drawnForecast({ title, unit, measured, expected, limit }: ForecastChart, palette: Palette): string {
  const points = downsampled(measured);
  const axes = axesOf(
    [...points.map(([time]) => time), ...expected.map(([time]) => time)],
    [limit, ...points.flatMap(([, value]) => (value === null ? [] : [value]))],
    unit,
  );
  const { x, y } = axes;
  // A band may leave what there is: it is shown up to where the axes end.
  const [floor = 0, ceiling = 1] = y.domain();
  const within = (value: number): number => y(Math.min(ceiling, Math.max(floor, value)));
  const [blue = palette.ink, orange = palette.ink] = palette.series;
  const band = area<ForecastChart["expected"][number]>()
    .x(([time]) => x(time))
    .y0(([, low]) => within(low))
    .y1(([, , , high]) => within(high))
    .digits(2);
  const middle = line<ForecastChart["expected"][number]>()
    .x(([time]) => x(time))
    .y(([, , value]) => within(value))
    .digits(2);
  const [now] = expected;
  return drawing(
    title,
    TOP + PLOT + 26,
    ...drawnAxes(axes, unit, palette),
    element("path", { d: band(expected) ?? "", fill: orange, "fill-opacity": 0.16, stroke: "none" }),
    element("line", {
      x1: LEFT,
      x2: WIDTH - RIGHT,
      y1: within(limit),
      y2: within(limit),
      stroke: palette.bad,
      "stroke-width": 1.2,
    }),
    text("full", { x: LEFT + 4, y: within(limit) - 4, fill: palette.bad, "font-size": 10 }),
    ...(now
      ? [rule(x(now[0]), palette.muted), text("forecast", { x: x(now[0]) + 4, y: TOP - 5, fill: palette.muted })]
      : []),
    drawnSeries(points, axes, blue),
    element("path", {
      d: middle(expected) ?? "",
      fill: "none",
      stroke: orange,
      "stroke-width": 1.6,
      "stroke-dasharray": "5 3",
    }),
  );
}
