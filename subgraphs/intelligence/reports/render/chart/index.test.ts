import { describe, expect, it } from "vitest";
import type { Chart, Point } from "../../model/chart.ts";
import { BY_STYLE, drawn, PAPER } from "./index.ts";

const base = { title: "CPU", unit: "RATIO", note: null, query: "Q1" } as const;
const hour = (i: number): number => Date.parse("2026-11-22T00:00:00Z") + i * 3_600_000;
const points = (count: number, value: (i: number) => number | null): Point[] =>
  Array.from({ length: count }, (_, i) => [hour(i), value(i)]);
const lines = (series: readonly Point[], name = "hub"): Chart => ({
  ...base,
  kind: "LINES",
  series: [{ name, points: series }],
  marks: [],
});
const texts = (svg: string): string[] => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text = ""]) => text);

describe("a chart", () => {
  it("has axes that can be read: shares from 0, and hours of a day", () => {
    const said = texts(drawn(lines(points(25, (i) => 0.4 + i / 100)), PAPER));
    expect(said).toContain("0 %");
    expect(said).toContain("60 %");
    expect(said).toContain("12:00");
    expect(said.at(-1)).toBe("hub");
    expect(texts(drawn(lines(points(240, () => 0.5)), PAPER))).toContain("11-25");
  });

  it("is drawn of one point, of none, and of equal ones", () => {
    for (const series of [points(1, () => 0.5), [], points(9, () => 0), points(9, () => null)]) {
      expect(drawn(lines(series), PAPER)).not.toMatch(/NaN|Infinity|undefined/);
    }
    expect(drawn({ ...base, kind: "BARS", bars: [] }, PAPER)).not.toMatch(/NaN|undefined/);
    const forecast = { ...base, kind: "FORECAST", measured: [], expected: [], limit: 1 } as const;
    expect(drawn(forecast, PAPER)).not.toMatch(/NaN|undefined/);
  });

  it("breaks its line where nothing is known", () => {
    const path = /<path d="([^"]*)"/.exec(drawn(lines(points(9, (i) => (i === 4 ? null : 0.5))), PAPER))?.[1] ?? "";
    expect(path.match(/M/g)).toHaveLength(2);
  });

  it("has no more lines, bars and marks than can be told apart", () => {
    const series = Array.from({ length: 30 }, (_, i) => ({ name: `c${i}`, points: points(5, () => i) }));
    const marks = Array.from({ length: 30 }, (_, i) => ({ at: hour(i), label: "x", tone: "BAD" as const }));
    const chart = drawn({ ...base, kind: "LINES", series, marks }, PAPER);
    expect(chart.match(/<path/g)).toHaveLength(8);
    expect(chart.match(/stroke-dasharray/g)).toHaveLength(12);
    const bars = Array.from({ length: 30 }, (_, i) => ({ label: `b${i}`, value: i }));
    expect(drawn({ ...base, kind: "BARS", bars }, PAPER).match(/<rect/g)).toHaveLength(20);
  });

  it("escapes names, and cuts those that are too long", () => {
    const chart = drawn(
      lines(
        points(5, () => 1),
        `<b onload="x">&${"w".repeat(100)}`,
      ),
      BY_STYLE,
    );
    expect(chart).toContain("&lt;b onload=&quot;x&quot;&gt;&amp;www");
    expect(chart).not.toContain("w".repeat(60));
    expect(chart).not.toContain("<b ");
  });
});
