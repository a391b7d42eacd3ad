import { describe, expect, it } from "vitest";
import { labelTest, parseLabelSelector } from "./label-selector.ts";

describe("labelTest", () => {
  const labels = { app: "web", tier: "gold", empty: "" };

  it.each<[string, boolean]>([
    ["", true],
    ["app", true],
    ["!app", false],
    ["other", false],
    ["!other", true],
    ["app=web", true],
    ["app==api", false],
    ["app!=api", true],
    ["app!=web", false],
    ["other!=web", true],
    ["other=", false],
    ["empty=", true],
    ["tier in (silver,gold)", true],
    ["tier in (silver)", false],
    ["tier notin (silver)", true],
    ["tier notin (gold)", false],
    ["other in (gold)", false],
    ["other notin (gold)", true],
    ["app=web,tier in (gold),!other", true],
    ["app=web,tier=silver", false],
    ["toString", false],
    ["constructor!=x", true],
  ])("of %j", (selector, selected) => expect(labelTest(selector)(labels)).toBe(selected));

  it("refuses before it tests", () => {
    expect(() => labelTest("a==b==c")).toThrow(/Not a Kubernetes label selector at "a==b==c"/);
    expect(() => parseLabelSelector("x".repeat(5000))).toThrow(/longer than 4096/);
  });
});
