import { describe, expect, it } from "vitest";
import { matcherProblem, matcherText, matchesEmpty, parseMatcher } from "./matcher.ts";

describe("A matcher", () => {
  it.each([
    [`severity="critical"`, { name: "severity", value: "critical", isRegex: false, isEqual: true }],
    [`severity!="critical"`, { name: "severity", value: "critical", isRegex: false, isEqual: false }],
    [`pod=~"api-.*"`, { name: "pod", value: "api-.*", isRegex: true, isEqual: true }],
    [`team !~ "a|b" `, { name: "team", value: "a|b", isRegex: true, isEqual: false }],
    [`team=a b`, { name: "team", value: "a b", isRegex: false, isEqual: true }],
    [`empty=`, { name: "empty", value: "", isRegex: false, isEqual: true }],
    [`note="a \\"b\\" \\\\ \\n c"`, { name: "note", value: 'a "b" \\ \n c', isRegex: false, isEqual: true }],
    [`pod=~"a\\.b\\d"`, { name: "pod", value: "a\\.b\\d", isRegex: true, isEqual: true }],
    [`"gpu.vendor"="x"`, { name: "gpu.vendor", value: "x", isRegex: false, isEqual: true }],
    [`größe="ü"`, { name: "größe", value: "ü", isRegex: false, isEqual: true }],
    [`a="x=~y"`, { name: "a", value: "x=~y", isRegex: false, isEqual: true }],
  ])("is read: %s", (text, matcher) => {
    expect(parseMatcher(text)).toEqual(matcher);
    expect(parseMatcher(matcherText(matcher))).toEqual(matcher);
  });

  it.each([
    "",
    "nonsense",
    `="x"`,
    `""="x"`,
    `a="x`,
    `a="x"y"`,
    `{a="b"}`,
    `a=~"("`,
    `a=~"[z-a]"`,
    `a=~"\\p{L}"`,
    `a="${"x".repeat(2000)}"`,
  ])("is refused with a reason: %s", (text) => {
    expect(matcherProblem(text)).toEqual(expect.any(String));
    expect(() => parseMatcher(text)).toThrow(expect.objectContaining({ code: "INVALID_MATCHER" }));
  });

  it.each([
    [`a=""`, true],
    [`a="x"`, false],
    [`a!="x"`, true],
    [`a!=""`, false],
    [`a=~".*"`, true],
    [`a=~".+"`, false],
    [`a!~".+"`, true],
    [`a!~"x?"`, false],
  ])("selects what lacks its label, or does not: %s", (text, expected) => {
    expect(matchesEmpty(parseMatcher(text))).toBe(expected);
  });
});
