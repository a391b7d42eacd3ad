import { describe, expect, it } from "vitest";
import { type AskedWindow, evaluation, isClosed, patienceMs, pointsOf } from "./metrics.window.ts";

const NOW = new Date("2026-03-01T12:34:56.789Z");
const seconds = (text: string): number => Date.parse(text) / 1000;
const asked = (given: Partial<AskedWindow> = {}): AskedWindow => ({ step: "1m", ...given });

describe("evaluation", () => {
  it.each<[string, Partial<AskedWindow>, object]>([
    ["the last hour", {}, { start: seconds("2026-03-01T11:34:00Z"), end: seconds("2026-03-01T12:34:00Z"), step: 60 }],
    [
      "the last hour for what GraphQL has as null",
      { time: null, startTime: null, endTime: null },
      { start: seconds("2026-03-01T11:34:00Z"), end: seconds("2026-03-01T12:34:00Z"), step: 60 },
    ],
    [
      "until now, from a start",
      { startTime: new Date("2026-03-01T00:00:01Z"), step: "5m" },
      { start: seconds("2026-03-01T00:00:00Z"), end: seconds("2026-03-01T12:30:00Z"), step: 300 },
    ],
    [
      "the hour before an end",
      { endTime: new Date("2026-01-01T06:00:00Z") },
      { start: seconds("2026-01-01T05:00:00Z"), end: seconds("2026-01-01T06:00:00Z"), step: 60 },
    ],
    ["an instant, to the millisecond, whatever the step", { time: new Date(1500), step: "nonsense" }, { at: 1.5 }],
    ["the instant zero", { time: new Date(0) }, { at: 0 }],
  ])("is %s", (_, given, expected) => expect(evaluation(asked(given), NOW)).toEqual(expected));

  it.each<[string, Partial<AskedWindow>]>([
    ["INVALID_TIME_RANGE", { time: NOW, startTime: NOW }],
    ["INVALID_TIME_RANGE", { time: NOW, endTime: NOW }],
    ["INVALID_TIME_RANGE", { startTime: new Date(2000), endTime: new Date(1000) }],
    ["INVALID_TIME_RANGE", { startTime: new Date(NOW.getTime() + 1) }],
    ["INVALID_DURATION", { step: "0s" }],
    ["INVALID_DURATION", { step: "1.5m" }],
  ])("refuses with %s: %j", (code, given) => {
    expect(() => evaluation(asked(given), NOW)).toThrow(expect.objectContaining({ code }));
  });

  it("allows as many points as Prometheus does, and not one more", () => {
    const range = (points: number) =>
      asked({ startTime: new Date(0), endTime: new Date((points - 1) * 1000), step: "1s" });
    expect(evaluation(range(11_000), NOW)).toEqual({ start: 0, end: 10_999, step: 1 });
    expect(() => evaluation(range(11_001), NOW)).toThrow(
      expect.objectContaining({
        code: "TOO_MANY_POINTS",
        message: "11001 points a series, and at most 11000 are answered. Use a step of 2s or more.",
        details: expect.objectContaining({ field: "step", points: 11_001 }),
      }),
    );
  });

  it("advises a step that is then accepted, and the shortest such", () => {
    for (let n = 1; n <= 200; n += 1) {
      const range = { startTime: new Date(n * 7919), endTime: new Date(n * 7919 + n * 104_729_001 + 11_000_000) };
      let advice = "";
      try {
        evaluation(asked({ ...range, step: "1s" }), NOW);
      } catch (error) {
        advice = /Use a step of (\d+s) or more/.exec((error as Error).message)?.[1] ?? "";
      }
      expect(advice).toMatch(/^\d+s$/);
      expect(() => evaluation(asked({ ...range, step: advice }), NOW)).not.toThrow();
    }
  });
});

describe("a window", () => {
  const now = new Date(10_000_000);
  it("is closed ten minutes after its end", () => {
    expect([isClosed({ at: 9400 }, now), isClosed({ at: 9401 }, now)]).toEqual([true, false]);
    expect(isClosed({ start: 0, end: 9400, step: 60 }, now)).toBe(true);
    expect(isClosed({ start: 0, end: 9460, step: 60 }, now)).toBe(false);
  });

  it("has a point for each step, and its start", () => {
    expect([pointsOf({ at: 1 }), pointsOf({ start: 0, end: 120, step: 60 })]).toEqual([1, 3]);
  });
});

describe("a cluster's patience", () => {
  it("lies within the whole's time, with some to spare for putting the answers together", () => {
    expect([patienceMs(2, 0), patienceMs(30, 0), patienceMs(300, 0)]).toEqual([1900, 29_500, 299_500]);
  });

  it("is shorter for one that is asked later, and never none", () => {
    expect([patienceMs(2, 500), patienceMs(2, 5000)]).toEqual([1400, 1]);
  });
});
