import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startGraph, type TestGraph } from "../support/graph.ts";
import { missingPrograms, type RealPrometheus, startPrometheus } from "../support/prometheus.ts";

const SERIES = 10_000;
const METRICS = [
  "# TYPE odd gauge",
  'odd{kind="nan"} NaN',
  'odd{kind="plus"} +Inf',
  'odd{kind="minus"} -Inf',
  "# TYPE many gauge",
  ...Array.from({ length: SERIES }, (_, index) => `many{index="${index}"} ${index}.5`),
  "",
].join("\n");

const missing =
  process.env["REQUIRE_SERVICES"] === "1" ? [] : missingPrograms("prometheus", "prometheus-node-exporter");
const suffix = missing.length > 0 ? ` (skipped: ${missing.join(", ")} not found)` : "";

interface Series {
  metric: Record<string, string>;
  value?: [number, string];
  values?: [number, string][];
}

describe.skipIf(missing.length > 0)(`A real Prometheus, asked through the gateway${suffix}`, () => {
  let prometheus: RealPrometheus;
  let graph: TestGraph;
  let id: string;

  beforeAll(async () => {
    [prometheus, graph] = await Promise.all([startPrometheus(METRICS), startGraph({ mode: "in one process" })]);
    const { data } = await graph.ask(
      `mutation ($url: URL!) { registerCluster(input: { name: "real-1", apiServerUrl: "https://127.0.0.1:9", endpoints: { prometheusUrl: $url }, credentials: { token: "of-nobody" } }) { id } }`,
      { url: prometheus.url },
    );
    id = data.registerCluster.id;
  }, 90_000);
  afterAll(async () => {
    await graph[Symbol.asyncDispose]();
    await prometheus[Symbol.asyncDispose]();
  });

  const ask = (query: object) =>
    graph.ask(
      `query ($query: MetricQueryInput!) { metrics(query: $query) { startTime endTime results { status resultType error data { metric values } outcome { rows warnings error { code } } } } }`,
      { query },
    );
  /** A moment that all later scrapes leave alone. */
  const now = () => new Date(Math.floor(Date.now() / 1000) * 1000 - 2000);
  const byLabels = (series: { metric: Record<string, string>; values: unknown }[]) =>
    [...series].sort((a, b) => (JSON.stringify(a.metric) < JSON.stringify(b.metric) ? -1 : 1));

  it("is checked: ready, though its API server is not there", async () => {
    const { data } = await graph.ask(
      `mutation ($id: UUID!) { refreshCluster(id: $id) { status { state prometheusHealthy apiServerHealthy healthScore } } }`,
      { id },
    );
    expect(data.refreshCluster.status).toEqual({
      state: "DEGRADED",
      prometheusHealthy: true,
      apiServerHealthy: false,
      healthScore: 50,
    });
  });

  it.each([
    "up",
    "node_cpu_seconds_total",
    "sum by (mode) (rate(node_cpu_seconds_total[10s]))",
    "histogram_quantile(0.9, sum by (le) (prometheus_http_request_duration_seconds_bucket))",
    "odd",
    "-odd * 0",
    "scalar(count(up))",
    '"a string"',
    "no_such_metric",
    "prometheus_tsdb_head_series / 3",
    "topk(3, many)",
  ])("answers an instant as Prometheus does, value for value: %s", async (query) => {
    const time = now();
    const expected = await prometheus.api("query", { query, time: String(time.getTime() / 1000) });
    const { data, errors } = await ask({ query, time: time.toISOString() });
    expect(errors).toBeUndefined();
    const [result] = data.metrics.results;
    expect(result).toMatchObject({
      status: "SUCCESS",
      error: null,
      resultType: expected.data.resultType.toUpperCase(),
    });
    const series =
      expected.data.resultType === "vector"
        ? (expected.data.result as Series[]).map(({ metric, value }) => ({ metric, values: [value] }))
        : [{ metric: {}, values: [expected.data.result] }];
    expect(byLabels(result.data)).toEqual(byLabels(series));
    expect(result.outcome.rows).toBe(series.length);
  });

  it("has NaN and the infinities in its answers as they are", async () => {
    const { data } = await ask({ query: "odd", time: now().toISOString() });
    const values = data.metrics.results[0].data.map(({ metric, values }: Required<Series>) => [
      metric["kind"],
      values[0]?.[1],
    ]);
    expect(Object.fromEntries(values)).toEqual({ nan: "NaN", plus: "+Inf", minus: "-Inf" });
  });

  it.each([
    "up",
    "sum by (mode) (rate(node_cpu_seconds_total[10s]))",
    "odd",
    "1 + 1",
    "no_such_metric",
    "process_resident_memory_bytes{job='node'}",
  ])("answers a range as Prometheus does, value for value: %s", async (query) => {
    const end = now();
    const start = new Date(end.getTime() - 20_000);
    const { data, errors } = await ask({
      query,
      startTime: start.toISOString(),
      endTime: end.toISOString(),
      step: "2s",
    });
    expect(errors).toBeUndefined();
    const { startTime, endTime, results } = data.metrics;
    const seconds = (text: string) => String(Date.parse(text) / 1000);
    const expected = await prometheus.api("query_range", {
      query,
      start: seconds(startTime),
      end: seconds(endTime),
      step: "2",
    });
    expect(results[0]).toMatchObject({ status: "SUCCESS", resultType: "MATRIX" });
    expect(byLabels(results[0].data)).toEqual(byLabels(expected.data.result as Required<Series>[]));
  });

  it(`answers ${SERIES} series whole`, async () => {
    const { data } = await ask({ query: "many", time: now().toISOString() });
    const [result] = data.metrics.results;
    expect(result.outcome.rows).toBe(SERIES);
    const byIndex = new Map(
      result.data.map(({ metric, values }: Required<Series>) => [metric["index"], values[0]?.[1]]),
    );
    expect(byIndex.size).toBe(SERIES);
    expect([byIndex.get("0"), byIndex.get("9999")]).toEqual(["0.5", "9999.5"]);
  });

  it("passes on what Prometheus says of a query it cannot evaluate", async () => {
    const { errors } = await ask({ query: "up * on(nothing) node_cpu_seconds_total", time: now().toISOString() });
    expect(errors?.[0]?.extensions).toMatchObject({
      code: "NO_CLUSTER_SUCCEEDED",
      details: { clusters: [{ error: { code: "UPSTREAM_QUERY_FAILED" } }] },
    });
    expect(errors?.[0]?.message).toContain("many-to-many");
  });

  describe("lists what Prometheus does", () => {
    const during = () => ({ start: new Date(Date.now() - 600_000), end: now() });
    const text = ({ start, end }: ReturnType<typeof during>) =>
      `range: { start: "${start.toISOString()}", end: "${end.toISOString()}" }`;
    const its = async (path: string, { start, end }: ReturnType<typeof during>, match = "") => {
      const [from, to] = [start, end].map((time) => String(Math.floor(time.getTime() / 1000)));
      const params = new URLSearchParams({ start: from ?? "", end: to ?? "", ...(match ? { "match[]": match } : {}) });
      return ((await (await fetch(`${prometheus.url}/api/v1/${path}?${params}`)).json()) as { data: unknown[] }).data;
    };
    const list = async (field: string, items: string) => {
      const { data, errors } = await graph.ask(`{ list: ${field} { truncated complete items ${items} } }`);
      expect(errors).toBeUndefined();
      return data.list;
    };

    it("label names and values", async () => {
      const range = during();
      expect(await list(`metricLabels(limit: 5000, ${text(range)})`, "")).toEqual({
        items: await its("labels", range),
        truncated: false,
        complete: true,
      });
      for (const label of ["job", "__name__", "no_such_label"]) {
        const { items } = await list(`metricLabelValues(label: "${label}", limit: 5000, ${text(range)})`, "");
        expect(items).toEqual(await its(`label/${label}/values`, range));
      }
      expect((await list(`metricLabelValues(label: "http.route", ${text(range)})`, "")).items).toEqual([]);
    });

    it("series, and cuts what this version, which knows no limit, answers whole", async () => {
      const range = during();
      const { items } = await list(`metricSeries(matchers: ["up{job!=''}"], ${text(range)})`, "{ metric }");
      const series = items.map(({ metric }: { metric: object }) => metric);
      expect(series).toHaveLength(3);
      expect(series).toEqual(expect.arrayContaining(await its("series", range, "up{job!=''}")));
      expect(await list(`metricSeries(matchers: ["many"], limit: 10, ${text(range)})`, "{ metric }")).toMatchObject({
        items: { length: 10 },
        truncated: true,
        complete: false,
      });
    });

    it("metadata, targets and rules", async () => {
      const { items: metadata } = await list(
        `metricMetadata(metric: "many")`,
        "{ metric type help unit clusters { id } }",
      );
      expect(metadata).toEqual([{ metric: "many", type: "gauge", help: "", unit: "", clusters: [{ id }] }]);
      const { items: targets } = await list("metricTargets", "{ pool labels health lastError interval scrapeSeconds }");
      expect(targets.map(({ pool }: { pool: string }) => pool)).toEqual(["node", "prometheus", "test"]);
      for (const target of targets) expect(target).toMatchObject({ health: "UP", lastError: null, interval: "1s" });
      expect(await list("metricRules", "{ name }")).toEqual({ items: [], truncated: false, complete: true });
    });
  });

  it("understands what expressions become that name a cluster", async () => {
    const time = now().toISOString();
    const asked = async (query: string, more: object = {}) =>
      (await ask({ query, time, ...more })).data.metrics.results;
    const labelled = { clusterLabel: "cluster" };
    const [plain] = await asked("up");
    for (const query of [
      'up{cluster="real-1"}',
      '{__name__="up",cluster=~"real-.*"}',
      'up{cluster!="x"} or many{cluster="x"}',
    ]) {
      const [result] = await asked(query, labelled);
      expect(byLabels(result.data)).toEqual(
        byLabels(
          plain.data.map(({ metric, values }: Required<Series>) => ({
            metric: { ...metric, cluster: "real-1" },
            values,
          })),
        ),
      );
    }
    const [all] = await asked('count({cluster="real-1"})', labelled);
    const [every] = await asked('count({__name__!=""})');
    expect(all.data[0].values).toEqual(every.data[0].values);
    expect(await asked('up{cluster="x"}', labelled)).toEqual([]);
  });

  it("is asked beside a cluster that is gone", async () => {
    await graph.ask(
      `mutation { registerCluster(input: { name: "gone-1", apiServerUrl: "https://127.0.0.1:9", endpoints: { prometheusUrl: "http://127.0.0.1:9" } }) { id } }`,
    );
    const { data, errors } = await ask({ query: "sum(up)", time: now().toISOString() });
    expect(errors).toBeUndefined();
    expect(data.metrics.results.map(({ status }: { status: string }) => status)).toEqual(["ERROR", "SUCCESS"]);
  });
});
