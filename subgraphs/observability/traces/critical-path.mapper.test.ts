import { describe, expect, it } from "vitest";
import { span } from "../../../test/support/spans.ts";
import type { SpanKind, TempoSpan } from "../../shared/upstreams/tempo/otlp.ts";
import { criticalPath } from "./critical-path.mapper.ts";
import { mergeTrace } from "./trace.mapper.ts";

const TARGET = { id: "a", name: "a" };
const trace = (...spans: TempoSpan[]) => mergeTrace([{ target: TARGET, spans }]);
/** As "op-1 0-10": which span, and from when to when. */
const path = (...spans: TempoSpan[]): string[] =>
  criticalPath(trace(...spans)).map(
    ({ span: { operationName }, offsetMs, selfTimeMs }) => `${operationName} ${offsetMs}-${offsetMs + selfTimeMs}`,
  );

describe("criticalPath", () => {
  it("is the root alone where it has no children", () => expect(path(span(1, 0, 0, 10))).toEqual(["op-1 0-10"]));

  it("goes through children that wait for each other, and what is between them", () => {
    expect(path(span(1, 0, 0, 100), span(2, 1, 10, 40), span(3, 1, 50, 90), span(4, 3, 60, 80))).toEqual([
      "op-1 0-10",
      "op-2 10-40",
      "op-1 40-50",
      "op-3 50-60",
      "op-4 60-80",
      "op-3 80-90",
      "op-1 90-100",
    ]);
  });

  it("takes of those at once the one that ended last", () => {
    expect(path(span(1, 0, 0, 100), span(2, 1, 10, 60), span(3, 1, 10, 90), span(4, 1, 20, 30))).toEqual([
      "op-1 0-10",
      "op-3 10-90",
      "op-1 90-100",
    ]);
    expect(path(span(1, 0, 0, 100), span(2, 1, 0, 60), span(3, 1, 50, 100))).toEqual(["op-1 0-50", "op-3 50-100"]);
  });

  it("leaves out what outlives its parent or begins after it, since that was not waited for", () => {
    expect(path(span(1, 0, 0, 50), span(2, 1, 10, 20), span(3, 1, 30, 200), span(4, 1, 60, 70))).toEqual([
      "op-1 0-10",
      "op-2 10-20",
      "op-1 20-50",
    ]);
  });

  it("cuts a child that began before its parent", () => {
    expect(path(span(1, 0, 10, 50), span(2, 1, 0, 30))).toEqual(["op-2 10-30", "op-1 30-50"]);
  });

  it.each<[string, number]>([
    ["behind", -30],
    ["ahead", 70],
    ["a little ahead", 15],
  ])("puts the answering of a call inside the making, where the clock of one is %s", (_, shift) => {
    const call = { kind: "CLIENT" as SpanKind };
    const answer = { kind: "SERVER" as SpanKind };
    expect(
      path(
        span(1, 0, 0, 100),
        span(2, 1, 20, 80, call),
        span(3, 2, 30 + shift, 70 + shift, answer),
        span(4, 3, 40 + shift, 50 + shift),
      ),
    ).toEqual(["op-1 0-20", "op-2 20-30", "op-3 30-40", "op-4 40-50", "op-3 50-70", "op-2 70-80", "op-1 80-100"]);
  });

  it("passes over children that took no time", () => {
    expect(path(span(1, 0, 0, 10), span(2, 1, 5, 5))).toEqual(["op-1 0-10"]);
  });

  it("begins with the first orphan where there is no root, and is nothing of nothing", () => {
    expect(path(span(3, 2, 0, 10), span(4, 3, 2, 10))).toEqual(["op-3 0-2", "op-4 2-10"]);
    expect(path()).toEqual([]);
    expect(path(span(1, 0, 5, 5))).toEqual([]);
  });

  it("is as deep as the trace", () => {
    const deep = Array.from({ length: 5000 }, (_, index) => span(index + 1, index, index, 10_000 - index));
    const segments = criticalPath(trace(...deep));
    expect(segments).toHaveLength(9999);
    expect(segments[4999]).toMatchObject({ span: { operationName: "op-5000" }, selfTimeMs: 2 });
  });
});

/** Always the same numbers for a seed. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe.each(Array.from({ length: 200 }, (_, seed) => seed))("the critical path of any trace, such as %d", (seed) => {
  const next = random(seed);
  const kinds: SpanKind[] = ["INTERNAL", "CLIENT", "SERVER", "CONSUMER"];
  const spans = Array.from({ length: 1 + next(60) }, (_, index) => {
    const from = index === 0 ? 200 : next(700);
    const to = index === 0 ? 800 : from + next(400);
    return span(index + 1, index === 0 ? 0 : 1 + next(index), from, to, { kind: kinds[next(4)] ?? "INTERNAL" });
  });
  const merged = trace(...spans);
  const segments = criticalPath(merged);

  it("fills the root's time without gap or overlap", () => {
    expect(segments.reduce((sum, { selfTimeMs }) => sum + selfTimeMs, 0)).toBeCloseTo(600, 6);
    let at = merged.root?.offsetMs ?? 0;
    for (const { offsetMs, selfTimeMs } of segments) {
      expect(offsetMs).toBeCloseTo(at, 6);
      expect(selfTimeMs).toBeGreaterThan(0);
      at = offsetMs + selfTimeMs;
    }
  });

  it("gives no span more time than it took", () => {
    for (const [each, parts] of Map.groupBy(segments, (segment) => segment.span)) {
      expect(parts.reduce((sum, { selfTimeMs }) => sum + selfTimeMs, 0)).toBeLessThanOrEqual(each.durationMs + 1e-6);
    }
  });
});
