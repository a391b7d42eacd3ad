import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { clusterSpec } from "../demo/catalogue.ts";
import { sampleSource } from "../demo/world/samples.ts";
import { buildWorld, SCRAPE_INTERVAL } from "../demo/world/world.ts";
import { missingPrograms, type RealPrometheus, startStoredPrometheus } from "../test/support/prometheus.ts";
import { formatValue } from "./literals.ts";
import { type QueryData, queryInstant, queryRange } from "./query.ts";

const missing = process.env["REQUIRE_SERVICES"] === "1" ? [] : missingPrograms("prometheus", "promtool");
const suffix = missing.length > 0 ? ` (skipped: ${missing.join(", ")} not found)` : "";

const END = Date.UTC(2026, 2, 10, 18) / 1000;
const START = END - 2 * 3600;
// Never on the 15 s grid: Prometheus 2 closes ranges at both ends and 3 opens them on the left, as we do.
const AT = END - 6.5;

const QUERIES = [
  "up",
  'container_memory_working_set_bytes{namespace="shop"}',
  "sum(rate(container_cpu_usage_seconds_total[5m])) by (namespace)",
  'rate(container_cpu_usage_seconds_total{namespace=~"ran|upf-core"}[2m])',
  'increase(kube_pod_container_status_restarts_total{namespace="upf-core"}[1h])',
  'irate(http_requests_total{service="checkout"}[5m])',
  'resets(container_cpu_usage_seconds_total{pod="smf-0"}[1h])',
  'rate(container_cpu_usage_seconds_total{pod="smf-0"}[30m])',
  "changes(kube_pod_start_time[1h])",
  '1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m]))',
  "sum without (cpu, mode) (rate(node_cpu_seconds_total[5m]))",
  "node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes",
  "histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket[5m])))",
  "histogram_quantile(0.5, sum by (le, path) (rate(http_request_duration_seconds_bucket[10m])))",
  'sum(rate(http_requests_total{code=~"5.."}[5m])) / sum(rate(http_requests_total[5m]))',
  "topk(3, container_memory_working_set_bytes)",
  "bottomk(2, container_memory_working_set_bytes) by (namespace)",
  "quantile(0.9, container_memory_working_set_bytes)",
  "stddev by (namespace) (container_memory_working_set_bytes)",
  'count_values("phase", kube_pod_status_phase)',
  "max_over_time(node_load1[30m]) - min_over_time(node_load1[30m])",
  "quantile_over_time(0.8, node_load1[1h])",
  "stddev_over_time(node_load1[1h])",
  // Subqueries evaluate at whole minutes, which are on the grid: the offset moves them off it.
  "avg_over_time(sum(rate(http_requests_total[5m] offset 7s))[30m:1m])",
  "delta(node_memory_MemAvailable_bytes[20m])",
  "deriv(node_filesystem_avail_bytes[30m])",
  "predict_linear(node_filesystem_avail_bytes[30m], 3600)",
  "sum by (node) (rate(container_cpu_usage_seconds_total[5m]) * on (namespace, pod) group_left (host_ip) kube_pod_info)",
  'kube_pod_info * on (namespace, pod) group_right (created_by_kind) container_spec_memory_limit_bytes{namespace="ran"}',
  'kube_pod_info unless on (pod) container_memory_working_set_bytes{namespace="ran"}',
  'kube_pod_status_phase{phase="Running"} == 1 and on (namespace, pod) kube_pod_info{namespace="kube-system"}',
  "container_memory_working_set_bytes > bool 5e8",
  "container_memory_working_set_bytes / 2 ^ 20 > 500",
  'label_replace(up, "short", "$1", "instance", "(.*):.*")',
  'absent(up{job="nothing"}) or vector(time())',
  "clamp_max(round(node_load1 offset 10m, 0.25), 2)",
  "scalar(sum(up)) - count(up)",
  "-sum(up) % 3",
];

const answer = z.object({
  status: z.literal("success"),
  data: z.object({ resultType: z.string(), result: z.unknown() }),
});

/** Numbers equal to nine digits: the order in which floats are added differs. */
function normal(data: { resultType: string; result: unknown }): unknown {
  const number = (text: unknown) => {
    const value = Number(String(text).replace("Inf", "Infinity"));
    return Number.isFinite(value) ? Number(value.toPrecision(9)) : String(text);
  };
  const row = z.object({
    metric: z.record(z.string(), z.string()),
    value: z.tuple([z.number(), z.string()]).optional(),
    values: z.array(z.tuple([z.number(), z.string()])).optional(),
  });
  const rows = z.array(row).safeParse(data.result);
  if (!rows.success) return { type: data.resultType, value: number((data.result as unknown[])[1]) };
  return rows.data
    .map(({ metric, value, values }) => ({
      metric: Object.entries(metric).sort(([a], [b]) => (a < b ? -1 : 1)),
      points: (values ?? (value === undefined ? [] : [value])).map(([time, text]) => [time, number(text)]),
    }))
    .sort((a, b) => (JSON.stringify(a.metric) < JSON.stringify(b.metric) ? -1 : 1));
}

describe.skipIf(missing.length > 0)(`the evaluator and a real Prometheus agree${suffix}`, () => {
  const world = buildWorld(clusterSpec(1, 3));
  const source = sampleSource(world, END * 1000);
  const limits = { timeout: 60_000 };
  let prometheus: RealPrometheus;

  /** The world's last two hours in the OpenMetrics text format, as promtool reads it. */
  function openMetrics(): string {
    const lines: string[] = [];
    for (const family of world.families.values()) {
      for (const { labels, at } of family.series) {
        const pairs = Object.entries(labels).filter(([key]) => key !== "__name__");
        const text = `${family.name}{${pairs.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(",")}}`;
        for (let t = START; t <= END; t += SCRAPE_INTERVAL) lines.push(`${text} ${formatValue(at(t))} ${t}`);
      }
    }
    return `${lines.join("\n")}\n# EOF\n`;
  }

  async function ask(path: string, params: Record<string, string>): Promise<QueryData> {
    return answer.parse(await prometheus.api(path, params)).data as QueryData;
  }

  beforeAll(async () => {
    prometheus = await startStoredPrometheus(openMetrics());
  });
  afterAll(() => prometheus[Symbol.asyncDispose]());

  it.each(QUERIES)("%s", async (query) => {
    const theirs = normal(await ask("query", { query, time: String(AT) }));
    expect(normal(queryInstant(query, AT * 1000, source, limits).data)).toEqual(theirs);
    const range = { start: AT - 2400, end: AT, step: 60 };
    const theirRange = normal(await ask("query_range", { query, ...mapText(range) }));
    const steps = { start: range.start * 1000, end: range.end * 1000, step: range.step * 1000 };
    expect(normal(queryRange(query, steps, source, limits).data)).toEqual(theirRange);
    expect(JSON.stringify(theirRange)).not.toBe("[]");
  });
});

function mapText(numbers: Record<string, number>): Record<string, string> {
  return Object.fromEntries(Object.entries(numbers).map(([key, value]) => [key, String(value)]));
}
