import { describe, expect, it } from "vitest";
import { pattern } from "./pattern.ts";

const NAMES = [
  "",
  "a",
  "aa",
  "ab",
  "b",
  "prod-eu-1",
  "prod-us-2",
  "prod",
  "PROD-EU-1",
  "x.y",
  "xzy",
  "7",
  "a\nb",
  "é",
  "🙂",
  "a]b",
  "a-b",
];

describe("pattern", () => {
  it.each([
    "",
    "a",
    "a*",
    "a+",
    "a?b",
    ".*",
    ".+",
    "prod.*",
    "prod-(eu|us)-\\d",
    "(?:prod|a)",
    "(?<name>a)b",
    "[a-c]+",
    "[^a-c]+",
    "[]a]b",
    "a[]\\]]b",
    "[a\\-]+b",
    "a{2}",
    "a{1,}",
    "a{0,1}b",
    "(a|b){1,2}",
    "x\\.y",
    "x.y",
    "\\w+",
    "\\W",
    "\\D+",
    "\\S*",
    "^a$",
    "a|",
    "|b",
    "((a*)*)*b",
    "(^)*a",
    "a*?",
    "a{2}?",
    "é",
    ".",
    "a{,2}",
    "a{x",
    "(a|aa)+$",
    "a\\nb",
    "[\\d]",
    "[^\\d]",
  ])("matches as JavaScript's anchored expression does: %s", (source) => {
    const native = new RegExp(
      `^(?:${source.replace("(?<name>", "(").replace("[]", "[\\]")})$`,
      /\{,|\{x/.test(source) ? "s" : "su",
    );
    const names = source === "." || source.includes("{") ? NAMES.filter((name) => name !== "🙂") : NAMES;
    const ours = pattern(source);
    expect(names.filter(ours)).toEqual(names.filter((name) => native.test(name)));
  });

  it("takes a character that is two units for one", () => expect(pattern(".")("🙂")).toBe(true));

  it("ignores case where it is told to", () => {
    const ours = pattern("(?i)prod-[A-E]u-\\D?1");
    expect(NAMES.filter(ours)).toEqual(["prod-eu-1", "PROD-EU-1"]);
    expect(pattern("(?i)[^p].*")("Prod")).toBe(false);
  });

  it.each([
    "(",
    ")",
    "a)",
    "[",
    "[a",
    "*",
    "a**b(",
    "\\",
    "\\b",
    "\\pL",
    "[[:alpha:]]",
    "[b-a]",
    "a{2,1}",
    "(?s)a",
    "(?=a)",
    "a(?!b)",
    "\\1",
  ])("refuses %s", (source) => expect(() => pattern(source)).toThrow(SyntaxError));

  it.each([
    [`${"(a*)*".repeat(50)}b`, "a".repeat(63)],
    [`${"(".repeat(90)}a${"*)".repeat(90)}*b`, "a".repeat(63)],
    [`${"(.*)".repeat(400)}!`, "a".repeat(63)],
    ["(a|a|aa)+$b", "a".repeat(63)],
  ])("does not go back and forth over %.20s", (source, text) => {
    const ours = pattern(source);
    const start = performance.now();
    expect(ours(text)).toBe(false);
    expect(performance.now() - start).toBeLessThan(1000);
  });

  it.each([
    ["(a{99}){99}", "parts"],
    ["a".repeat(5001), "parts"],
    ["(".repeat(8000), "nests"],
  ])("refuses what is too large: %.12s", (source, why) => expect(() => pattern(source)).toThrow(why));
});
