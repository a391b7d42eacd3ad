import { describe, expect, it } from "vitest";
import { logqlProblem, pipelineProblem, selectorOf } from "./syntax.ts";

const LINES = [
  '{app="smf"}',
  "{app=`smf`}",
  '({app="smf"} | json)',
  '{app="smf",level!="info",pod=~"a|b",node!~"c"}',
  '{app="smf"} |= "x" != "y" |~ "z" !~ `w`',
  '{app="smf"} |> "<_> x" !> "y"',
  '{app="smf"} |= "a" or "b"',
  '{app="smf"} |= ip("10.0.0.0/8")',
  '{app="smf"} |= "a\\"b"',
  '{app="smf"} | json x="y.z", w',
  '{app="smf"} | logfmt --strict | duration > 1m30s and (size > 20KB or x="y")',
  '{app="smf"} | regexp "(?P<x>.*)" | line_format "{{.x}}" | label_format a=b,c="{{.d}}"',
  '{app="smf"} | pattern "<x> y" | drop x, y="z" | keep w | decolorize | unpack',
  '{app="smf"}\n|= "x"\n# a "comment\n| json',
];

const SAMPLES = [
  'rate({app="smf"}[5m])',
  'sum by (x) (rate({app="smf"} |= "x" [5m]))',
  'count_over_time(({app="smf"} | json)[1h] offset 5m)',
  'quantile_over_time(0.99, {app="smf"} | json | unwrap duration(x) | __error__="" [5m]) by (y)',
  'topk(5, sum by (x) (bytes_rate({app="smf"}[1m])))',
  'rate({a="b"}[1m]) / on(x) group_left rate({c="d"}[1m]) > bool 5',
  'label_replace(rate({app="smf"}[1m]), "a", "$1", "b", "(.*)") or vector(0)',
  "1 + 1",
];

describe("logqlProblem", () => {
  it.each(LINES)("takes as log lines, and as nothing else: %s", (query) => {
    expect(logqlProblem(query, "lines")).toBeNull();
    expect(logqlProblem(query, "samples")).toEqual({ position: 0, message: expect.stringContaining("metric query") });
  });

  it.each(SAMPLES)("takes as a metric query, and as nothing else: %s", (query) => {
    expect(logqlProblem(query, "samples")).toBeNull();
    expect(logqlProblem(query, "lines")).toEqual({ position: 0, message: expect.stringContaining("logMetrics") });
  });

  it.each<[string, number]>([
    ['{app="smf"', 10],
    ['{app="smf}', 5],
    ["{app=`smf}", 5],
    ["{app='smf'}", 5],
    ["{app=smf}", 5],
    ["{app}", 4],
    ["{}", 1],
    ['app="smf"', 0],
    ['{app="smf"} |=', 14],
    ['{app="smf"} |= "x', 15],
    ['{app="smf"} |= `x', 15],
    ['{app="smf"} |= x', 15],
    ['{app="smf"} | ', 14],
    ['{app="smf"} json', 12],
    ['{app="smf"} {b="c"}', 12],
    ['{app="smf"}[5m]', 11],
    ['{app="smf"} + 1', 0],
    ['{app="smf\nx"}', 5],
    ['{app="smf"; drop}', 10],
    ["up", 0],
    ["é", 0],
  ])("refuses %j as lines", (query, position) => {
    expect(logqlProblem(query, "lines")).toMatchObject({ position });
  });

  it.each<[string, number]>([
    ['rate({app="smf"})', 16],
    ['rate({app="smf"}[5m]', 20],
    ['sum({app="smf"})', 15],
    ['sum by x (rate({app="smf"}[5m]))', 7],
    ['rate({app="smf"}[5m]) + {app="smf"}', 24],
  ])("refuses %j as samples", (query, position) => {
    expect(logqlProblem(query, "samples")).toMatchObject({ position });
  });

  it.each([
    '{a=""}',
    '{a=~".*"}',
    "{a=~`x?`}",
    '{a!="x"}',
    '{a!~"x|y.*"}',
    '{a=~"(?i)x*",b!="c"}',
    '{a=~"|x"}',
    '{a=~"^.*?$"}',
  ])("refuses a selector that a stream without its labels meets, as Loki does: %s", (query) => {
    const problem = { position: 0, message: expect.stringContaining("a matcher that an empty value does not meet") };
    expect(logqlProblem(query, "lines")).toEqual(problem);
    expect(logqlProblem(`rate(${query}[5m])`, "samples")).toEqual({ ...problem, position: 5 });
  });

  it.each(['{a!=""}', '{a=~".+"}', '{a!~".*"}', '{a=~"x|y",b=""}', '{a=~"(?i)x"}', '{a="\\""}', '{a!~"x{0,2}"}'])(
    "accepts the selector %s",
    (query) => expect(logqlProblem(query, "lines")).toBeNull(),
  );

  it("leaves to Loki what an expression matches that is not plain, and never runs it", () => {
    const endless = `(${"|".repeat(9)})`.repeat(100);
    for (const operator of ["=~", "!~"]) expect(logqlProblem(`{a${operator}"${endless}x"}`, "lines")).toBeNull();
  });

  it("bounds the length", () => {
    const query = `{a="b"} |= "${"x".repeat(4096)}"`;
    expect(logqlProblem(query, "lines")).toEqual({ position: 4096, message: "longer than 4096 characters" });
    expect(logqlProblem("", "lines")).toEqual({ position: 0, message: "the expression is empty" });
  });
});

describe("pipelineProblem", () => {
  it.each(["", '|= "error"', '| json | level="error"', '!~ "debug" # but "this'])("accepts %j", (pipeline) =>
    expect(pipelineProblem(pipeline)).toBeNull(),
  );

  it.each<[string, number]>([
    ["error", 0],
    ['|= "x', 3],
    ['|= "x"} {a="b"', 6],
    ["[5m]", 0],
    ["} or {", 0],
    ["+ 1", 0],
  ])("refuses %j, by its own positions", (pipeline, position) =>
    expect(pipelineProblem(pipeline)).toMatchObject({ position }),
  );

  it("quotes what it refuses", () => {
    expect(pipelineProblem("error")?.message).toBe('unexpected input at 0: "error"');
    expect(pipelineProblem('|= "x" |')?.message).toBe("ends too early, at 8");
  });
});

it("writes a selector whose values cannot leave their quotes", () => {
  const selector = selectorOf({ namespace: "a", pod: 'x"} or {b="c\\\n' });
  expect(selector).toBe('{namespace="a",pod="x\\"} or {b=\\"c\\\\\\n"}');
  expect(logqlProblem(selector, "lines")).toBeNull();
});
