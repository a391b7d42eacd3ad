import { describe, expect, it } from "vitest";
import { labelPairs, labelSelectorWhere } from "./label-selector.ts";

const has = (pair: string) => ({ labelPairs: { has: pair } });
const hasSome = (...pairs: string[]) => ({ labelPairs: { hasSome: pairs } });
const not = (where: object) => ({ NOT: where });

describe("labelPairs", () => {
  it("has every label as its key and as its pair", () => {
    expect(labelPairs({ team: "payments", legacy: "" })).toEqual(["team", "team=payments", "legacy", "legacy="]);
  });
});

// The cases follow Kubernetes' own tests of its parser.
describe("labelSelectorWhere", () => {
  it.each<[string, object[]]>([
    ["", []],
    ["  ", []],
    ["x", [has("x")]],
    ["!x", [not(has("x"))]],
    [" ! x ", [not(has("x"))]],
    ["x=a", [has("x=a")]],
    ["x==a", [has("x=a")]],
    ["x = a", [has("x=a")]],
    ["x!=a", [not(has("x=a"))]],
    ["x != a", [not(has("x=a"))]],
    ["x=", [has("x=")]],
    ["x!= ", [not(has("x="))]],
    ["x in (a)", [hasSome("x=a")]],
    ["x in (a,b)", [hasSome("x=a", "x=b")]],
    ["x  in\t( a , b )", [hasSome("x=a", "x=b")]],
    ["x in(a)", [hasSome("x=a")]],
    ["x in (a,)", [hasSome("x=a", "x=")]],
    ["x in ()", [hasSome("x=")]],
    ["x notin (a,b)", [not(hasSome("x=a", "x=b"))]],
    ["in in (in)", [hasSome("in=in")]],
    ["app.kubernetes.io/name=web-1.2_3", [has("app.kubernetes.io/name=web-1.2_3")]],
    [
      "0.1.2.domain/99 notin (10.10.100.1, tick.tack.clock)",
      [not(hasSome("0.1.2.domain/99=10.10.100.1", "0.1.2.domain/99=tick.tack.clock"))],
    ],
    ["a=b,!c , d in (e,f),g", [has("a=b"), not(has("c")), hasSome("d=e", "d=f"), has("g")]],
    ["x,y in (a),z", [has("x"), hasSome("y=a"), has("z")]],
  ])("reads %j", (selector, where) => expect(labelSelectorWhere(selector)).toEqual(where));

  it.each<[string, string]>([
    [",", ""],
    ["x,", ""],
    [",x", ""],
    ["x,,y", ""],
    ["x=a b", "x=a b"],
    ["x y", "x y"],
    ["=a", "=a"],
    ["!x=a", "!x=a"],
    ["!!x", "!!x"],
    ["x===a", "x===a"],
    ["x=a=b", "x=a=b"],
    ["x>1", "x>1"],
    ["x in a", "x in a"],
    ["x in (a", "x in (a"],
    ["x in a)", "x in a)"],
    ["x in (a b)", "x in (a b)"],
    ["x in (a),y in (b c)", "y in (b c)"],
    ["x within (a)", "x within (a)"],
    ["-x", "-x"],
    ["x=-a", "x=-a"],
    ["x='a'", "x='a'"],
    ["a=b;drop", "a=b;drop"],
  ])("refuses %j, naming the part", (selector, part) => {
    expect(() => labelSelectorWhere(selector)).toThrow(
      expect.objectContaining({
        code: "INVALID_LABEL_SELECTOR",
        message: expect.stringContaining(`at ${JSON.stringify(part)}.`),
        details: { field: "labelSelector", part },
      }),
    );
  });

  it("bounds the length, and is not overwhelmed by what it takes", () => {
    const started = performance.now();
    for (const selector of [
      "a,".repeat(2047),
      "a".repeat(4095),
      `a in (${",".repeat(4000)}`,
      "(".repeat(4096),
      `${"a-".repeat(2000)}!`,
    ]) {
      try {
        labelSelectorWhere(selector);
      } catch (error) {
        expect(error).toMatchObject({ code: "INVALID_LABEL_SELECTOR" });
      }
    }
    expect(performance.now() - started).toBeLessThan(2000);
    expect(() => labelSelectorWhere("a".repeat(4097))).toThrow(/longer than 4096 characters/);
  });
});
