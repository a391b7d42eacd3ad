import { describe, expect, it } from "vitest";
import { cronProblem, nextRun } from "./schedule.window.ts";

describe("when a schedule runs", () => {
  it.each([
    ["0 7 * * MON", "Europe/Berlin"],
    ["*/15 * * * *", "UTC"],
    ["0,50 9 * * *", "UTC"],
    ["30 6 L * *", "Asia/Kolkata"],
    ["0 12 29 2 *", "UTC"],
  ])("takes %s in %s", (cron, timeZone) => {
    expect(cronProblem(cron, timeZone)).toBeNull();
  });

  it.each([
    ["* * * * *", /more often than every 15 minutes/],
    ["*/10 * * * *", /more often/],
    ["0,14 9 * * *", /more often/],
    // From an hour's last to the next hour's first.
    ["0,50 * * * *", /more often/],
    ["0,50 23,0 * * *", /more often/],
    ["0 0 7 * * MON", /five fields/],
    ["0 7 * *", /five fields/],
    ["@daily", /five fields/],
    ["H 7 * * *", /five fields/],
    ["0 7 * * *; DROP TABLE reports", /five fields/],
    ["", /five fields/],
    ["60 7 * * *", /syntax of cron/],
    ["0 7 * * FUN", /syntax of cron/],
    ["0 7 30 2 *", /time that comes/],
  ])("refuses %s", (cron, reason) => {
    expect(cronProblem(cron, "UTC")).toMatchObject({ field: "cron", message: expect.stringMatching(reason) });
  });

  it("refuses what is no time zone", () => {
    for (const timeZone of ["Mars/Olympus", "", "UTC; x"]) {
      expect(cronProblem("0 7 * * *", timeZone)).toMatchObject({ field: "timeZone" });
    }
  });

  it("follows the clocks of its time zone", () => {
    const winter = new Date("2026-01-10T00:00:00Z");
    const summer = new Date("2026-07-10T00:00:00Z");
    expect(nextRun("0 7 * * *", "Europe/Berlin", winter).toISOString()).toBe("2026-01-10T06:00:00.000Z");
    expect(nextRun("0 7 * * *", "Europe/Berlin", summer).toISOString()).toBe("2026-07-10T05:00:00.000Z");
    expect(nextRun("30 6 * * MON", "Asia/Kolkata", winter).toISOString()).toBe("2026-01-12T01:00:00.000Z");
  });

  it("is after the time that is given, and never at it", () => {
    const at = new Date("2026-01-10T07:00:00Z");
    expect(nextRun("0 7 * * *", "UTC", at).toISOString()).toBe("2026-01-11T07:00:00.000Z");
  });
});
