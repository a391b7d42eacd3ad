import { describe, expect, it } from "vitest";
import { alignedWindow, durationSeconds } from "./time-range.ts";

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
