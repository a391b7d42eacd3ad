import { describe, expect, it } from "vitest";
import { attribute, equals, hasValue, like, newestFirst, spans } from "./expression.ts";
import { traceqlProblem } from "./syntax.ts";

/** What somebody might hope to break out with. */
const HOSTILE = [
  '"',
  "\\",
  '" || true',
  '" } || { "',
  "`",
  "\n",
  "//",
  "/*",
  "*/",
  "é",
  "😀",
  "$x",
  "{}",
  "'",
  "a b",
  "\u2028",
];

describe("an expression of TraceQL", () => {
  it.each<[string, string]>([
    ["http.method", ".http.method"],
    ["resource.k8s.pod.name", "resource.k8s.pod.name"],
    ["span.a b", 'span."a b"'],
    ['a"b\\c', '."a\\"b\\\\c"'],
    ["resource.", ".resource."],
    ["resources.x", ".resources.x"],
    ["a/b", '."a/b"'],
  ])("names the attribute %s %s", (name, expected) => expect(attribute(name)).toBe(expected));

  it.each<[string, string]>([
    ["order", 'f = "order"'],
    ["order-*", 'f =~ "^order-.*$"'],
    ["*a.b*c", 'f =~ "^.*a\\\\.b.*c$"'],
    ["(x|y)*", 'f =~ "^\\\\(x\\\\|y\\\\).*$"'],
    ['q"', 'f = "q\\""'],
  ])("matches %s by %s", (value, expected) => expect(like("f", value)).toBe(expected));

  it.each<[string, string, string]>([
    ["a", "x", '.a = "x"'],
    ["a", "500", '(.a = "500" || .a = 500)'],
    ["a", "-1.5", '(.a = "-1.5" || .a = -1.5)'],
    ["a", "true", '(.a = "true" || .a = true)'],
    ["a", "1e3", '.a = "1e3"'],
    ["a", "9".repeat(19), `.a = "${"9".repeat(19)}"`],
    ["error", "true", '(.error = "true" || .error = true || status = error)'],
    ["error", "false", '(.error = "false" || .error = false || status != error)'],
  ])("asks whether %s is %s, of any type", (name, value, expected) => {
    expect(hasValue(name, value)).toBe(expected);
    expect(traceqlProblem(spans([expected]))).toBeNull();
  });

  it("is of one filter, whatever is put into it", () => {
    const conditions = HOSTILE.flatMap((text) => [
      equals("name", text),
      like("name", `${text}*`),
      // A line break has no way into a name: the input refuses it.
      ...(text === "\n" ? [] : [hasValue(text, text), hasValue(`span.${text}`, "1")]),
    ]);
    for (const condition of conditions) {
      expect(traceqlProblem(spans([condition])), condition).toBeNull();
      // Were it open at its end, this would be swallowed.
      expect(traceqlProblem(`${spans([condition])} }`), condition).not.toBeNull();
    }
  });

  it("joins conditions, and has none for all spans", () => {
    expect(spans(["a", "b"])).toBe("{ a && b }");
    expect(spans([])).toBe("{ }");
    expect(newestFirst("{ } // all")).toBe("{ } // all\nwith (most_recent=true)");
    expect(traceqlProblem(newestFirst("{ } // all"))).toBeNull();
  });
});
