import { describe, expect, it } from "vitest";
import { traceqlProblem } from "../../shared/upstreams/traceql/syntax.ts";
import { type AskedTraces, boundsAround, searchPlan, subjectPlans, timeBounds } from "./traces.plan.ts";

const NOW = new Date("2026-03-01T12:00:00.500Z");
const seconds = (text: string): number => Date.parse(text) / 1000;
const NEWEST = "\nwith (most_recent=true)";

describe("searchPlan", () => {
  it.each<[AskedTraces, string]>([
    [{}, "{ }"],
    [{ serviceName: "order-*" }, '{ resource.service.name =~ "^order-.*$" }'],
    [
      { serviceName: "shop", operationName: "GET /*", minDurationMs: 5, maxDurationMs: 90 },
      '{ resource.service.name = "shop" && name = "GET /*" && trace:duration >= 5ms && trace:duration <= 90ms }',
    ],
    [
      { tags: { "http.status_code": "500", "resource.k8s.pod.name": "a" } },
      '{ (.http.status_code = "500" || .http.status_code = 500) && resource.k8s.pod.name = "a" }',
    ],
    [{ traceql: "{ .a } >> { .b }" }, "{ .a } >> { .b }"],
  ])("asks for %j by %s, newest first", (asked, expected) => {
    const { query } = searchPlan(asked, NOW);
    expect(query).toBe(`${expected}${NEWEST}`);
    expect(traceqlProblem(query)).toBeNull();
  });

  it("leaves a query with hints of its own as it is", () => {
    const traceql = "{ } with (most_recent=false)";
    expect(searchPlan({ traceql }, NOW).query).toBe(traceql);
  });

  it.each<[AskedTraces, boolean]>([
    [{ serviceName: "a", tags: { b: "c" } }, false],
    [{ traceql: "{ .a } || { .b }" }, false],
    [{ traceql: "{ .a } >> { .b }" }, true],
    [{ minDurationMs: 1 }, true],
  ])("says of %j whether spans of several clusters could meet it together: %j", (asked, noted) => {
    expect(searchPlan(asked, NOW).note !== null).toBe(noted);
  });

  it("asks for whole seconds that hold all that is meant", () => {
    const start = new Date("2026-03-01T11:59:59.900Z");
    expect(searchPlan({ startTime: start }, NOW)).toMatchObject({
      windows: [{ start: seconds("2026-03-01T11:59:59Z"), end: seconds("2026-03-01T12:00:01Z") }],
      start: new Date("2026-03-01T11:59:59Z"),
      end: new Date("2026-03-01T12:00:01Z"),
    });
    expect(searchPlan({}, NOW).windows).toEqual([
      { start: seconds("2026-03-01T11:00:00Z"), end: seconds("2026-03-01T12:00:01Z") },
    ]);
    // Tempo refuses an end that is no later than the start.
    const instant = new Date("2026-03-01T12:00:00Z");
    expect(timeBounds({ start: instant, end: instant })).toEqual({
      start: seconds("2026-03-01T12:00:00Z"),
      end: seconds("2026-03-01T12:00:01Z"),
    });
  });

  it("splits what Tempo 3.0 refuses at once into weeks, the newest first, without a gap", () => {
    const end = new Date("2026-03-01T00:00:00Z");
    const days = (count: number): AskedTraces => ({
      startTime: new Date(end.getTime() - count * 86_400_000),
      endTime: end,
    });
    expect(searchPlan(days(7), NOW).windows).toHaveLength(1);
    const { windows } = searchPlan(days(17), NOW);
    expect(windows.map((window) => (window.end - window.start) / 86_400)).toEqual([7, 7, 3]);
    expect(windows.map(({ start }, index) => start === (windows[index + 1]?.end ?? start))).toEqual([true, true, true]);
    expect(windows[0]?.end).toBe(end.getTime() / 1000);
    expect(searchPlan(days(56), NOW).windows).toHaveLength(8);
    expect(() => searchPlan(days(57), NOW)).toThrow(expect.objectContaining({ code: "INVALID_TIME_RANGE" }));
  });

  it("refuses an end before the start", () => {
    expect(() => searchPlan({ startTime: new Date(NOW.getTime() + 1) }, NOW)).toThrow(
      expect.objectContaining({ code: "INVALID_TIME_RANGE" }),
    );
  });
});

it("looks widely around what is known of a trace's time, and not before all time", () => {
  const at = (text: string): Date => new Date(`2026-03-01T${text}Z`);
  expect(boundsAround({ start: at("10:00:00.5"), end: at("10:00:01.5") })).toEqual({
    start: seconds("2026-03-01T09:00:00Z"),
    end: seconds("2026-03-01T11:00:02Z"),
  });
  expect(boundsAround({ start: new Date(0), end: new Date(0) })).toEqual({ start: 0, end: 3601 });
});

it("asks for the traces of a subject, and apart for those with an error", () => {
  const time = { start: new Date(1_000_000), end: new Date(2_000_000) };
  const plans = subjectPlans({ service: 'a"b', namespace: "ns", pod: null }, time);
  const subject = 'resource.service.name = "a\\"b" && resource.k8s.namespace.name = "ns"';
  expect([plans?.errors.query, plans?.all.query]).toEqual([
    `{ ${subject} && status = error }${NEWEST}`,
    `{ ${subject} }${NEWEST}`,
  ]);
  expect(plans?.all.windows).toEqual([{ start: 1000, end: 2000 }]);
  expect(subjectPlans({ service: "" }, time)).toBeNull();
});
