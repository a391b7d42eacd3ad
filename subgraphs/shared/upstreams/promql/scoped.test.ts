import { describe, expect, it } from "vitest";
import { queryInstant } from "../../../../promql/query.ts";
import type { SampleSource, SourceSeries } from "../../../../promql/source.ts";
import { scopedBy } from "./scoped.ts";
import { promqlProblem } from "./syntax.ts";

const scoped = (expression: string, ...clusters: string[]) => clusters.map(scopedBy(expression, "cluster"));

describe("an expression for one cluster", () => {
  it.each<[string, (string | null)[]]>([
    ["up", ["up", "up"]],
    ["time()", ["time()", "time()"]],
    ['up{cluster="a"}', ["up", null]],
    ['up{cluster!="a",job="x"}', [null, 'up{job="x"}']],
    ['up{cluster=~"a|c"}', ["up", null]],
    ['up{cluster!~"a|c"}', [null, "up"]],
    ['up{cluster=~"", cluster=~".*"}', [null, null]],
    ['up{cluster=~".+",cluster!="b"}', ["up", null]],
    ['{cluster="a"}', ['{__name__!=""}', null]],
    ['{cluster="a",job=~"x.*"}', ['{job=~"x.*",__name__!=""}', null]],
    ['{"up","cluster"=\'b\'}', [null, '{"up"}']],
    ['x{cluster="a"} + y', ["x + y", 'x{cluster="",cluster!=""} + y']],
    [
      'x{cluster="a"} or y{cluster="b",z="1"}',
      ['x or y{z="1",cluster="",cluster!=""}', 'x{cluster="",cluster!=""} or y{z="1"}'],
    ],
    ['up{original_cluster=~"x"}', ['up{cluster=~"x"}', 'up{cluster=~"x"}']],
    ['up{cluster="a",original_original_cluster!=""}', ['up{original_cluster!=""}', null]],
    ['absent(up{cluster="c"})', [null, null]],
    ['up{other="cluster"}', ['up{other="cluster"}', 'up{other="cluster"}']],
  ])("is without the matchers that were decided: %s", (expression, expected) => {
    expect(scoped(expression, "a", "b")).toEqual(expected);
    for (const sent of expected) if (sent !== null) expect(promqlProblem(sent)).toBeNull();
  });

  it("is refused where a regular expression cannot be read, in words that name it", () => {
    expect(() => scopedBy('up{cluster=~"a("}', "cluster")).toThrow(
      expect.objectContaining({ code: "INVALID_PROMQL", message: expect.stringContaining('cluster=~"a("') }),
    );
    expect(() => scopedBy('up{job=~"a("}', "cluster")).not.toThrow();
  });
});

const textOf = (labels: Readonly<Record<string, string>>): string =>
  JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));

describe("its answers", () => {
  const CLUSTERS = ["a", "b", "c-1"];
  const series = (cluster: string, labelled: boolean): SourceSeries[] =>
    ["x", "y"].flatMap((name, n) =>
      ["1", "2"].map((pod) => ({
        labels: { __name__: name, pod, ...(labelled ? { cluster } : {}) },
        at: () => n * 100 + Number(pod) * 10 + CLUSTERS.indexOf(cluster),
      })),
    );
  const source = (all: SourceSeries[]): SampleSource => ({
    interval: 1000,
    first: 0,
    last: 600_000,
    select: (matchers) =>
      all.filter(({ labels }) => matchers.every(({ name, matches }) => matches(labels[name] ?? ""))),
  });
  const answer = (expression: string, all: SourceSeries[]): [string, string][] => {
    const { data } = queryInstant(expression, 300_000, source(all), { timeout: 1000 });
    if (data.resultType !== "vector") throw new Error(data.resultType);
    return data.result.map(({ metric, value }) => [textOf(metric), value[1]]);
  };
  const labelled = (key: string, cluster: string): string =>
    textOf({ ...(Object.fromEntries(JSON.parse(key) as [string, string][]) as Record<string, string>), cluster });

  it.each([
    'x{cluster="a"}',
    'x{cluster!="a"}',
    '{cluster=~"a|b",pod="1"}',
    '{cluster!~"c.*",pod!=""}',
    'x{cluster="a"} or y',
    'x{cluster="a"} or y{cluster="b"}',
    'x and on(pod, cluster) y{cluster=~"b|c-\\\\d"}',
    'x unless on(pod, cluster) y{cluster="b"}',
    'sum by (cluster) (x{cluster!="b"}) + on(cluster) sum by (cluster) (y)',
    'sum by (cluster, pod) ({cluster=~".*1"})',
  ])("are together what one server with all series answers: %s", (expression) => {
    const whole = answer(
      expression,
      CLUSTERS.flatMap((cluster) => series(cluster, true)),
    );
    const parts = CLUSTERS.flatMap((cluster) => {
      const sent = scopedBy(expression, "cluster")(cluster);
      return sent === null
        ? []
        : answer(sent, series(cluster, false)).map(([key, value]) => `${labelled(key, cluster)} ${value}`);
    });
    expect(whole.length).toBeGreaterThan(0);
    expect(parts.sort()).toEqual(whole.map((row) => row.join(" ")).sort());
  });
});
