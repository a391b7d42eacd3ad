import { describe, expect, it } from "vitest";
import type { Target } from "../../shared/fleet/directory.ts";
import { ReorderWindow, type TailLine } from "./reorder.window.ts";

const line = (nanos: number, text = String(nanos), cluster = "a"): TailLine => ({
  target: { id: cluster, name: cluster } as Target,
  labels: {},
  stream: "0",
  row: [String(nanos), text],
});
const told = (window: ReorderWindow, now: number): string[] =>
  window.due(now).map(({ line: { row }, late }) => `${row[1]}${late ? " late" : ""}`);

describe("ReorderWindow", () => {
  it("lets a line through once it has waited, and with it all that were written before", () => {
    const window = new ReorderWindow({ waitMs: 100, most: 10 });
    window.add(line(30), 0);
    window.add(line(10), 50);
    window.add(line(20), 60);
    window.add(line(40), 70);
    expect(told(window, 99)).toEqual([]);
    expect(told(window, 100)).toEqual(["10", "20", "30"]);
    expect(told(window, 169)).toEqual([]);
    expect(told(window, 170)).toEqual(["40"]);
    expect(window.size).toBe(0);
  });

  it("orders lines of one time by cluster, and keeps a stream's own order", () => {
    const window = new ReorderWindow({ waitMs: 100, most: 10 });
    window.add(line(10, "b 1", "b"), 0);
    window.add(line(10, "a 1"), 0);
    window.add(line(10, "a 2"), 0);
    window.add(line(9, "a 0"), 0);
    expect(told(window, 100)).toEqual(["a 0", "a 1", "a 2", "b 1"]);
  });

  it("flags what comes after later lines were let through, and holds it no longer", () => {
    const window = new ReorderWindow({ waitMs: 100, most: 10 });
    window.add(line(20), 0);
    expect(told(window, 100)).toEqual(["20"]);
    window.add(line(10), 110);
    window.add(line(20, "same"), 110);
    window.add(line(30), 110);
    expect(window.size).toBe(3);
    expect(told(window, 111)).toEqual(["10 late"]);
    expect(told(window, 210)).toEqual(["same", "30"]);
  });

  it("holds so many at most, and lets the first through early", () => {
    const window = new ReorderWindow({ waitMs: 100, most: 3 });
    for (let nanos = 50; nanos > 0; nanos -= 1) window.add(line(nanos), 0);
    expect(told(window, 1)).toEqual(Array.from({ length: 47 }, (_, at) => String(at + 1)));
    expect(window.size).toBe(3);
    window.add(line(47, "another"), 1);
    expect(told(window, 1)).toEqual(["another"]);
  });

  it("gives everything in order that comes within its time, whatever the order it comes in", () => {
    const window = new ReorderWindow({ waitMs: 100, most: 10_000 });
    const times = Array.from({ length: 2000 }, (_, at) => at + 1);
    const arrivals = times
      .map((nanos) => ({ nanos, at: nanos + Math.floor(Math.random() * 100) }))
      .sort((a, b) => a.at - b.at);
    const all: string[] = [];
    for (const { nanos, at } of arrivals) {
      window.add(line(nanos), at);
      all.push(...told(window, at));
    }
    all.push(...told(window, 1e9));
    expect(all).toEqual(times.map(String));
  });
});
