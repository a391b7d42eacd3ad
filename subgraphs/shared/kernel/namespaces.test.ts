import { describe, expect, it } from "vitest";
import { asLike, asRegex, inBoth, isWithin, Namespaces } from "./namespaces.ts";

describe("namespaces of a scope", () => {
  it.each(["a", "shop", "team-a-*", "0", `${"a".repeat(63)}`, `${"a".repeat(62)}*`, "team*"])("may be %s", (name) => {
    expect(Namespaces.safeParse([name]).success).toBe(true);
  });

  it.each([
    "*",
    "",
    " ",
    "Shop",
    "-a",
    "a-",
    "a.b",
    "a_b",
    "a b",
    "a|b",
    "a,b",
    ".*",
    "*-a",
    "a*b",
    "a**",
    "a\n",
    'a"',
    "a%",
    "é",
    "a".repeat(64),
    `${"a".repeat(63)}*`,
  ])("may not be %j", (name) => {
    expect(Namespaces.safeParse([name]).success).toBe(false);
  });

  it("are at least one, and at most fifty", () => {
    expect(Namespaces.safeParse([]).success).toBe(false);
    expect(Namespaces.safeParse(Array.from({ length: 51 }, (_, n) => `n${n}`)).success).toBe(false);
  });

  it.each<[string[] | null | undefined, string | null | undefined, boolean]>([
    [null, "anything", true],
    [undefined, null, true],
    [["shop"], "shop", true],
    [["shop"], "shop-2", false],
    [["shop"], "sho", false],
    [["shop"], null, false],
    [["shop"], undefined, false],
    [["shop*"], "", false],
    [["shop*"], "shop", true],
    [["shop*"], "shop-2", true],
    [["pay", "shop-*"], "shop-2", true],
    [["pay", "shop-*"], "shop", false],
  ])("%j has %j: %s", (scope, namespace, expected) => expect(isWithin(scope, namespace)).toBe(expected));

  it.each<[string[], string[], string[]]>([
    [["a"], ["a"], ["a"]],
    [["a"], ["b"], []],
    [["a*"], ["ab", "b"], ["ab"]],
    [["ab", "b"], ["a*"], ["ab"]],
    [["a*"], ["ab*"], ["ab*"]],
    [["ab*"], ["a*"], ["ab*"]],
    [["a*"], ["a*"], ["a*"]],
    [["ab*"], ["ac*"], []],
    [["a"], ["a*"], ["a"]],
    [["ab*"], ["a"], []],
  ])("of %j and %j, %j are in both", (own, asked, both) => expect(inBoth(own, asked)).toEqual(both));

  it("mean the same as a regular expression, as a pattern of SQL, and as a test", () => {
    const scope = ["shop", "team-a-*"];
    expect(asRegex(scope)).toBe("shop|team-a-.*");
    expect(asLike(scope)).toEqual(["shop", "team-a-%"]);
    for (const name of ["shop", "shopx", "team-a-", "team-a-1", "team-a", "xshop", "team-b-1"])
      expect(new RegExp(`^(?:${asRegex(scope)})$`).test(name), name).toBe(isWithin(scope, name));
  });
});
