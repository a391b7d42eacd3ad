import { describe, expect, it } from "vitest";
import { span } from "../../../test/support/spans.ts";
import type { Target } from "../../shared/fleet/directory.ts";
import type { Outcome } from "../../shared/kernel/outcome.ts";
import type { TraceResult, TraceSummary } from "../../shared/upstreams/tempo/schema.ts";
import { type FoundPart, fromAnswers, groupParts, toTrace, worstFirst } from "./traces.mapper.ts";

const target = (id: string): Target => ({ id, name: id }) as Target;
const ms = (value: number): bigint => BigInt(value) * 1_000_000n;
const summary = (traceId: string, start: number, more: Partial<TraceSummary> = {}): TraceSummary => ({
  traceId,
  rootService: "web",
  rootOperation: "GET /",
  start: ms(start),
  durationMs: 10,
  services: null,
  ...more,
});
const part = (cluster: string, found: TraceSummary): FoundPart => ({ target: target(cluster), summary: found });
const unread = () => Promise.reject(new Error("not to be read"));

describe("traces of several clusters", () => {
  it("are newest first, ties by id, and one where they are parts of one", () => {
    const found = groupParts([
      part("a", summary("t3", 5)),
      part("a", summary("t1", 7)),
      part("b", summary("t2", 7)),
      part("b", summary("t1", 6)),
      part("b", summary("t4", 9)),
    ]);
    expect(found.map((parts) => parts.map((each) => `${each.summary.traceId} ${each.target.id}`))).toEqual([
      ["t4 b"],
      ["t2 b"],
      ["t1 a", "t1 b"],
      ["t3 a"],
    ]);
  });

  it("tell of the cluster that has the root, and last from the first begin to the last end", () => {
    const early = part("a", summary("t", 5, { rootService: null, rootOperation: null, durationMs: 3 }));
    const root = part("b", summary("t", 6, { durationMs: 20, services: { web: { spans: 3, errors: 1 } } }));
    expect(toTrace([early, root], unread)).toMatchObject({
      traceId: "t",
      clusterId: "b",
      clusters: [{ id: "a" }, { id: "b" }],
      rootService: "web",
      startTime: new Date(5),
      durationMs: 21,
      // The same spans may be in both.
      counts: null,
    });
    expect(toTrace([early], unread)).toMatchObject({ clusterId: "a", rootService: null, counts: null });
  });

  it("tell how many spans they have where the search does", () => {
    const services = { web: { spans: 3, errors: 0 }, db: { spans: 2, errors: 1 } };
    expect(toTrace([part("a", summary("t", 5, { services }))], unread).counts).toEqual({
      spans: 5,
      services: 2,
      errors: 1,
    });
  });

  it("are read once, however often they are looked at", async () => {
    let reads = 0;
    const trace = toTrace([part("a", summary("t", 5))], () => {
      reads += 1;
      return Promise.resolve({ spans: [], truncated: false, root: null, start: 0, outcomes: [] });
    });
    await Promise.all([trace.whole(), trace.whole()]);
    await trace.whole();
    expect(reads).toBe(1);
  });
});

it("puts traces with an error first, then the slowest, each once", () => {
  const [a, b, c, d] = [
    ["a", 5],
    ["b", 50],
    ["c", 500],
    ["d", 500],
  ].map(([id, durationMs]) => summary(String(id), 1, { durationMs: Number(durationMs) })) as [
    TraceSummary,
    TraceSummary,
    TraceSummary,
    TraceSummary,
  ];
  expect(worstFirst([a, b], [d, b, c]).map(({ traceId }) => traceId)).toEqual(["b", "a", "c", "d"]);
});

describe("a trace that is put together from clusters' answers", () => {
  const answered = (value: Partial<TraceResult>): Outcome<TraceResult> => ({
    status: "SUCCESS",
    startedAt: new Date(0),
    durationMs: 1,
    value: { spans: [], warnings: [], bytes: 9, ...value },
  });

  it("is none where no cluster has a span of it", () => {
    expect(fromAnswers("t", [{ target: target("a"), outcome: answered({}) }])).toBeNull();
  });

  it("has all their spans, and how each answered", async () => {
    const trace = fromAnswers("t", [
      { target: target("a"), outcome: answered({}) },
      { target: target("b"), outcome: answered({ spans: [span(2, 1, 5, 30)], warnings: ["too large"] }) },
      { target: target("c"), outcome: answered({ spans: [span(1, 0, 0, 20)] }) },
    ]);
    expect(trace).toMatchObject({
      clusterId: "c",
      clusters: [{ id: "b" }, { id: "c" }],
      rootService: "service-1",
      rootOperation: "op-1",
      durationMs: 30,
    });
    const whole = await trace?.whole();
    expect(whole?.spans.map(({ clusterId }) => clusterId)).toEqual(["c", "b"]);
    expect(whole?.outcomes.map(({ status, rows, bytes }) => [status, rows, bytes])).toEqual([
      ["SUCCESS", 0, 9],
      ["PARTIAL", 1, 9],
      ["SUCCESS", 1, 9],
    ]);
  });
});
