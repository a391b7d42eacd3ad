import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { recording } from "../../../../demo/testing/recordings.ts";
import { traceqlProblem, traceqlTraits } from "./syntax.ts";

/** Each query that was asked of a real Tempo, with the status it answered. */
const recorded = ["tempo-2.10", "tempo-3.0"].flatMap((server) =>
  readdirSync(new URL(`../../../../test/recordings/${server}`, import.meta.url)).flatMap((file) => {
    const { path, status } = recording(server, file.replace(/\.json$/, ""));
    const query = new URL(path, "http://tempo").searchParams.get("q");
    return query === null ? [] : [{ server, query, status }];
  }),
);

describe("traceqlProblem", () => {
  it("is null for every recorded query that Tempo answered", () => {
    const answered = recorded.filter(({ status }) => status === 200);
    expect(answered.length).toBeGreaterThan(10);
    expect(answered.filter(({ query }) => traceqlProblem(query))).toEqual([]);
  });

  it("is none for what is wrong in another way: types are Tempo's to check", () => {
    const refused = recorded.filter(({ status }) => status === 400).map(({ query }) => query);
    expect(refused.filter((query) => traceqlProblem(query))).toEqual(["{ status = ", "{ status = "]);
    expect(refused).toContain("{ duration = error }");
  });

  it.each([
    "trace:duration",
    "trace:rootName",
    "trace:rootService",
    "trace:id",
    "duration",
    "name",
    "status",
    "kind",
    "span:duration",
    "span:name",
    "span:kind",
    "span:status",
    "span:statusMessage",
    "span:id",
    "span:parentID",
    "span:childCount",
    "event:name",
    "event:timeSinceStart",
    "link:traceID",
    "link:spanID",
    "statusMessage",
    "instrumentation:name",
    "instrumentation:version",
    "rootName",
    "rootServiceName",
    "traceDuration",
    "parent",
    "nestedSetLeft",
    "nestedSetRight",
    "nestedSetParent",
    "parent.a",
    "parent.span.a",
    "resource.a.b-c/d",
    ".a",
    "span.a",
    "event.a",
    "link.a",
    "instrumentation.a",
    '."a b"',
    'span.a."b c".d',
    '."a\\"b"',
    ".été",
  ])("knows the field %s", (field) => expect(traceqlProblem(`{ ${field} = 1 }`)).toBeNull());

  it.each([
    "1",
    "-1",
    "1.5",
    "1e3",
    "minInt",
    "true",
    "false",
    "nil",
    "ok",
    "error",
    "unset",
    "server",
    "unspecified",
    "1ns",
    "1us",
    "1µs",
    "1ms",
    "1s",
    "1m",
    "1h",
    "1d",
    "1w",
    "1h30m",
    "2.5h",
    "1m0.5s",
    '"x"',
    "`x\\d`",
    '"\\\\d"',
    '"\\u00e9\\x41\\n\\t"',
    '"\\""',
    '"{ }"',
    '"// no comment"',
    '"é"',
  ])("knows the value %s", (value) => expect(traceqlProblem(`{ .a = ${value} }`)).toBeNull());

  it.each([
    "{}",
    "{ .a = 1 && (.b =~ `x` || !(.c)) }",
    "{ } >> { } | count() > 3",
    "({ } | count() > 1) || ({ } !~ { })",
    "{ } | by(resource.service.name) | avg(duration) > 1s",
    "{ } | select(.a, span:id) | { .b }",
    "{ } with (most_recent=true)",
    "{ } with (most_recent=true, sample=0.1)",
    "{ } | rate() by (.a) with (exemplars=true)",
    "{ } // a comment",
    "{ }\nwith (most_recent = true)",
  ])("accepts %s", (query) => expect(traceqlProblem(query)).toBeNull());

  it.each<[string, number]>([
    ["{", 1],
    ["{}}", 2],
    ["{} {}", 3],
    ["{ .a = }", 7],
    ["{ .a == 1 }", 6],
    ["{ .a = 1 && }", 12],
    ["{ .a = 1d2 }", 8],
    ['{ .a = "\\d" }', 7],
    ['{ .a = "x\ny" }', 7],
    ['{ .a = "open }', 7],
    ["{ .a = $service }", 7],
    ["{ foo.bar = 1 }", 2],
    ["{ } | rate(", 10],
    ["{ } with (", 10],
    ["{ .a = 1; }", 8],
    ["SELECT 1", 0],
    ['{__name__="up"}', 1],
  ])("refuses %j", (query, position) => expect(traceqlProblem(query)).toMatchObject({ position }));

  it.each<[string, string]>([
    ["", "the query is empty"],
    [" \n", "the query is empty"],
    ["{ .a", "ends too early, at 4"],
    ["{ } and more than twenty characters", 'unexpected input at 4: "and more than twenty"'],
  ])("says of %j that %s", (query, message) => expect(traceqlProblem(query)?.message).toBe(message));

  it("bounds the length, and is not overwhelmed by what is in it", () => {
    const longest = `{ ${"(".repeat(2046)}1${")".repeat(2045)} }`;
    expect(longest).toHaveLength(4096);
    expect(traceqlProblem(`${longest} `)).toEqual({ position: 4096, message: "longer than 4096 characters" });
    for (const part of ["(", '"', "1ms", "1e", "with(a=1) ", "/*", "é", "1."]) {
      expect(traceqlProblem(`{ .a = ${part.repeat(Math.floor(4000 / part.length))}`)).not.toBeNull();
    }
  });
});

describe("traceqlTraits", () => {
  it.each<[string, string]>([
    ["{ } | rate()", "isMetrics"],
    ["{ } | quantile_over_time(duration, 0.9)", "isMetrics"],
    ["{ } | rate() | topk(3)", "isMetrics"],
    ["{ } | compare({ status = error })", "isMetrics"],
    ["{ } with (most_recent=true)", "hasHints"],
    ['{ .a = "} with (a=1)" }', ""],
    ["{ .with = 1 } | select(.a)", ""],
    ["{ .a = 1 && .b = 2 } || { .c = 3 }", ""],
    ["{ .a = 1 } | { .b = 2 }", ""],
    ['{ trace:id = "a" }', ""],
    ["{ } >> { }", "isOfSeveralSpans"],
    ["{ } > { }", "isOfSeveralSpans"],
    ["{ } ~ { }", "isOfSeveralSpans"],
    ["{ } && { }", "isOfSeveralSpans"],
    ["{ } !>> { }", "isOfSeveralSpans"],
    ["{ } &<< { }", "isOfSeveralSpans"],
    ["{ .a } || ({ .b } << { .c })", "isOfSeveralSpans"],
    ["{ } | count() > 3", "isOfSeveralSpans"],
    ["{ trace:duration > 1s }", "isOfSeveralSpans"],
    ['{ rootServiceName = "a" }', "isOfSeveralSpans"],
    ["{ parent.a = 1 }", "isOfSeveralSpans"],
    ["{ span:childCount > 1 }", "isOfSeveralSpans"],
    ["{ .a = 1 && nestedSetParent = -1 }", "isOfSeveralSpans"],
    ["{ span:duration > 1s }", ""],
  ])("says of %j: %s", (query, expected) => {
    const traits = Object.entries(traceqlTraits(query)).flatMap(([trait, has]) => (has ? [trait] : []));
    expect(traits.join()).toBe(expected);
  });
});
