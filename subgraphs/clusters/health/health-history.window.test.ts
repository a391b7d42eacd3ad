import { describe, expect, it } from "vitest";
import { historyWindow, requireFewTogether } from "./health-history.window.ts";

const NOW = new Date("2026-03-29T12:00:40Z");
const unix = (text: string): number => Date.parse(text) / 1000;
const refusal = (code: string, details: object) =>
  expect.objectContaining({ code, details: expect.objectContaining(details) });

describe("historyWindow", () => {
  it("is the last hour on the step's grid", () => {
    expect(historyWindow(null, "1m", NOW)).toEqual({
      start: unix("2026-03-29T11:00:00Z"),
      end: unix("2026-03-29T12:00:00Z"),
      step: 60,
    });
  });

  it("may have all of the seven days by the minute", () => {
    const { start, end } = historyWindow({ duration: "7d" }, "1m", NOW);
    expect((end - start) / 60 + 1).toBe(10_081);
  });

  it("has 11,000 points at most, and says which step would do", () => {
    expect(historyWindow({ duration: "10999s" }, "1s", NOW)).toBeDefined();
    expect(() => historyWindow({ duration: "11000s" }, "1s", NOW)).toThrow(
      refusal("TOO_MANY_POINTS", { field: "step", points: 11_001 }),
    );
    expect(() => historyWindow({ duration: "7d" }, "30s", NOW)).toThrow("Use a step of 55s or more.");
    expect(historyWindow({ duration: "7d" }, "55s", NOW)).toBeDefined();
  });

  it.each([
    [{ duration: "1y" }, "1m", "INVALID_DURATION", "duration"],
    [{}, "0s", "INVALID_DURATION", "step"],
    [{ start: NOW, end: NOW, duration: "1h" }, "1m", "INVALID_TIME_RANGE", "duration"],
    [{ start: new Date(NOW.getTime() + 1) }, "1m", "INVALID_TIME_RANGE", "end"],
  ])("refuses %j by %s", (range, step, code, field) => {
    expect(() => historyWindow(range, step, NOW)).toThrow(refusal(code, { field }));
  });
});

describe("requireFewTogether", () => {
  it("refuses a page of clusters that would be too much together, and says which step would do", () => {
    const day = historyWindow({ duration: "1d" }, "1m", NOW);
    expect(() => requireFewTogether(day, 76)).not.toThrow();
    expect(() => requireFewTogether(day, 100)).toThrow(
      refusal("TOO_MANY_POINTS", { rule: expect.stringContaining("clusters <= 110000"), points: 144_100 }),
    );
    expect(() => requireFewTogether(day, 100)).toThrow(
      "of 100 clusters, and at most 110000 are answered. Use a step of 79s",
    );
    expect(() => requireFewTogether(historyWindow({ duration: "1d" }, "79s", NOW), 100)).not.toThrow();
  });
});
