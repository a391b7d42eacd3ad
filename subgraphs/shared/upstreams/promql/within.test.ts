import { describe, expect, it } from "vitest";
import { queryInstant } from "../../../../promql/query.ts";
import type { SampleSource, SourceSeries } from "../../../../promql/source.ts";
import { promqlProblem } from "./syntax.ts";
import { withinNamespaces } from "./within.ts";

const SCOPE = ["shop", "team-a-*"];
const own = 'namespace=~"shop|team-a-.*"';

/** What somebody may ask, and how it is asked of their namespaces. */
const ENFORCED: [string, string][] = [
  ["up", `up{${own}}`],
  ["up{}", `up{${own}}`],
  ['up{job="a"}', `up{job="a",${own}}`],
  ['up{namespace="pay"}', `up{namespace="pay",${own}}`],
  ['up{namespace=~".*"}', `up{namespace=~".*",${own}}`],
  ['up{namespace=""}', `up{namespace="",${own}}`],
  ['{__name__=~".+"}', `{__name__=~".+",${own}}`],
  ["{\"a.metric\", 'namespace'=`pay`}", `{"a.metric",'namespace'=\`pay\`,${own}}`],
  ["rate(up[5m] offset 1h)", `rate(up{${own}}[5m] offset 1h)`],
  ["up @ end() offset -5m", `up{${own}} @ end() offset -5m`],
  ["max_over_time(rate(up[5m])[1h:1m])", `max_over_time(rate(up{${own}}[5m])[1h:1m])`],
  [
    "sum by (namespace) (a) / on(namespace) group_left() b",
    `sum by (namespace) (a{${own}}) / on(namespace) group_left() b{${own}}`,
  ],
  ["a and b or c unless d", `a{${own}} and b{${own}} or c{${own}} unless d{${own}}`],
  ["absent(up)", `absent(up{${own}})`],
  ["absent_over_time(up[5m])", `absent_over_time(up{${own}}[5m])`],
  ['label_replace(up, "namespace", "shop", "", "")', `label_replace(up{${own}}, "namespace", "shop", "", "")`],
  ['label_join(up, "namespace", "", "job") > bool 1', `label_join(up{${own}}, "namespace", "", "job") > bool 1`],
  ["-(((up)))", `-(((up{${own}})))`],
  ["topk(3, sum without(pod) (up))", `topk(3, sum without(pod) (up{${own}}))`],
  ['count_values("namespace", up)', `count_values("namespace", up{${own}})`],
  ["scalar(up) + vector(1) - time()", `scalar(up{${own}}) + vector(1) - time()`],
  ["histogram_quantile(0.9, sum by (le) (rate(b[5m])))", `histogram_quantile(0.9, sum by (le) (rate(b{${own}}[5m])))`],
  ['up{a="}{"}', `up{a="}{",${own}}`],
  ['up{a="# {"} # up', `up{a="# {",${own}} # up`],
  ['up{a="b", # }\n c="d",}', `up{a="b",c="d",${own}}`],
  ["up{a=`\\`} + `x`", `up{a=\`\\\`,${own}} + \`x\``],
  ["info_metric", `info_metric{${own}}`],
  ["inf_total + nan_total", `inf_total{${own}} + nan_total{${own}}`],
  ["1 + 2", "1 + 2"],
];

describe("an expression within namespaces", () => {
  it.each(ENFORCED)("has the matcher on every selector: %s", (expression, expected) => {
    const sent = withinNamespaces(expression, SCOPE);
    expect(sent).toBe(expected);
    expect(promqlProblem(sent)).toBeNull();
  });

  const WORDS =
    "sum min count quantile limitk by without on ignoring group_left bool offset and or unless atan2 start end step";
  it.each(WORDS.split(" "))("has it also where a word of the language is a metric's name: %s", (word) => {
    for (const expression of [word, `${word}{a="b"}`, `x + ${word}`, `rate(${word}[5m])`]) {
      const sent = promqlProblem(expression) ? null : withinNamespaces(expression, SCOPE);
      const selectors = expression.startsWith("x") ? 2 : 1;
      if (sent !== null) expect(sent.split(own), sent).toHaveLength(selectors + 1);
    }
  });

  it.each(["up{", 'up{a="b"}}', 'up{a="b', 'up"} or other{a="', "up + ", "up; up", 'up{namespace="a"} or', "", "{"])(
    "is refused where it cannot be read: %j",
    (expression) => {
      expect(() => withinNamespaces(expression, SCOPE)).toThrow(expect.objectContaining({ code: "INVALID_PROMQL" }));
    },
  );

  it.each(["info(up)", 'sum(INFO(up, {a="b"}))'])(
    "is refused where it reads what no selector names: %s",
    (expression) => {
      expect(() => withinNamespaces(expression, SCOPE)).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/^(FORBIDDEN|INVALID_PROMQL)$/) }),
      );
    },
  );

  it("reads no series of another namespace, whatever it does with labels", () => {
    const all: SourceSeries[] = ["shop", "team-a-1", "pay", ""].map((namespace, n) => ({
      labels: { __name__: "up", job: `j${n}`, ...(namespace ? { namespace } : {}) },
      at: () => 10 ** n,
    }));
    const read = new Set<string>();
    const source: SampleSource = {
      interval: 1000,
      first: 0,
      last: 600_000,
      select: (matchers) => {
        const found = all.filter(({ labels }) => matchers.every(({ name, matches }) => matches(labels[name] ?? "")));
        for (const { labels } of found) read.add(labels["namespace"] ?? "");
        return found;
      },
    };
    const total = (expression: string): number => {
      const { data } = queryInstant(expression, 300_000, source, { timeout: 1000 });
      if (data.resultType !== "vector") throw new Error(data.resultType);
      return data.result.reduce((sum, { value }) => sum + Number(value[1]), 0);
    };
    for (const expression of [
      "sum(up)",
      'sum({__name__=~".+"})',
      'sum(up{namespace!="shop"}) + 0',
      'sum(label_replace(up, "namespace", "shop", "", ""))',
      'sum(up{namespace=~"pay|shop"})',
    ]) {
      expect(total(expression), expression).toBeGreaterThan(total(withinNamespaces(expression, SCOPE)) - 1);
    }
    read.clear();
    expect(total(withinNamespaces("sum(up)", SCOPE))).toBe(11);
    expect([...read].sort()).toEqual(["shop", "team-a-1"]);
  });
});
