import { describe, expect, it } from "vitest";
import { normalTraceId } from "./trace-id.filter.ts";

describe("normalTraceId", () => {
  it.each([
    ["a1", "000000000000000000000000000000a1"],
    ["DDA1494C73CF256D", "0000000000000000dda1494c73cf256d"],
    [" 830c71c2cdcc69292f45e678309d6b79 ", "830c71c2cdcc69292f45e678309d6b79"],
  ])("makes %j %s", (given, expected) => expect(normalTraceId(given)).toBe(expected));

  it.each(["", "0", "0".repeat(32), "xyz", "a b", "a".repeat(33), "../a", "g1"])("refuses %j", (given) => {
    expect(() => normalTraceId(given)).toThrow(expect.objectContaining({ code: "INVALID_TRACE_ID" }));
  });
});
