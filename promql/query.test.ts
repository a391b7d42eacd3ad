import { describe, expect, it } from "vitest";
import { QueryError } from "./errors.ts";
import { queryInstant, queryRange } from "./query.ts";
import type { SampleSource, SourceSeries } from "./source.ts";

const T0 = 1_700_000_100; // on the 15 s grid
const LIMITS = { timeout: 60_000 };

/** A few series whose answers can be worked out by hand. */
const SERIES: readonly SourceSeries[] = [
  ...["a", "b"].map((pod, i) => ({
    labels: { __name__: "requests_total", pod, code: "200" },
    at: (t: number) => (t - T0 + 7200) * (i + 1),
  })),
  { labels: { __name__: "requests_total", pod: "b", code: "500" }, at: (t) => Math.floor((t - T0 + 7200) / 10) },
  // Restarts at zero every 10 minutes, counted from T0.
  { labels: { __name__: "resetting_total" }, at: (t) => (((t - T0) % 600) + 600) % 600 },
  ...[1, 2, 3, 4].map((n) => ({ labels: { __name__: "size", n: String(n), even: String(n % 2 === 0) }, at: () => n })),
  { labels: { __name__: "odd_value", kind: "nan" }, at: () => Number.NaN },
  { labels: { __name__: "odd_value", kind: "inf" }, at: () => Infinity },
  { labels: { __name__: "owner", pod: "a", team: "red" }, at: () => 1 },
  { labels: { __name__: "owner", pod: "b", team: "blue" }, at: () => 1 },
  ...(
    [
      ["0.1", 10],
      ["0.5", 40],
      ["1", 80],
      ["+Inf", 100],
    ] as const
  ).map(([le, perSecond]) => ({
    labels: { __name__: "latency_bucket", le },
    at: (t: number) => (t - T0 + 7200) * perSecond,
  })),
];

const source: SampleSource = {
  interval: 15_000,
  first: (T0 - 7200) * 1000,
  last: T0 * 1000,
  select: (matchers) =>
    SERIES.filter(({ labels }) => matchers.every((m) => m.matches((labels as Record<string, string>)[m.name] ?? ""))),
};

/** The instant answer as `{labels: value}`, labels written as "name=value" pairs. */
function ask(query: string, at = T0): Record<string, string> | string | number {
  const { data } = queryInstant(query, at * 1000, source, LIMITS);
  if (data.resultType === "vector") {
    return Object.fromEntries(
      data.result.map(({ metric, value }) => [
        Object.entries(metric)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([name, text]) => `${name}=${text}`)
          .join(),
        value[1],
      ]),
    );
  }
  return data.resultType === "matrix" ? data.result.length : data.result[1];
}

describe("instant queries", () => {
  it.each<[query: string, answer: ReturnType<typeof ask>]>([
    ["1 + 2 * 3", "7"],
    ["-2 ^ 2", "-4"],
    ["2 ^ 3 ^ 2", "512"],
    ["(1 > bool 2) + 7 % 4", "3"],
    ["1 / 0", "+Inf"],
    ["0x10 + 1e2", "116"],
    ['"text\\n"', "text\n"],
    ["5m + 1s", "301"],
    ["time()", String(T0)],
    ['size{n="2"}', { "__name__=size,even=true,n=2": "2" }],
    ['size{n!="1", n=~"[12]"}', { "__name__=size,even=true,n=2": "2" }],
    ['size{n!~"2|3|4"}', { "__name__=size,even=false,n=1": "1" }],
    ['{__name__="size", missing="", n="3"}', { "__name__=size,even=false,n=3": "3" }],
    ["nothing", {}],
    ["sum(size)", { "": "10" }],
    ["sum by (even) (size)", { "even=false": "4", "even=true": "6" }],
    ["avg without (n) (size)", { "even=false": "2", "even=true": "3" }],
    ["count(size) + min(size) + max(size)", { "": "9" }],
    ["group(size)", { "": "1" }],
    ["stddev(size)", { "": String(Math.sqrt(1.25)) }],
    ["quantile(0.5, size)", { "": "2.5" }],
    ["topk(1, size)", { "__name__=size,even=true,n=4": "4" }],
    ["bottomk(1, size) by (even)", { "__name__=size,even=false,n=1": "1", "__name__=size,even=true,n=2": "2" }],
    ['count_values("v", size > bool 2)', { "v=0": "2", "v=1": "2" }],
    ["size > 3", { "__name__=size,even=true,n=4": "4" }],
    ['size{n="4"} > bool 9', { "even=true,n=4": "0" }],
    ['10 - size{n="4"}', { "even=true,n=4": "6" }],
    ["odd_value", { "__name__=odd_value,kind=nan": "NaN", "__name__=odd_value,kind=inf": "+Inf" }],
    ['-odd_value{kind="inf"}', { "kind=inf": "-Inf" }],
    ['rate(requests_total{pod="a"}[5m])', { "code=200,pod=a": "1" }],
    ['increase(requests_total{pod="a"}[5m])', { "code=200,pod=a": "300" }],
    ['irate(requests_total{pod="a"}[5m])', { "code=200,pod=a": "1" }],
    ['delta(requests_total{pod="a"}[5m])', { "code=200,pod=a": "300" }],
    ["resets(resetting_total[1h])", { "": "6" }],
    ["rate(resetting_total[1h]) > bool 0.9", { "": "1" }],
    ["deriv(resetting_total[5m] offset 1m)", { "": "1" }],
    ['requests_total{pod="a"} offset 1m', { "__name__=requests_total,code=200,pod=a": "7140" }],
    ['requests_total{pod="a"} offset 1h - requests_total{pod="a"}', { "code=200,pod=a": "-3600" }],
    [
      'requests_total{pod="a"} + requests_total{pod="a"} offset 1h * 2 - requests_total{pod="a"} offset 1h',
      { "code=200,pod=a": "10800" },
    ],
    ['max_over_time(sum(rate(requests_total{pod="a"}[5m]))[10m:1m])', { "": "1" }],
    ['count_over_time(size{n="1"}[1m])', { "even=false,n=1": "4" }],
    ['avg_over_time(requests_total{pod="a"}[30s])', { "code=200,pod=a": "7192.5" }],
    ['quantile_over_time(0.5, requests_total{pod="a"}[1m])', { "code=200,pod=a": "7177.5" }],
    ['last_over_time(size{n="1"}[1m])', { "__name__=size,even=false,n=1": "1" }],
    ['predict_linear(requests_total{pod="a"}[5m], 60)', { "code=200,pod=a": "7260" }],
    ["histogram_quantile(0.5, rate(latency_bucket[5m]))", { "": "0.625" }],
    ["histogram_quantile(0.99, sum by (le) (rate(latency_bucket[5m])))", { "": "1" }],
    ["histogram_quantile(0.05, latency_bucket)", { "": "0.05" }],
    ["clamp(size, 2, 3) - clamp_min(size, 2) + clamp_max(size, 3) - size", expect.anything() as never],
    ['round(size{n="3"} / 7, 0.1)', { "even=false,n=3": String(Math.floor((3 / 7) * 10 + 0.5) / 10) }],
    ["abs(-1 * sum(size)) + ceil(sum(size) / 3) + floor(sum(size) / 3)", { "": "17" }],
    ["sqrt(sum(size) + 6) + ln(exp(vector(1)))", { "": "5" }],
    ["scalar(sum(size)) * 2", "20"],
    ["scalar(size)", "NaN"],
    ["vector(3)", { "": "3" }],
    ['absent(nothing{a="b", c=~"d"})', { "a=b": "1" }],
    ["absent(size)", {}],
    ['label_replace(size{n="1"}, "m", "x-$1", "n", "(.*)")', { "__name__=size,even=false,m=x-1,n=1": "1" }],
    ['label_join(size{n="1"}, "m", "-", "n", "even", "none")', { "__name__=size,even=false,m=1-false-,n=1": "1" }],
    ['label_join(size{n="1"}, "even", "")', { "__name__=size,n=1": "1" }],
    ['absent(nothing{a="b", c="", d!="e", d="f"})', { "a=b,d=f": "1" }],
    [`requests_total{pod="a"} @ ${T0 - 60}`, { "__name__=requests_total,code=200,pod=a": "7140" }],
    [`increase(requests_total{pod="a"}[5m] @ ${T0 - 60} offset 1h)`, { "code=200,pod=a": "300" }],
    [`sum_over_time(sum(size)[3m:1m] @ ${T0 - 45})`, { "": "30" }],
    ["timestamp(sum(size))", { "": String(T0) }],
    ["hour() * 100 + minute()", { "": "2215" }],
    ["day_of_week() + day_of_month() / 100 + year(vector(0))", { "": "1972.14" }],
    ["days_in_month(vector(1709251199)) + day_of_year(vector(1709251199))", { "": "89" }],
    ["clamp(size, 3, 2)", {}],
    ["1 ^ odd_value", { "kind=nan": "1", "kind=inf": "1" }],
    ["-0 * vector(1)", { "": "-0" }],
    ['count_values("v", vector(1e21) or vector(1.5e-7))', { "v=1000000000000000000000": "1" }],
    ['count_values("v", vector(-1.25e-7))', { "v=-0.000000125": "1" }],
    [
      'requests_total{code="200"} * on (pod) group_left (team) owner',
      { "code=200,pod=a,team=red": "7200", "code=200,pod=b,team=blue": "14400" },
    ],
    ['owner * on (pod) group_right (team) requests_total{code="500"}', { "code=500,pod=b,team=blue": "720" }],
    ['requests_total{code="500"} / ignoring (code) requests_total{code="200"}', { "pod=b": "0.05" }],
    [
      'requests_total{code="200"} and on (pod) requests_total{code="500"}',
      { "__name__=requests_total,code=200,pod=b": "14400" },
    ],
    ['owner unless on (pod) requests_total{code="500"}', { "__name__=owner,pod=a,team=red": "1" }],
    ['owner{pod="a"} or on (pod) vector(5)', { "__name__=owner,pod=a,team=red": "1", "": "5" }],
    ["size[30s]", 4],
    ["sum(size) # a comment", { "": "10" }],
  ])("%s", (query, answer) => {
    expect(ask(query)).toEqual(answer);
  });

  it("sorts for people", () => {
    const values = (query: string) => {
      const { data } = queryInstant(query, T0 * 1000, source, LIMITS);
      return data.resultType === "vector" ? data.result.map(({ value }) => value[1]) : [];
    };
    expect(values("sort_desc(size)")).toEqual(["4", "3", "2", "1"]);
    expect(values("sort(-size)")).toEqual(["-4", "-3", "-2", "-1"]);
    expect(values("topk(3, size)")).toEqual(["4", "3", "2"]);
  });

  it("looks back five minutes and no further", () => {
    expect(ask("count(size)", T0 + 299)).toEqual({ "": "4" });
    expect(ask("size", T0 + 300)).toEqual({});
    expect(ask("size", T0 - 7201)).toEqual({});
    expect(ask('timestamp(size{n="1"})', T0 - 1)).toEqual({ "even=false,n=1": String(T0 - 15) });
  });

  it("remarks that a gauge has no rate", () => {
    const { infos } = queryInstant("sum(\n rate(size[5m]))", T0 * 1000, source, LIMITS);
    expect(infos).toEqual([expect.stringContaining('"size" (2:7)')]);
    expect(queryInstant("rate(requests_total[5m])", T0 * 1000, source, LIMITS).infos).toEqual([]);
  });
});

describe("range queries", () => {
  const range = { start: (T0 - 600) * 1000, end: T0 * 1000, step: 300_000 };

  it("gives a point per step", () => {
    const { data } = queryRange("sum by (pod) (rate(requests_total[1m]))", range, source, LIMITS);
    expect(data).toEqual({
      resultType: "matrix",
      result: [
        {
          metric: { pod: "a" },
          values: [
            [T0 - 600, "1"],
            [T0 - 300, "1"],
            [T0, "1"],
          ],
        },
        {
          metric: { pod: "b" },
          values: [
            [T0 - 600, expect.any(String)],
            [T0 - 300, expect.any(String)],
            [T0, expect.any(String)],
          ],
        },
      ],
    });
  });

  it("agrees with instant queries at every step", () => {
    for (const query of [
      "requests_total",
      "sum(rate(requests_total[2m]))",
      "max_over_time(resetting_total[7m])",
      "resets(resetting_total[20m:30s])",
    ]) {
      const { data } = queryRange(query, { ...range, step: 90_000 }, source, LIMITS);
      if (data.resultType !== "matrix") throw new Error("not a matrix");
      for (const { metric, values } of data.result) {
        for (const [time, value] of values) {
          const instant = queryInstant(query, time * 1000, source, LIMITS).data;
          const same =
            instant.resultType === "vector"
              ? instant.result.find((row) => JSON.stringify(row.metric) === JSON.stringify(metric))
              : undefined;
          expect(same?.value[1], `${query} at ${time}`).toBe(value);
        }
      }
    }
  });

  it("makes a series of a scalar and leaves out what has no points", () => {
    expect(queryRange("1", range, source, LIMITS).data.result).toHaveLength(1);
    expect(queryRange("size > 9", range, source, LIMITS).data.result).toEqual([]);
  });
});

describe("what is refused", () => {
  it.each([
    ["sum(up", "bad_data", "parse error"],
    ["", "bad_data", "no expression found"],
    ["foo(size)", "bad_data", 'unknown function with name "foo"'],
    ["rate(size)", "bad_data", "expected type range vector"],
    ["sum(1)", "bad_data", "expected type instant vector"],
    ["{}", "bad_data", "at least one non-empty matcher"],
    ['{a=""}', "bad_data", "at least one non-empty matcher"],
    ['size{n=~"("}', "bad_data", "error parsing regexp"],
    ["1 > 2", "bad_data", "BOOL"],
    ["size and 1", "bad_data", "set operator"],
    ["size + bool 1", "bad_data", "bool modifier"],
    ["size[5m] + 1", "bad_data", "binary expression"],
    ["topk(size)", "bad_data", "wrong number of arguments"],
    ["histogram_fraction(0, 1, size)", "execution", '"histogram_fraction" is not supported here'],
    ["limitk(2, size)", "execution", "not supported here"],
    ["size + fill(0) size", "execution", "not supported here"],
    ["sum_over_time(-size[5m:1m])", "bad_data", "unary expression only allowed"],
    ["sum_over_time(size + size[5m:1m])", "bad_data", "binary expression must contain only"],
    ["size offset 5m offset 1m", "bad_data", "offset may not be set multiple times"],
    ["rate(size offset 5m[1m])", "bad_data", "no modifiers allowed before range"],
    ["size * on (n) group_left (n) size", "bad_data", 'label "n" must not occur in ON and GROUP clause at once'],
    ["sum(size) @ 5", "bad_data", "@ modifier must be preceded"],
    ["size @ 1e30", "bad_data", "timestamp out of bounds"],
    ["size * on (even) size", "execution", "many-to-many matching not allowed"],
    ['requests_total{code="500"} * on (pod, even) size', "execution", "many-to-many matching not allowed"],
    ["size * on (even) group_left () size", "execution", "many-to-many matching not allowed"],
    ['label_replace(size, "n", "", "n", ".*") > 0', "execution", "same labelset"],
  ])("%s: %s", (query, errorType, message) => {
    let error: unknown;
    try {
      queryInstant(String(query), T0 * 1000, source, LIMITS);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(QueryError);
    expect(error).toMatchObject({ errorType, message: expect.stringContaining(String(message)) });
  });

  it("refuses a range query of a string and one that takes too long", () => {
    const range = { start: T0 * 1000, end: T0 * 1000, step: 1000 };
    expect(() => queryRange('"x"', range, source, LIMITS)).toThrow('invalid expression type "string"');
    expect(() => queryRange("size", range, source, { timeout: -1 })).toThrow("query timed out");
  });
});
