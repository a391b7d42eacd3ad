import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type ClusterSpec, clusterSpec } from "../catalogue.ts";
import { call } from "../testing/call.ts";
import { lacking, recording } from "../testing/recordings.ts";
import { buildWorld } from "../world/world.ts";
import { prometheusHandler } from "./api.ts";

const handler = prometheusHandler(buildWorld(clusterSpec(1, 4)));
const NOW = Date.UTC(2026, 10, 22, 22, 1, 2);
const ask = (path: string, options: { method?: string; form?: string } = {}) =>
  call(handler, path, { ...options, now: NOW });
const success = z.object({ status: z.literal("success"), data: z.unknown() });
const dataOf = (path: string) => success.parse(ask(path).data).data;

const typed = z.object({ data: z.object({ resultType: z.string() }) });
/** The type of a query's result; for other answers whether they are lists. */
function kindOf(answer: unknown): string {
  const query = typed.safeParse(answer);
  return query.success ? query.data.data.resultType : String(Array.isArray(success.parse(answer).data));
}

describe("answers like the recorded ones", () => {
  it.each(["ready", "healthy", "not-found-api", "not-found-path", "method-not-allowed"])(
    "%s, to the letter",
    (name) => {
      const real = recording("prometheus-3.5", name);
      const ours = ask(real.path, { method: real.method });
      expect([ours.status, ours.contentType, ours.data]).toEqual([real.status, real.contentType, real.answer]);
    },
  );

  const error = z.object({ status: z.literal("error"), errorType: z.string(), error: z.string() });

  it.each([
    "query-missing",
    "query-bad-time",
    "query-range-string-expression",
    "query-range-end-before-start",
    "query-range-too-many-points",
    "series-no-match",
    "series-empty-matcher",
    "query-range-missing-step",
  ])("the error %s, to the letter", (name) => {
    const real = recording("prometheus-3.5", name);
    const ours = ask(real.path);
    expect([ours.status, ours.data]).toEqual([real.status, real.answer]);
  });

  // The texts of these hold what the recorded fleet had, or a parser's own words: clients match on the type.
  it.each(["query-bad-promql", "query-bad-many-to-many"])("the kind of error %s", (name) => {
    const real = recording("prometheus-3.5", name);
    const ours = ask(real.path);
    expect(ours.status).toBe(real.status);
    expect(error.parse(ours.data).errorType).toBe(error.parse(real.answer).errorType);
  });

  it.each([
    "status-buildinfo",
    "query-vector",
    "query-vector-aggregated",
    "query-scalar",
    "query-string",
    "query-matrix-instant-range-selector",
    "query-empty-result",
    "query-limit",
    "query-warnings-or-infos",
    "query-post-form",
    "query-range-matrix",
    "query-range-scalar-expression",
    "labels",
    "label-values",
    "label-values-invalid-name",
    "series",
    "metadata",
    "targets-active",
  ])("the shape of %s", (name) => {
    const real = recording("prometheus-3.5", name);
    const ours = ask(real.path, { method: real.method, ...(real.body === null ? {} : { form: real.body }) });
    expect([ours.status, ours.contentType]).toEqual([real.status, real.contentType]);
    expect(kindOf(ours.data)).toEqual(kindOf(real.answer));
    // The labels of listed series are data.
    const fixed = (keys: string[]) => (name === "series" ? [] : keys);
    expect(fixed(lacking(real.answer, ours.data))).toEqual([]);
    expect(fixed(lacking(ours.data, real.answer))).toEqual([]);
  });

  it("labels GPU metrics as the exporter of the recording does", () => {
    const row = z.object({
      data: z.object({ result: z.array(z.object({ metric: z.record(z.string(), z.string()) })) }),
    });
    const labels = (answer: unknown) =>
      new Set(row.parse(answer).data.result.flatMap(({ metric }) => Object.keys(metric)));
    const real = recording("prometheus-3.5", "query-vector");
    // Of devices that claims give out, it tells no pods.
    const { gpu: { dra: _, ...gpu } = {}, ...spec } = clusterSpec(1, 4);
    const plugged = prometheusHandler(buildWorld({ ...spec, gpu: gpu as NonNullable<ClusterSpec["gpu"]> }));
    expect(labels(call(plugged, "/api/v1/query?query=DCGM_FI_DEV_GPU_UTIL", { now: NOW }).data)).toEqual(
      labels(real.answer),
    );
  });
});

describe("parameters", () => {
  it("takes times as unix seconds and RFC 3339, steps as seconds and durations", () => {
    const base = "/api/v1/query_range?query=sum(up)";
    const seconds = dataOf(`${base}&start=1795384262&end=1795384862.0&step=60`);
    const stamps = dataOf(`${base}&start=2026-11-22T21:51:02Z&end=2026-11-22T23:01:02%2B01:00&step=1m`);
    expect(stamps).toEqual(seconds);
    expect(seconds).toMatchObject({ result: [{ values: { length: 11 } }] });
    expect(dataOf("/api/v1/query?query=1&time=2026-11-22T21:51:02.5Z")).toMatchObject({ result: [1795384262.5, "1"] });
  });

  it.each(["time=x", "timeout=x", "limit=x"])("refuses %s", (bad) => {
    expect(ask(`/api/v1/query?query=up&${bad}`).status).toBe(400);
  });

  it("refuses a step that is not positive", () => {
    expect(ask("/api/v1/query_range?query=up&start=1&end=2&step=0").data).toMatchObject({ errorType: "bad_data" });
  });

  it("stops a query that takes longer than its timeout", () => {
    const slow = `/api/v1/query_range?query=${encodeURIComponent("sum(rate(node_cpu_seconds_total[1h]))")}`;
    const ours = ask(`${slow}&start=1795300000&end=1795384862&step=30&timeout=1ms`);
    expect([ours.status, ours.data]).toMatchObject([503, { errorType: "timeout" }]);
  });

  it("shows no sample of the future", () => {
    const { result } = z
      .object({ result: z.array(z.object({ values: z.array(z.tuple([z.number(), z.string()])) })) })
      .parse(dataOf(`/api/v1/query_range?query=sum(up)&start=1795384862&end=1795386662&step=60`));
    // Five minutes of looking back, then nothing.
    expect(result[0]?.values).toHaveLength(5);
  });
});

describe("the catalogue", () => {
  it("is consistent", () => {
    const strings = (path: string) => z.array(z.string()).parse(dataOf(path));
    expect(strings("/api/v1/label/__name__/values")).toContain("container_cpu_usage_seconds_total");
    expect(strings("/api/v1/label/namespace/values?match[]=kube_pod_info")).toContain("ai-serving");
    expect(strings("/api/v1/labels?match[]=up")).toEqual(["__name__", "instance", "job", "namespace", "node", "pod"]);
    expect(ask("/api/v1/labels?limit=2").data).toMatchObject({ data: { length: 2 }, warnings: [expect.any(String)] });
    const series = z
      .array(z.record(z.string(), z.string()))
      .parse(dataOf('/api/v1/series?match[]=up{job="kubelet"}&match[]=kube_node_info'));
    expect(new Set(series.map((labels) => labels["__name__"]))).toEqual(new Set(["up", "kube_node_info"]));
    expect(dataOf("/api/v1/metadata?limit=3")).toSatisfy((data: object) => Object.keys(data).length === 3);
    expect(dataOf("/api/v1/metadata?metric=nothing")).toEqual({});
  });
});

describe("the targets", () => {
  const Targets = z.object({
    activeTargets: z.array(z.object({ labels: z.record(z.string(), z.string()), health: z.string() })),
  });
  const active = (state: string) => Targets.parse(dataOf(`/api/v1/targets${state}`)).activeTargets;

  it("are what has the series up", () => {
    const { result } = z
      .object({
        result: z.array(
          z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) }),
        ),
      })
      .parse(dataOf("/api/v1/query?query=up"));
    const up = result.map(({ metric: { __name__, ...labels }, value }) => ({
      labels,
      health: value[1] === "1" ? "up" : "down",
    }));
    expect(active("?state=active")).toEqual(up);
    expect(active("")).toEqual(up);
    expect(active("?state=dropped")).toEqual([]);
  });
});

describe("a Thanos querier", () => {
  const thanos = prometheusHandler(buildWorld(clusterSpec(1, 0)));
  const query = (form: string) => call(thanos, "/api/v1/query", { method: "POST", form, now: NOW });

  it("reads dedup, and refuses what is no boolean", () => {
    for (const form of ["query=1", "query=1&dedup=true", "query=1&dedup=0"]) expect(query(form).status).toBe(200);
    expect([query("query=1&dedup=neither").status, query("query=1&dedup=neither").data]).toEqual([
      400,
      {
        status: "error",
        errorType: "bad_data",
        error: `'dedup' parameter: strconv.ParseBool: parsing "neither": invalid syntax`,
      },
    ]);
  });

  it("is what Prometheus is not, which ignores dedup", () => {
    expect(ask("/api/v1/query?query=1&dedup=neither").status).toBe(200);
  });
});
