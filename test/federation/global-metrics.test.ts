import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import type { DemoFleet } from "../../demo/fleet.ts";
import { enrolledFleet } from "../support/demo.ts";
import { startGraph, type TestGraph } from "../support/graph.ts";
import { describeModes } from "../support/modes.ts";

const CLUSTERS = 6;

interface Series {
  metric: Record<string, string>;
  values: [number, string][];
}

await describeModes("Metrics over all clusters as one", (mode) => {
  let graph: TestGraph;
  let fleet: DemoFleet;

  beforeAll(async () => {
    graph = await startGraph({ mode });
    fleet = await enrolledFleet(graph, { clusters: CLUSTERS });
  });
  afterAll(async () => {
    await graph[Symbol.asyncDispose]();
    await fleet.close();
  });
  beforeEach(() => {
    graph.resetHops();
    fleet.resetRequests();
  });

  const sent = () =>
    fleet.requests().flatMap(({ upstream, params }) => (upstream === "prometheus" ? [params["query"]] : []));
  const now = () => new Date(Date.now() - 60_000).toISOString();
  const ask = (query: object) =>
    graph.ask(
      `query ($query: MetricQueryInput!) { metrics(query: $query) {
        complete clustersQueried clustersSucceeded results { clusterName data { metric values } }
        outcomes { clusterName status rows error { code } }
        global { resultType series { metric values }
          combination { method combining leaves { name expression raw clusters series } } } } }`,
      { query },
    );

  it("are answered from partial aggregates, with one request for each cluster and leaf", async () => {
    const query = { query: "avg by (namespace) (container_memory_working_set_bytes)", time: now(), scope: "GLOBAL" };
    const { data, errors } = await ask(query);
    expect(errors).toBeUndefined();
    const { global, ...metrics } = data.metrics;
    expect(metrics).toMatchObject({ complete: true, clustersSucceeded: CLUSTERS, results: [] });
    expect(global.combination).toEqual({
      method: "PUSHED_DOWN",
      combining: "sum by (namespace) ($1) / sum by (namespace) ($2)",
      leaves: ["sum", "count"].map((operator, i) => ({
        name: `$${i + 1}`,
        expression: `${operator} by (namespace) (container_memory_working_set_bytes)`,
        raw: false,
        clusters: CLUSTERS,
        series: expect.any(Number),
      })),
    });
    expect(sent()).toHaveLength(CLUSTERS * 2);
    expect(graph.hops()).toEqual(["observability"]);

    const each = await ask({ ...query, query: "container_memory_working_set_bytes", scope: "PER_CLUSTER" });
    const values = new Map<string, number[]>();
    for (const { data: series } of each.data.metrics.results) {
      for (const { metric, values: samples } of series) {
        const known = values.get(metric.namespace) ?? [];
        values.set(metric.namespace, [...known, Number(samples[0][1])]);
      }
    }
    const means = [...values].map(([namespace, all]) => [
      namespace,
      all.reduce((sum, one) => sum + one, 0) / all.length,
    ]);
    const answered = global.series.map(({ metric, values: samples }: Series) => [
      metric["namespace"],
      Number(samples[0]?.[1]),
    ]);
    expect(Object.fromEntries(answered)).toEqual(
      Object.fromEntries(means.map(([namespace, mean]) => [namespace, expect.closeTo(Number(mean), -1)])),
    );
  });

  it("are answered from merged series where nothing else is exact", async () => {
    const { data, errors } = await ask({ query: "quantile(0.9, node_load1)", scope: "GLOBAL" });
    expect(errors).toBeUndefined();
    const { resultType, series, combination } = data.metrics.global;
    expect([resultType, series.length, series[0].values.length]).toEqual(["MATRIX", 1, 61]);
    expect(combination).toMatchObject({
      method: "MERGED_RAW",
      combining: "quantile(0.9, $1)",
      leaves: [{ raw: true }],
    });
    expect(sent()).toEqual(Array(CLUSTERS).fill("node_load1"));
  });

  it("name their cluster, by which they can be grouped and chosen", async () => {
    const [first, second] = fleet.clusters.map(({ name }) => name).sort();
    const { data } = await ask({
      query: `sum by (cluster) (up{cluster=~"${first}|${second}"})`,
      time: now(),
      scope: "GLOBAL",
    });
    const { global, outcomes } = data.metrics;
    expect(global.series.map(({ metric }: Series) => metric)).toEqual([{ cluster: first }, { cluster: second }]);
    expect(outcomes.map(({ clusterName }: { clusterName: string }) => clusterName)).toEqual([first, second]);
    expect(sent()).toEqual(["sum(up)", "sum(up)"]);
  });

  it("share a request with what else the operation asks of a cluster", async () => {
    const { errors } = await graph.ask(`{
      each: metrics(query: { query: "sum(up)" }) { complete }
      all: metrics(query: { query: "sum(up) * 2", scope: GLOBAL }) { complete }
    }`);
    expect(errors).toBeUndefined();
    expect(sent()).toEqual(Array(CLUSTERS).fill("sum(up)"));
  });

  it("are refused, with a reason and a way out, where no exact answer is known, before anybody is asked", async () => {
    const { errors } = await ask({ query: "limitk(2, up)", scope: "GLOBAL" });
    expect(errors?.[0]?.extensions).toMatchObject({
      code: "NOT_GLOBAL",
      details: { reason: "UNSUPPORTED", wayOut: expect.stringContaining("PER_CLUSTER") },
    });
    const { errors: wrong } = await graph.ask(
      `{ clusters { items { metrics(query: { query: "up", scope: GLOBAL }) { status } } } }`,
    );
    expect(wrong?.[0]?.extensions).toMatchObject({ code: "BAD_USER_INPUT" });
    expect(sent()).toEqual([]);
  });

  it("are over the clusters that answer, and say so, unless all are demanded", async () => {
    const dead = fleet.clusters[2]?.name ?? "";
    const query = { query: "count(count by (cluster) (up))", time: now(), scope: "GLOBAL" };
    await fleet.setFault(dead, "prometheus", "refuse");
    try {
      const { data } = await ask(query);
      const { global, complete, clustersSucceeded, outcomes } = data.metrics;
      expect({ complete, clustersSucceeded }).toEqual({ complete: false, clustersSucceeded: CLUSTERS - 1 });
      expect(global.series[0].values[0][1]).toBe(String(CLUSTERS - 1));
      expect(outcomes.filter(({ status }: { status: string }) => status !== "SUCCESS")).toEqual([
        { clusterName: dead, status: "ERROR", rows: 0, error: { code: "UPSTREAM_UNREACHABLE" } },
      ]);
      const { errors } = await ask({ ...query, completeness: { onPartial: "FAIL" } });
      expect(errors?.[0]?.extensions).toMatchObject({
        code: "INCOMPLETE",
        details: { clusters: [{ clusterName: dead }] },
      });
    } finally {
      await fleet.setFault(dead, "prometheus", null);
    }
  });
});
