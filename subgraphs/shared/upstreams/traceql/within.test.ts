import { describe, expect, it } from "vitest";
import { traceqlProblem } from "./syntax.ts";
import { withinNamespaces } from "./within.ts";

const SCOPE = ["shop", "team-a-*"];
const own = '(resource.k8s.namespace.name = "shop" || resource.k8s.namespace.name =~ "^team-a-.*$")';

describe("a query within namespaces", () => {
  it.each<[string, string]>([
    ["{ }", `{ ${own} }`],
    ["{}", `{ ${own} }`],
    ["{ .a = 1 || true }", `{ ${own} && (.a = 1 || true\n) }`],
    ['{ .a = "}" } | count() > 2', `{ ${own} && (.a = "}"\n) } | count() > 2`],
    ["{ .a } >> { .b }", `{ ${own} && (.a\n) } >> { ${own} && (.b\n) }`],
    ["({ .a } | { !.b }) || { }", `({ ${own} && (.a\n) } | { ${own} && (!.b\n) }) || { ${own} }`],
    ["{ .a // }\n }", `{ ${own} && (.a // }\n) }`],
    ["{ } with (most_recent=true)", `{ ${own} } with (most_recent=true)`],
    ['{ resource.k8s.namespace.name = "pay" }', `{ ${own} && (resource.k8s.namespace.name = "pay"\n) }`],
  ])("has the condition in every filter: %s", (query, expected) => {
    expect(withinNamespaces(query, SCOPE)).toBe(expected);
    expect(traceqlProblem(expected)).toBeNull();
  });

  it.each([
    "{ trace:duration > 1s }",
    '{ rootServiceName = "pay" }',
    '{ trace:rootName = "x" }',
    "{ parent.a = 1 }",
    "{ traceDuration > 1s }",
    "{ nestedSetParent = -1 }",
    "{ span:childCount > 1 }",
    "{ } | select(rootName)",
    "{ } | by(rootServiceName) | count() > 1",
  ])("is refused where it asks of whole traces: %s", (query) => {
    expect(() => withinNamespaces(query, SCOPE)).toThrow(expect.objectContaining({ code: "FORBIDDEN" }));
  });

  it.each(["", "{", "{ .a = }", "{ } }", "up"])("is refused where it cannot be read: %j", (query) => {
    expect(() => withinNamespaces(query, SCOPE)).toThrow(expect.objectContaining({ code: "INVALID_TRACEQL" }));
  });
});
