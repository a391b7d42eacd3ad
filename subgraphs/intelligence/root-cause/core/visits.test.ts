import { describe, expect, it } from "vitest";
import { framesOf } from "./frames.ts";
import type { SpanSignal } from "./model.ts";
import { visitsOf } from "./visits.ts";

const frames = framesOf({ onset: 0, windowSeconds: 60, history: [] });

const span = (
  spanId: string,
  parentId: string | null,
  service: string,
  [start, durationMs]: [number, number],
  operation = "GET /",
): SpanSignal => ({
  traceId: "t",
  spanId,
  parentId,
  entity: { kind: "SERVICE", namespace: "shop", name: service },
  operation,
  start,
  durationMs,
  error: false,
});

/** The front calls the orders (30 ms of 40 on the way included), and both the database and the mail at once. */
const TRACE = [
  span("front", null, "front", [0, 100]),
  span("call", "front", "front", [10, 40], "HTTP GET"),
  span("orders", "call", "orders", [15, 30], "/orders/17"),
  span("query", "orders", "orders", [20, 10], "SELECT"),
  span("mail", "front", "mail", [60, 20]),
  span("stock", "front", "stock", [70, 20]),
];

describe("visits", () => {
  const { all, operations, ofSpan } = visitsOf(TRACE, frames);
  const visit = (name: string) => all.find(({ entity }) => entity.endsWith(name));

  it("are one for each entity that a request goes through", () => {
    expect(all.map(({ entity }) => entity)).toEqual(
      ["front", "orders", "mail", "stock"].map((name) => `SERVICE/shop/${name}`),
    );
    expect(ofSpan("query")).toBe(visit("orders"));
    expect(visit("orders")?.parent).toBe(visit("front"));
  });

  it("know what they took themselves: others waited for at once count once", () => {
    // 100 less the call of 40, and less 60 to 90.
    expect(visit("front")?.selfMs).toBe(30);
    expect(visit("orders")?.selfMs).toBe(30);
  });

  it("know what was lost on the way, where the caller's side was recorded", () => {
    expect(visit("orders")?.gapMs).toBe(10);
    expect([visit("mail")?.gapMs, visit("front")?.gapMs]).toEqual([null, null]);
  });

  it("are of operations without their numbers", () => {
    expect(operations.names[visit("orders")?.operation ?? -1]).toBe("/orders/#");
  });

  it("are the same in any order of the spans", () => {
    const again = visitsOf(TRACE.toReversed(), frames).all;
    expect(again.map(({ entity, selfMs, gapMs }) => ({ entity, selfMs, gapMs })).toSorted(byEntity)).toEqual(
      all.map(({ entity, selfMs, gapMs }) => ({ entity, selfMs, gapMs })).toSorted(byEntity),
    );
  });
});

const byEntity = (a: { entity: string }, b: { entity: string }): number => (a.entity < b.entity ? -1 : 1);

describe("spans that make no sense", () => {
  it("end: circles, parents of other traces, and deep chains", () => {
    const circle = [span("a", "b", "x", [0, 1]), span("b", "a", "y", [0, 1]), span("c", "c", "z", [0, 1])];
    expect(visitsOf(circle, frames).all.length).toBe(3);
    const chain = Array.from({ length: 5_000 }, (_, at) => span(`${at + 1}`, `${at}`, `s${at % 2}`, [0, 1]));
    expect(visitsOf(chain.toReversed(), frames).all.length).toBeGreaterThan(0);
    const foreign = { ...span("d", "front", "x", [0, 1]), traceId: "other" };
    expect(visitsOf([...TRACE, foreign], frames).all.at(-1)?.parent).toBeNull();
  });
});
