import { describe, expect, it } from "vitest";
import { type AskedRange, alignedWindow, durationSeconds, timeRange } from "./time-range.ts";

describe("durationSeconds", () => {
  it.each([
    ["90s", 90],
    ["1m", 60],
    ["2h", 7200],
    ["7d", 604_800],
    ["1w", 604_800],
    ["007s", 7],
  ])("%s is %d s", (text, seconds) => expect(durationSeconds(text, "step")).toBe(seconds));

  it.each([
    "",
    "0s",
    "0w",
    "5",
    "m",
    "-5m",
    "1.5h",
    "1h30m",
    " 5m",
    "5m ",
    "5m\n",
    "5M",
    "1y",
    "1ms",
    "99999999999999999999w",
  ])("refuses %j, naming the field", (text) => {
    expect(() => durationSeconds(text, "step")).toThrow(
      expect.objectContaining({
        code: "INVALID_DURATION",
        message: expect.stringContaining("step must be a positive duration"),
        details: { field: "step", rule: "^([0-9]+)([smhdw])$" },
      }),
    );
  });
});

describe("alignedWindow", () => {
  const at = (seconds: number): Date => new Date(seconds * 1000);

  it.each<[string, [number, number, number], [number, number]]>([
    ["stays on the grid", [600, 1200, 60], [600, 1200]],
    ["floors both ends", [659.999, 1201.5, 60], [600, 1200]],
    ["does not mind a step that does not divide the range", [100, 1000, 70], [70, 980]],
    ["makes one point of an instant", [61, 61, 60], [60, 60]],
    ["makes one point of a range shorter than the step", [3, 50, 60], [0, 0]],
  ])("%s", (_, [start, end, step], [from, to]) => {
    expect(alignedWindow(at(start), at(end), step)).toEqual({ start: from, end: to, step });
  });

  it("refuses an end before the start, also within one step", () => {
    expect(() => alignedWindow(at(2), at(1), 60)).toThrow(expect.objectContaining({ code: "INVALID_TIME_RANGE" }));
  });
});

describe("timeRange", () => {
  const now = new Date("2026-03-29T12:00:00.123Z");
  const at = (time: string): Date => new Date(`2026-03-29T${time}Z`);

  it.each<[string, AskedRange | null | undefined, string, string]>([
    ["nothing", undefined, "11:00:00.123", "12:00:00.123"],
    ["null", null, "11:00:00.123", "12:00:00.123"],
    ["nothing but nulls", { start: null, end: null, duration: null }, "11:00:00.123", "12:00:00.123"],
    ["a duration", { duration: "30m" }, "11:30:00.123", "12:00:00.123"],
    ["a start", { start: at("04:00:00") }, "04:00:00", "12:00:00.123"],
    ["an end", { end: at("04:00:00") }, "03:00:00", "04:00:00"],
    ["both", { start: at("04:00:00"), end: at("05:30:00") }, "04:00:00", "05:30:00"],
    ["an instant", { start: at("04:00:00"), end: at("04:00:00") }, "04:00:00", "04:00:00"],
    ["a duration from a start", { start: at("04:00:00"), duration: "90s" }, "04:00:00", "04:01:30"],
    ["a duration up to an end", { end: at("04:00:00"), duration: "2h" }, "02:00:00", "04:00:00"],
  ])("of %s", (_, asked, start, end) => {
    expect(timeRange(asked, now)).toEqual({ start: at(start), end: at(end) });
  });

  it.each<[string, AskedRange, string, string]>([
    ["all three", { start: at("04:00:00"), end: at("05:00:00"), duration: "1h" }, "INVALID_TIME_RANGE", "duration"],
    ["an end before the start", { start: at("05:00:00"), end: at("04:59:59.999") }, "INVALID_TIME_RANGE", "end"],
    ["a start after now", { start: at("12:00:01") }, "INVALID_TIME_RANGE", "end"],
    ["no duration", { duration: "" }, "INVALID_DURATION", "duration"],
    ["a duration of two units", { duration: "1h30m" }, "INVALID_DURATION", "duration"],
    ["a duration of nothing", { duration: "0s" }, "INVALID_DURATION", "duration"],
    ["a duration beyond all dates", { duration: "9007199254740991s" }, "INVALID_DURATION", "duration"],
  ])("is refused for %s", (_, asked, code, field) => {
    expect(() => timeRange(asked, now)).toThrow(
      expect.objectContaining({ code, details: expect.objectContaining({ field }) }),
    );
  });
});
