import { expect, it } from "vitest";
import { aroundBegin } from "./alert.window.ts";

const startsAt = new Date("2026-01-01T12:00:00Z");
const minutes = (count: number): Date => new Date(startsAt.getTime() + count * 60_000);

it("is as long before an alert began as after, and never beyond now", () => {
  expect(aroundBegin({ startsAt }, "5m", minutes(60))).toEqual({ start: minutes(-5), end: minutes(5) });
  expect(aroundBegin({ startsAt }, "5m", minutes(2))).toEqual({ start: minutes(-5), end: minutes(2) });
  // By a clock that is ahead of ours.
  expect(aroundBegin({ startsAt }, "5m", minutes(-1))).toEqual({ start: minutes(-5), end: minutes(0) });
  expect(() => aroundBegin({ startsAt }, "5x", minutes(60))).toThrow(
    expect.objectContaining({ code: "INVALID_DURATION" }),
  );
});
