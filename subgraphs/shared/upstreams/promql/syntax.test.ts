import { describe, expect, it } from "vitest";
import { promqlProblem } from "./syntax.ts";

describe("promqlProblem", () => {
  it.each([
    "up",
    "1",
    "-1e3",
    '"text"',
    '"t\\"ext"',
    "'\\\\'",
    "`t\\`",
    "NaN",
    "+Inf",
    "0x1f",
    "up{}",
    'up{job="node",instance!~"a.*",}',
    '{__name__="up"}',
    "{'a'=`b`}",
    '{"metric.with.dots", "label.with.dots"="x"}',
    "up[5m]",
    "up[1h30m]",
    "up offset 5m",
    "up offset -5m",
    "up @ 1609746000",
    "up @ end()",
    "rate(http_requests_total[5m])",
    'sum by (namespace) (rate(container_cpu_usage_seconds_total{image!=""}[5m]))',
    "sum(up) without (instance)",
    "topk(5, up)",
    "max_over_time(rate(x[5m])[1h:1m])",
    "max_over_time(rate(x[5m])[1h:])",
    "histogram_quantile(0.95, sum by (le) (rate(x_bucket[5m])))",
    "a / on(instance) group_left(node) b",
    "a and ignoring(x) b or c unless d",
    "a >= bool 0.5",
    "2 ^ 3 ^ 2 % 5",
    "count_values('version', build_info)",
    'label_replace(up, "a", "$1", "b", "(.*)")',
    "absent(up) == 1",
    "time() - process_start_time_seconds",
    "up # a comment",
    "sum(\n  up\n)",
    ":recorded:rule:",
  ])("accepts %s", (query) => expect(promqlProblem(query)).toBeNull());

  it.each<[string, number]>([
    ["sum(up", 6],
    ["up)", 2],
    ["up{", 3],
    ["up{job=}", 7],
    ["up{job}", 6],
    ["up{job=node}", 7],
    ['up{job="a" instance="b"}', 11],
    ["up{job==1}", 7],
    ["up[5m", 5],
    ["up[]", 3],
    ["up[5]x", 5],
    ["rate(up[5m]", 11],
    ["up offset", 9],
    ["sum by namespace (up)", 7],
    ["a +", 3],
    ["* a", 0],
    ["a b", 2],
    ["a == == b", 5],
    ["5up", 1],
    ['"text', 0],
    ['"te\\"', 0],
    ["'text\"", 0],
    ["`text", 0],
    ['up{job="a}', 7],
    ["SELECT * FROM up", 14],
    ["up; drop", 2],
    ["up{a='b'", 8],
    ["é", 0],
    ["up @ yesterday", 5],
    ["sum(,)", 4],
  ])("refuses %s", (query, position) => {
    expect(promqlProblem(query)).toMatchObject({ position });
  });

  it.each<[string, string]>([
    ["", "the expression is empty"],
    [" \n", "the expression is empty"],
    ["sum(up", "ends too early, at 6"],
    ["up) and more than twenty characters", 'unexpected input at 2: ") and more than twen"'],
  ])("says of %j that %s", (query, message) => expect(promqlProblem(query)?.message).toBe(message));

  it("bounds the length", () => {
    const longest = "x".repeat(16_384);
    expect(promqlProblem(longest)).toBeNull();
    expect(promqlProblem(`${longest}x`)).toEqual({ position: 16_384, message: "longer than 16384 characters" });
  });

  it("is not overwhelmed by nesting", () => {
    expect(promqlProblem(`${"(".repeat(1000)}1${")".repeat(1000)}`)).toBeNull();
    expect(promqlProblem("(".repeat(16_000))).not.toBeNull();
  });
});
