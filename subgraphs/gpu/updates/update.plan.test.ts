import { describe, expect, it } from "vitest";
import type { Collection, ToldDevice } from "./told.mapper.ts";
import { planUpdate } from "./update.plan.ts";

const NOW = new Date("2026-11-23T04:00:00Z");
const later = (hours: number): Date => new Date(NOW.getTime() + hours * 3_600_000);

const device = (given: Partial<ToldDevice> = {}): ToldDevice => ({
  node: "n",
  index: 0,
  name: "NVIDIA H200",
  missingSince: null,
  utilization: 50,
  memoryUsed: 1000,
  memoryTotal: 100_000,
  temperature: 60,
  power: 300,
  pods: ["ml/p"],
  pids: null,
  ...given,
});
const other = device({ index: 1 });
const changed = (last: Collection | null, seen: Collection, now = NOW) =>
  Object.fromEntries(planUpdate(last, seen, now, true).changed);

describe("what is told of a device", () => {
  it("is nothing when it is collected for the first time", () => {
    const { collection, changed: told } = planUpdate(null, { a: device() }, NOW, true);
    expect([collection, told.size]).toEqual([{ a: device() }, 0]);
  });

  it.each<[string, Partial<ToldDevice>, Partial<ToldDevice>, boolean]>([
    ["utilisation by 9 points", {}, { utilization: 59 }, false],
    ["utilisation by 10 points", {}, { utilization: 40 }, true],
    ["utilisation from unknown", { utilization: null }, { utilization: 0 }, true],
    ["utilisation to unknown", {}, { utilization: null }, true],
    ["memory by less than 5 % of all", {}, { memoryUsed: 5999 }, false],
    ["memory by 5 % of all", {}, { memoryUsed: 6000 }, true],
    ["temperature by 4 degrees", {}, { temperature: 64 }, false],
    ["temperature by 5 degrees", {}, { temperature: 55 }, true],
    ["power by less than 10 %", {}, { power: 329 }, false],
    ["power by 10 %", {}, { power: 330 }, true],
    ["another pod", {}, { pods: ["ml/q"] }, true],
    ["no pod any more", {}, { pods: [] }, true],
    ["processes, when they are first known", {}, { pids: [7] }, false],
    ["another process", { pids: [7] }, { pids: [8] }, true],
    ["processes that are not known this time", { pids: [7] }, { pids: null }, false],
    ["another node", {}, { node: "m" }, true],
  ])("is a change of %s, or not", (_, before, after, tells) => {
    expect(changed({ a: device(before) }, { a: device(after) })).toEqual(tells ? { [after.node ?? "n"]: ["a"] } : {});
  });

  it("is slow change too: it is compared with what was last told", () => {
    let kept: Collection = { a: device() };
    const told = [53, 56, 59, 62, 65].map((utilization) => {
      const update = planUpdate(kept, { a: device({ utilization }) }, NOW, true);
      kept = update.collection;
      return update.changed.size;
    });
    expect(told).toEqual([0, 0, 0, 1, 0]);
  });

  it("is one event a node, with all its devices that changed", () => {
    const last = { a: device(), b: other, c: device({ node: "m" }), d: device({ node: "m" }) };
    const seen = { ...last, a: device({ power: 0 }), b: device({ power: 1 }), c: device({ node: "m", power: 2 }) };
    expect(changed(last, seen)).toEqual({ n: ["a", "b"], m: ["c"] });
  });
});

describe("a device", () => {
  it("that appears is told", () => {
    expect(changed({ b: other }, { a: device(), b: other })).toEqual({ n: ["a"] });
  });

  it("that is gone while others of its node are seen is missing: told once, and nothing of it is known", () => {
    const gone = planUpdate({ a: device({ pids: [7] }), b: other }, { b: other }, NOW, true);
    expect(Object.fromEntries(gone.changed)).toEqual({ n: ["a"] });
    expect(gone.collection["a"]).toMatchObject({
      missingSince: NOW.toISOString(),
      utilization: null,
      memoryUsed: null,
      temperature: null,
      power: null,
      pods: [],
      pids: null,
    });
    expect(changed(gone.collection, { b: other }, later(1))).toEqual({});
    expect(changed(gone.collection, { a: device(), b: other }, later(1))).toEqual({ n: ["a"] });
  });

  it("of a node that nobody tells of is as it was, until it is forgotten after a day", () => {
    const last = { a: device(), c: device({ node: "m" }) };
    const seen = { c: device({ node: "m" }) };
    const first = planUpdate(last, seen, NOW, true);
    expect(first.collection["a"]).toEqual({ ...device(), unseenSince: NOW.toISOString() });
    expect([first.changed.size, first.differs]).toEqual([0, true]);
    expect(planUpdate(first.collection, seen, later(23), true).differs).toBe(false);
    const forgotten = planUpdate(first.collection, seen, later(25), true);
    expect([Object.keys(forgotten.collection), forgotten.changed.size, forgotten.differs]).toEqual([["c"], 0, true]);
    expect(planUpdate(first.collection, last, later(1), true)).toMatchObject({ collection: last, differs: true });
  });

  it("that only nvidia-smi sees is not missing where that was not run", () => {
    const only = device({ onlySmi: true });
    const last = { a: only, b: other };
    expect(planUpdate(last, { b: other }, NOW, false)).toMatchObject({ collection: last, differs: false });
    expect(Object.fromEntries(planUpdate(last, { b: other }, NOW, true).changed)).toEqual({ n: ["a"] });
  });

  it("that is missing for a day is forgotten", () => {
    const { collection } = planUpdate({ a: device(), b: other }, { b: other }, NOW, true);
    expect(Object.keys(planUpdate(collection, { b: other }, later(23), true).collection)).toEqual(["b", "a"]);
    expect(Object.keys(planUpdate(collection, { b: other }, later(25), true).collection)).toEqual(["b"]);
  });
});
