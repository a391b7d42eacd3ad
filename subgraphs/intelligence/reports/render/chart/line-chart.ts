import { line } from "d3-shape";
import type { LineChart, Mark, Point } from "../../model/chart.ts";
import { type Axes, axesOf, drawnAxes, LEFT, PLOT, TOP } from "./axes.ts";
import { downsampled } from "./downsample.ts";
import { drawing, element, fitting, type Palette, text, WIDTH, WIDTH_OF_A_LETTER } from "./svg.ts";

const MOST_SERIES = 8;
const MOST_MARKS = 12;

/** Lines over time, with marks for what happened meanwhile. */
export function drawnLines({ title, unit, series, marks }: LineChart, palette: Palette): string {
  const shown = series.slice(0, MOST_SERIES).map((each) => ({ ...each, points: downsampled(each.points) }));
  const noted = marks.toSorted((a, b) => a.at - b.at).slice(0, MOST_MARKS);
  const points = shown.flatMap((each) => each.points);
  const axes = axesOf(
    [...points.map(([time]) => time), ...noted.map(({ at }) => at)],
    points.flatMap(([, value]) => (value === null ? [] : [value])),
    unit,
  );
  const legend = drawnLegend(
    [
      ...shown.map(({ name }, i) => ({ name, stroke: colour(palette, i), number: null })),
      ...noted.map(({ label, tone }, i) => ({ name: label, stroke: colourOf(tone, palette), number: i + 1 })),
    ],
    palette,
  );
  return drawing(
    title,
    TOP + PLOT + 30 + legend.height,
    ...drawnAxes(axes, unit, palette),
    ...drawnMarks(noted, axes, palette),
    ...shown.map((each, i) => drawnSeries(each.points, axes, colour(palette, i))),
    ...legend.elements,
  );
}

const colour = (palette: Palette, i: number): string => palette.series[i % palette.series.length] ?? palette.ink;

export function drawnSeries(points: readonly Point[], { x, y }: Axes, stroke: string): string {
  const path = line<Point>()
    .defined(([, value]) => value !== null)
    .x(([time]) => x(time))
    .y(([, value]) => y(value ?? 0))
    .digits(2);
  return element("path", {
    d: path(points) ?? "",
    fill: "none",
    stroke,
    "stroke-width": 1.6,
    "stroke-linejoin": "round",
    "stroke-linecap": "round",
  });
}

/** A rule for each mark, and above it its number: neighbours share a label, since they would write over each other. */
function drawnMarks(marks: readonly Mark[], { x }: Axes, palette: Palette): string[] {
  const groups: { from: number; to: number; left: number; stroke: string }[] = [];
  const rules = marks.map(({ at, tone }, i) => {
    const left = x(at);
    const stroke = colourOf(tone, palette);
    const last = groups.at(-1);
    if (last && left - last.left < 16) last.to = i + 1;
    else groups.push({ from: i + 1, to: i + 1, left, stroke });
    return rule(left, stroke);
  });
  const numbers = groups.map(({ from, to, left, stroke }) =>
    text(from === to ? String(from) : `${from}–${to}`, { x: left, y: TOP - 5, "text-anchor": "middle", fill: stroke }),
  );
  return [...rules, ...numbers];
}

export const rule = (left: number, stroke: string): string =>
  element("line", {
    x1: left,
    x2: left,
    y1: TOP,
    y2: TOP + PLOT,
    stroke,
    "stroke-width": 1,
    "stroke-dasharray": "3 3",
  });

const colourOf = (tone: Mark["tone"], palette: Palette): string =>
  tone === "BAD" ? palette.bad : tone === "WATCH" ? palette.watch : palette.muted;

interface LegendEntry {
  readonly name: string;
  readonly stroke: string;
  /** Of a mark. */
  readonly number: number | null;
}

/** What each line is, and each mark's number, in as many rows as it takes. */
function drawnLegend(entries: readonly LegendEntry[], palette: Palette): { height: number; elements: string[] } {
  let left = LEFT;
  let row = 0;
  const elements = entries.flatMap(({ name, stroke, number }) => {
    const label = fitting(name, 260);
    const width = label.length * WIDTH_OF_A_LETTER + 34;
    if (left + width > WIDTH && left > LEFT) {
      left = LEFT;
      row += 1;
    }
    const y = TOP + PLOT + 38 + row * 16;
    const key =
      number === null
        ? element("line", { x1: left, x2: left + 14, y1: y - 4, y2: y - 4, stroke, "stroke-width": 3 })
        : text(String(number), { x: left + 14, y, "text-anchor": "end", fill: stroke });
    const parts = [key, text(label, { x: left + 20, y, fill: number === null ? palette.ink : stroke })];
    left += width;
    return parts;
  });
  return { height: entries.length === 0 ? 0 : 16 * (row + 1), elements };
}
