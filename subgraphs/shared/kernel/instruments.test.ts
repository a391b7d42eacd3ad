import { Registry } from "prom-client";
import { describe, expect, it } from "vitest";
import { counter, gauge, gaugeValue } from "./instruments.ts";

describe("What a process counts", () => {
  it("is one metric under one name, however many parts count under it", async () => {
    const registry = new Registry();
    for (const label of ["a", "a", "b"]) counter(registry, "calls_total", "Calls.", ["of"]).inc({ of: label });
    expect(await registry.metrics()).toContain('calls_total{of="a"} 2\ncalls_total{of="b"} 1');
  });

  it("is what there is when it is asked: what went away is gone, and what cannot be told has no value", async () => {
    const registry = new Registry();
    let states: [{ state: string }, number][] = [
      [{ state: "open" }, 2],
      [{ state: "closed" }, 3],
    ];
    let database: Promise<number> = Promise.resolve(7);
    gauge(registry, "breakers", "Breakers.", ["state"], () => states);
    gauge(registry, "rows", "Rows.", [], async () => [[{}, await database]] as const);
    expect(await registry.metrics()).toContain('breakers{state="open"} 2\nbreakers{state="closed"} 3');
    expect(await gaugeValue(registry, "breakers")).toBe(5);
    expect(await gaugeValue(registry, "breakers", { state: "open" })).toBe(2);
    expect(await gaugeValue(registry, "rows")).toBe(7);
    states = [[{ state: "closed" }, 5]];
    database = Promise.reject(new Error("away"));
    const text = await registry.metrics();
    expect(text).toContain('breakers{state="closed"} 5');
    expect(text).not.toMatch(/open|^rows \d/m);
    expect(await gaugeValue(registry, "rows")).toBeNull();
    expect(await gaugeValue(registry, "nothing of this name")).toBeNull();
  });
});
