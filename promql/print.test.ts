import { describe, expect, it } from "vitest";
import { parsePromql } from "./parse.ts";
import { printExpr } from "./print.ts";

/** What an expression means, without where in the text it stood. */
const meaning = (query: string): unknown =>
  JSON.parse(JSON.stringify(parsePromql(query), (key, value) => (key === "from" ? undefined : value)));

describe("an expression is printed as text that means the same", () => {
  it.each([
    ["up", "up"],
    ['  up { job = "a" , x !~ `\\d"` }  # all', 'up{job="a", x!~"\\\\d\\""}'],
    ['{__name__="up"}', "up"],
    ['{__name__="sum", a="b"}', '{__name__="sum", a="b"}'],
    ['{__name__=~"a.*"}', '{__name__=~"a.*"}'],
    ['{"http.requests", "a.b"=""}', '{__name__="http.requests", "a.b"=""}'],
    ["x offset -90s @ 1700000000.5", "x @ 1700000000.500 offset -1m30s"],
    ["rate(x[90m] offset 1w @ end())", "rate(x[1h30m] @ end() offset 1w)"],
    ["rate(x[300])", "rate(x[5m])"],
    ["max_over_time((x offset 5m)[1h:])", "max_over_time((x offset 5m)[1h:])"],
    ["max_over_time((a + b)[1h:30s] offset 1ms)", "max_over_time((a + b)[1h:30s] offset 1ms)"],
    ["avg_over_time(rate(x[5m])[1y:1d])", "avg_over_time(rate(x[5m])[52w1d:1d])"],
    ["a + # one\n b # two\n", "a + b"],
    ["SUM(x) BY (a, b,)", "sum by (a, b) (x)"],
    ["sum by () (x)", "sum(x)"],
    ["sum without () (x)", "sum without () (x)"],
    ['count_values("v", x)', 'count_values("v", x)'],
    ["topk(3, x) by (a)", "topk by (a) (3, x)"],
    ["a + b * c ^ d", "a + (b * (c ^ d))"],
    ["(a + b) * c", "(a + b) * c"],
    ["a - a offset 1h * -b @ 5 ^ c", "a - (a offset 1h * (-(b @ 5.000 ^ c)))"],
    ["-x ^ 2", "-(x ^ 2)"],
    ["(-1) ^ 2 - -1", "((-1) ^ 2) - (-1)"],
    ["-2 ^ 2", "-(2 ^ 2)"],
    ["a > bool on (b) group_left (c, d) e", "a > bool on (b) group_left (c, d) e"],
    ["a / ignoring () group_right e", "a / ignoring () group_right () e"],
    ["a and on () b or c unless ignoring (x) d", "(a and on () b) or (c unless ignoring (x) d)"],
    ["1e300 * Inf - inf + NaN + 0x1F + 1h", "((((1e+300 * Inf) - Inf) + NaN) + 31) + 3600"],
    ["time() - -0", "time() - (-0)"],
    ['label_join(x, "a", "\\n", "b", "c")', 'label_join(x, "a", "\\n", "b", "c")'],
  ])("%s", (query, text) => {
    expect(printExpr(parsePromql(query))).toBe(text);
    expect(meaning(text)).toEqual(meaning(query));
  });
});
