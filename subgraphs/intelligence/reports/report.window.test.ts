import { describe, expect, it } from "vitest";
import { keptSeconds, reportRange, scheduledSeconds } from "./report.window.ts";

const NOW = new Date("2026-11-23T12:00:00Z");
const hours = ({ start, end }: { start: Date; end: Date }): number => (end.getTime() - start.getTime()) / 3_600_000;

describe("the time that a report is over", () => {
  it("is the last day, or the last week where a trend is looked for", () => {
    expect(reportRange("EXECUTIVE_SUMMARY", null, NOW)).toEqual({ start: new Date("2026-11-22T12:00:00Z"), end: NOW });
    expect(hours(reportRange("CAPACITY_PLAN", {}, NOW))).toBe(168);
    expect(scheduledSeconds("CAPACITY_PLAN", null)).toBe(7 * 86_400);
  });

  it("is what is given, and the rest follows", () => {
    const end = new Date("2026-11-20T00:00:00Z");
    const start = new Date("2026-11-19T00:00:00Z");
    expect(reportRange("EXECUTIVE_SUMMARY", { end }, NOW)).toEqual({ start, end });
    expect(reportRange("EXECUTIVE_SUMMARY", { start }, NOW)).toEqual({ start, end: NOW });
    expect(hours(reportRange("EXECUTIVE_SUMMARY", { start, duration: "2h" }, NOW))).toBe(2);
    expect(hours(reportRange("EXECUTIVE_SUMMARY", { start, end }, NOW))).toBe(24);
  });

  it("is five minutes to 92 days", () => {
    for (const duration of ["4m", "93d"]) {
      expect(() => reportRange("EXECUTIVE_SUMMARY", { duration }, NOW)).toThrow("5 minutes to 92 days");
      expect(() => scheduledSeconds("EXECUTIVE_SUMMARY", duration)).toThrow("5 minutes to 92 days");
    }
  });

  it("has an end of its keeping, too", () => {
    expect(keptSeconds("30d")).toBe(30 * 86_400);
    for (const kept of ["59m", "366d"]) expect(() => keptSeconds(kept)).toThrow("expiresIn must be 1h to 365d");
  });
});
