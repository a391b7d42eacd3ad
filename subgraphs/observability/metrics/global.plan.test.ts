import { describe, expect, it } from "vitest";
import { ClusterLabel } from "./cluster-label.plan.ts";
import { planGlobal } from "./global.plan.ts";

/** What is sent, a raw leaf with a star and one for some clusters with their matchers; and what is made of it. */
const planned = (query: string, label = "cluster") => {
  const { leaves, combining } = planGlobal(query, label);
  const sent = leaves.map(({ expression, raw, scope }) => {
    const clusters = scope.map(({ operator, value }) => ` for ${operator}${value}`).join("");
    return `${raw ? "*" : ""}${expression}${clusters}`;
  });
  return [sent.join("; "), combining?.text ?? null];
};

// That these are right is shown beside a real Prometheus: test/contract/global-metrics.test.ts.
describe("planGlobal", () => {
  it.each<[string, string, string | null]>([
    ["up", "*up", null],
    ['up{cluster=~"a.*", job="x"}', '*up{job="x"} for =~a.*', null],
    ['{cluster=~"a|b", x!="y"}', '*{__name__=~".+", x!="y"} for =~a|b', null],
    ['up{original_cluster="own"}', '*up{cluster="own"}', null],
    ["sum(up)", "sum(up)", "sum($1)"],
    ["sum by (cluster, job) (up)", "sum by (job) (up)", null],
    ["sum without (job) (up)", "sum without (job) (up)", null],
    ["sum without (job, cluster) (up)", "sum without (job) (up)", "sum without (job, cluster) ($1)"],
    ["avg by (job) (up)", "sum by (job) (up); count by (job) (up)", "sum by (job) ($1) / sum by (job) ($2)"],
    ["avg(up) + sum(up)", "sum(up); count(up)", "(sum($1) / sum($2)) + sum($1)"],
    ["topk(3, up)", "topk(3, up)", "topk(3, $1)"],
    ['count_values without (cluster, v) ("v", up)', 'count_values without (v) ("v", up)', "sum without (cluster) ($1)"],
    ["stddev(rate(a[5m]))", "*rate(a[5m])", "stddev($1)"],
    ["stddev(sum by (cluster) (a))", "sum(a)", "stddev($1)"],
    [
      "histogram_quantile(0.9, sum by (le) (rate(a[5m])))",
      "sum by (le) (rate(a[5m]))",
      "histogram_quantile(0.9, sum by (le) ($1))",
    ],
    ["a / on (cluster, x) group_left () b", "*a / on (x) group_left () b", null],
    ["a / ignoring (y) b", "*a / ignoring (y) b", null],
    ["a / on (x) b", "*a; *b", "$1 / on (x) $2"],
    ['a{cluster="c"} * on (cluster) b', "*a * on () b for =c", null],
    ['a{cluster="c"} or b', "*a for =c; *b", "$1 or $2"],
    ["a > scalar(sum(b))", "sum(b); *a", "$2 > scalar(sum($1))"],
    ["a - time() > 5", "*(a - time()) > 5", null],
    ["absent(a)", "group(a)", "absent($1)"],
    ["absent_over_time(a[5m])", "group(present_over_time(a[5m]))", "absent($1)"],
    ["max_over_time(sum(a)[1h:1m])", "sum(a)", "max_over_time(sum($1)[1h:1m])"],
    ["sum(a) + max_over_time(sum(a)[1h:1m])", "sum(a); sum(a)", "sum($1) + max_over_time(sum($2)[1h:1m])"],
    ["max_over_time(a[1h:])", "*max_over_time(a[1h:])", null],
    ["vector(time()) + 1", "", "vector(time()) + 1"],
    ['label_replace(a, "x", "$1", "cluster", "(.*)")', "*a", 'label_replace($1, "x", "$1", "cluster", "(.*)")'],
  ])("%s", (query, sent, combining) => expect(planned(query)).toEqual([sent, combining]));

  it("has the cluster label that it is told", () => {
    expect(planned('sum by (k8s, cluster) (up{k8s="a", cluster="b"})', "k8s")).toEqual([
      'sum by (cluster) (up{cluster="b"}) for =a',
      null,
    ]);
  });

  it.each([
    ["17 requests to each cluster", Array.from({ length: 17 }, (_, i) => `sum(a${i})`).join(" + ")],
    ["more than 500 levels", Array(501).fill("1").join("^")],
    ["more than the stack has", Array(8000).fill("1").join("^")],
  ])("refuses %s", (_, query) => {
    expect(() => planGlobal(query, "cluster")).toThrow(
      expect.objectContaining({ code: "NOT_GLOBAL", details: expect.objectContaining({ reason: "TOO_LARGE" }) }),
    );
  });

  it("refuses what is not PromQL", () => {
    expect(() => planGlobal("sum(up offset 5m offset 6m)", "cluster")).toThrow(
      expect.objectContaining({ code: "INVALID_PROMQL" }),
    );
  });
});

describe("ClusterLabel", () => {
  const label = new ClusterLabel("cluster");

  it("gives each label another name than any other has", () => {
    const metric = { cluster: "a", original_cluster: "b", cluster_name: "c" };
    expect(label.outside(metric, "prod")).toEqual({
      cluster: "prod",
      original_cluster: "a",
      original_original_cluster: "b",
      cluster_name: "c",
    });
    expect(label.listInside(["cluster", "original_cluster", "original_original_cluster", "cluster_name"])).toEqual([
      "cluster",
      "original_cluster",
      "cluster_name",
    ]);
  });
});
