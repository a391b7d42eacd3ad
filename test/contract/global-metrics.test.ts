import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { randomExpressions } from "../../bench/fuzz/promql.ts";
import { parseValue } from "../../promql/literals.ts";
import { labelsKey } from "../../promql/values.ts";
import { ClusterQueries } from "../../subgraphs/observability/metrics/cluster-queries.loader.ts";
import { GlobalMetricsService } from "../../subgraphs/observability/metrics/global.service.ts";
import type { GlobalMetrics } from "../../subgraphs/observability/metrics/global.type.ts";
import { metricsLoader } from "../../subgraphs/observability/metrics/metrics.loader.ts";
import { FleetClients } from "../../subgraphs/shared/fleet/clients.ts";
import { FleetDirectory } from "../../subgraphs/shared/fleet/directory.ts";
import { SIGNED_OUT } from "../../subgraphs/shared/fleet/sign-in.ts";
import { CodedError } from "../../subgraphs/shared/kernel/errors.ts";
import { UpstreamHttp } from "../../subgraphs/shared/upstreams/http.ts";
import { clusterRow, identity } from "../support/clusters.ts";
import { openTestDatabase, type TestDatabase } from "../support/database.ts";
import { END, fleetSamples } from "../support/fleet-samples.ts";
import { missingPrograms, type RealPrometheus, startStoredPrometheus } from "../support/prometheus.ts";
import { loopbackGuard } from "../support/target-guard.ts";

const missing = process.env["REQUIRE_SERVICES"] === "1" ? [] : missingPrograms("prometheus", "promtool");
const suffix = missing.length > 0 ? ` (skipped: ${missing.join(", ")} not found)` : "";

// Off the grid of the samples and of subqueries' steps: Prometheus 2 closes ranges at both ends, and 3 opens them on the left.
const AT = END - 6.5;
const FIXED = END - 1800.5;
const RATE = "rate(requests_total[5m])";

/** Asked of the clusters as partial results, or as a whole. */
const PUSHED_DOWN = [
  "temperature",
  RATE,
  'increase(requests_total{code="500"}[10m])',
  "irate(requests_total[2m])",
  "resets(requests_total[1h])",
  "quantile_over_time(0.9, temperature[10m])",
  "temperature - temperature offset 10m",
  "temperature - time()",
  "-temperature ^ 2 % 7",
  "timestamp(temperature)",
  'temperature{cluster="alpha"}',
  'temperature{cluster!="alpha"}',
  'temperature{cluster=~"al.*|gamma"}',
  'temperature{cluster="nobody"}',
  '{cluster="alpha", room="hall"}',
  '{cluster="alpha"}',
  "owned",
  'owned{original_cluster="east"}',
  'owned{original_original_cluster="older"}',
  "sometimes",
  "count_over_time(sometimes[1h])",
  "sum(requests_total)",
  `sum by (job) (${RATE})`,
  `sum without (instance, code) (${RATE})`,
  `sum without (cluster, instance) (${RATE})`,
  "sum by (cluster) (requests_total)",
  "sum(sum by (cluster) (requests_total))",
  "max(count by (cluster, job) (requests_total))",
  "count(count by (instance) (temperature))",
  "avg(temperature)",
  "avg by (room) (temperature)",
  "avg without (cluster, instance) (temperature)",
  "avg(replicas)",
  "avg(memory_bytes)",
  "avg(sum by (cluster) (replicas))",
  "min(temperature)",
  "max by (room) (temperature)",
  "sum by (kind) (extreme)",
  "avg by (kind) (extreme)",
  "min by (kind) (extreme)",
  "max by (kind) (extreme)",
  "sum by (kind) (1 / extreme)",
  "count by (job) (requests_total)",
  "count(sometimes)",
  "group by (job) (requests_total)",
  'count by (__name__) ({instance="node-0"})',
  "topk(3, temperature)",
  "topk by (room) (1, temperature)",
  "topk by (cluster) (1, temperature)",
  "bottomk(2, memory_bytes)",
  `topk(2, ${RATE})`,
  "topk(3, sum by (instance) (memory_bytes))",
  'count_values("v", replicas)',
  'count_values by (job) ("v", replicas)',
  'count_values by (cluster) ("v", replicas)',
  'count_values without (cluster, instance) ("job", replicas)',
  'count_values("v", memory_bytes)',
  'count_values("v", extreme)',
  "stdvar by (cluster) (temperature)",
  `histogram_quantile(0.95, sum by (le) (rate(latency_bucket[5m])))`,
  `histogram_quantile(0.5, sum by (le, path) (rate(latency_bucket[5m])))`,
  `histogram_quantile(0.99, sum without (cluster) (rate(latency_bucket[10m])))`,
  "histogram_quantile(0.9, rate(latency_bucket[10m]))",
  "histogram_quantile(scalar(count(build_info)) / 10, sum by (le) (latency_bucket))",
  'sum(rate(requests_total{code=~"5.."}[5m])) / sum(rate(requests_total[5m]))',
  `sum by (job) (${RATE}) * 100 / ignoring (job) group_left () sum(${RATE})`,
  `sum by (job, code) (${RATE}) / on (job) group_left () sum by (job) (${RATE})`,
  "temperature / on (cluster, instance) memory_bytes",
  "requests_total * on (cluster, instance) group_left (version) build_info",
  "requests_total * ignoring (code, job, version) group_left (cluster, version) build_info",
  'sum by (version) (requests_total * ignoring (code, job, version) group_left (version) build_info{instance!=""})',
  "temperature > 20",
  "temperature > bool 20",
  "20 < temperature",
  "sum(temperature) > 5",
  "sum(replicas) == bool 5",
  "count(temperature > 20) or vector(0)",
  "temperature and on (cluster, instance) memory_bytes > 1e15",
  "temperature unless on (cluster, instance) only_alpha",
  "sum(nothing) or sum(replicas)",
  'temperature{cluster="alpha"} and temperature{cluster=~"a.*"}',
  "sum(requests_total offset 30m)",
  `sum(rate(requests_total[5m] offset 1h)) / sum(${RATE})`,
  "sum(temperature offset -5m)",
  `sum(temperature @ ${FIXED})`,
  "sum(temperature @ end()) - sum(temperature @ start())",
  "rate(requests_total[5m] @ start() offset 7m)",
  `max_over_time(${RATE}[30m:1m])`,
  "max_over_time((temperature > 20)[30m:])",
  "max_over_time(sum(temperature)[9m30s:1m])",
  `avg_over_time(sum by (job) (${RATE})[9m30s:1m])`,
  "quantile_over_time(0.5, count(sometimes)[59m50s:5m])",
  "sum_over_time((sum(replicas) > 5)[19m50s:1m] offset 3m)",
  `min_over_time(avg(temperature)[9m30s:30s] @ ${FIXED})`,
  "max_over_time(max_over_time(sum(temperature)[4m50s:1m])[19m50s:2m])",
  "stddev_over_time(sum(temperature)[9m30s:1m]) + changes(sum(replicas)[59m30s:1m])",
  "deriv(sum(temperature)[9m30s:1m])",
  "predict_linear(sum(temperature)[9m30s:1m], 3600)",
  "last_over_time(topk(1, temperature)[9m30s:1m])",
  "absent_over_time(sum(nothing)[9m30s:1m])",
  "absent(nothing)",
  'absent(nothing{a="b", cluster="c"})',
  "absent(only_alpha)",
  'absent(only_alpha{cluster="beta"})',
  'absent_over_time(sometimes{instance="node-0"}[5m])',
  "absent(sum(nothing))",
  "scalar(sum(replicas))",
  "scalar(sum(replicas)) + 1",
  "vector(scalar(count(temperature)))",
  "time() - 60",
  "1 + 1",
  "vector(1)",
  "hour() + minute() / 100",
  "day_of_year(max(timestamp(temperature)))",
  "timestamp(sum(temperature)) - max(timestamp(temperature))",
  'label_replace(temperature, "short", "$1", "instance", "node-(.*)")',
  'label_replace(owned, "original_cluster", "x", "shard", "1")',
  'label_join(temperature, "both", "/", "room", "instance")',
  "sort_desc(sum by (cluster, job) (requests_total))",
  "abs(sum(-temperature)) + round(avg(temperature), 0.1) + clamp(sum(temperature), 0, 100) + ln(sum(temperature))",
  "-sum by (room) (temperature) ^ 2",
  "sum by (cluster, original_cluster) (owned)",
  "sum by (original_cluster) (owned)",
  "sum without (original_cluster) (owned)",
  "count by (original_original_cluster) (owned)",
  "sum by (shard) (owned) * on (shard) group_left (original_cluster) topk by (shard) (1, owned)",
];

/** At least in part asked for series as they are. */
const MERGED_RAW = [
  "quantile(0.9, temperature)",
  `quantile by (job) (0.5, ${RATE})`,
  "stddev(temperature)",
  'stdvar by (room) (temperature{room!="lab"})',
  'avg by (__name__) ({instance="node-0", room=""})',
  "topk(scalar(count(only_alpha)) + 1, temperature)",
  "memory_bytes / on (job) group_left () sum by (job) (memory_bytes)",
  "memory_bytes / scalar(sum(memory_bytes))",
  'memory_bytes / on (job) group_left () limits{cluster="alpha"}',
  "temperature > scalar(avg(temperature))",
  "temperature > on () group_left () avg(temperature)",
  "temperature unless on (instance) only_alpha",
  'temperature{cluster="alpha"} or temperature{cluster="beta"}',
  'temperature{cluster="alpha"} unless on (instance) temperature{cluster="beta", room="hall"}',
  'temperature{cluster="alpha"} + on (instance) temperature{cluster="beta"}',
  'temperature{cluster="alpha"} >= on (instance) group_right () temperature{cluster="beta"}',
  "only_alpha or on (instance) temperature",
  "sometimes or ignoring (cluster) temperature",
  "clamp_max(temperature, scalar(avg(temperature)))",
  "scalar(temperature)",
  "scalar(only_alpha)",
  'label_replace(temperature, "where", "$1", "cluster", "(.).*")',
  'sum by (where) (label_replace(temperature, "where", "$1", "cluster", "(.).*"))',
  'label_replace(only_alpha, "cluster", "x", "instance", ".*")',
  'label_join(temperature, "both", "/", "cluster", "instance")',
  'count_values("cluster", replicas)',
  "sort(temperature)",
  "sort_desc(memory_bytes)",
  "max_over_time(quantile(0.9, temperature)[9m30s:1m])",
];

const REFUSED: readonly (readonly [reason: string, expression: string])[] = [
  ["UNSUPPORTED", "limitk(1, temperature)"],
  ["UNSUPPORTED", "sort_by_label(temperature, 'room')"],
  ["UNSUPPORTED", "temperature * fill(0) temperature"],
  ["UNSUPPORTED", "histogram_fraction(0, 1, sum(latency_bucket))"],
  ["DEFAULT_SUBQUERY_STEP", "max_over_time(sum(temperature)[10m:])"],
  ["MODIFIER_IN_SUBQUERY", "max_over_time(sum(temperature @ end())[9m30s:1m])"],
  ["SUBQUERY_TOO_FINE", "max_over_time(sum(temperature)[1d:1s])"],
  ["RANGE_PARAMETER", "quantile_over_time(scalar(avg(replicas)) / 10, temperature[5m])"],
  ["PATTERN", 'temperature{cluster=~"[[:alpha:]]+"}'],
  ["PATTERN", 'label_replace(temperature, "where", "$1", "cluster", "((a+)+)b")'],
  ["EVALUATION_FAILED", "memory_bytes / on (job) group_left () limits"],
  ["EVALUATION_FAILED", "temperature * on (instance) build_info"],
  ["EVALUATION_FAILED", 'label_replace(temperature, "cluster", "", "", "")'],
  ["TOO_MANY_SERIES", "temperature or requests_total or memory_bytes"],
];

interface Answer {
  type: string;
  /** In the order of the answer, where it has one. */
  rows: { key: string; points: [time: number, value: number][] }[];
}

/** What differs, in words; null where nothing does. Sums are added up in another order, and so differ in the last digits. */
function difference(ours: Answer, theirs: Answer, ordered: boolean): string | null {
  if (ours.type !== theirs.type) return `${ours.type}, not ${theirs.type}`;
  const rows = ({ rows: all }: Answer) => (ordered ? all : all.toSorted((a, b) => (a.key < b.key ? -1 : 1)));
  const [mine, other] = [rows(ours), rows(theirs)];
  const keys = (all: Answer["rows"]) => all.map(({ key }) => key).join("\n");
  if (keys(mine) !== keys(other)) return `series\n${keys(mine)}\n, not\n${keys(other)}`;
  for (const [i, { key, points }] of mine.entries()) {
    const expected = other[i]?.points ?? [];
    if (points.length !== expected.length) return `${points.length} points, not ${expected.length}, of ${key}`;
    for (const [k, [time, value]] of points.entries()) {
      const [at, wanted] = expected[k] ?? [0, 0];
      const close = Math.abs(value - wanted) <= 1e-9 * Math.max(Math.abs(value), Math.abs(wanted), 1e-3);
      if (time !== at || !(close || Object.is(value, wanted))) {
        return `${value} at ${time}, not ${wanted} at ${at}, of ${key}`;
      }
    }
  }
  return null;
}

interface Written {
  metric: Record<string, string>;
  value?: [number, string];
  values?: [number, string][];
}

const rowOf = ({ metric, value, values = value ? [value] : [] }: Written): Answer["rows"][number] => ({
  key: labelsKey(metric),
  points: values.map(([time, text]) => [time, parseValue(text)]),
});

describe.skipIf(missing.length > 0)(
  `A question to two clusters as one, beside a Prometheus that has both's series${suffix}`,
  () => {
    const guard = loopbackGuard();
    const http = new UpstreamHttp(guard);
    const clients = new FleetClients(http, { signIn: () => Promise.resolve(SIGNED_OUT) }, guard);
    let servers: RealPrometheus[];
    let union: RealPrometheus;
    let test: TestDatabase;

    beforeAll(async () => {
      const { clusters, ...samples } = fleetSamples();
      test = await openTestDatabase("embedded");
      servers = await Promise.all([samples.union, clusters.alpha, clusters.beta].map(startStoredPrometheus));
      const [whole, ...parts] = servers;
      if (!whole) throw new Error("There is no Prometheus.");
      union = whole;
      for (const [i, { url }] of parts.entries()) {
        const row = clusterRow({ name: Object.keys(clusters)[i] ?? "", prometheusUrl: url });
        await test.database.prisma.cluster.create({ data: row });
      }
    });
    afterAll(async () => {
      await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
      await http.close();
      await test.dispose();
    });

    async function ask(query: string, window: object, series = 1000): Promise<GlobalMetrics> {
      const limits = { seriesPerCluster: series, series, samples: 1_000_000, bytes: 100_000_000 };
      const operation = {
        id: "o",
        requestId: "r",
        startedAt: new Date(),
        identity: identity(),
        signal: new AbortController().signal,
      };
      const loader = metricsLoader(operation, new ClusterQueries(clients, limits, 0), (error) => {
        throw error;
      });
      const service = new GlobalMetricsService(operation, new FleetDirectory(test.database.prisma), loader);
      const { global } = await service.overFleet({
        query,
        step: "1m",
        timeout: 10,
        completeness: { onPartial: "FAIL" },
        ...window,
      });
      if (!global) throw new Error("There is no global answer.");
      return global;
    }

    const INSTANT = { time: new Date(AT * 1000) };
    const RANGE = { startTime: new Date((END - 2400) * 1000), endTime: new Date(END * 1000), step: "2m" };
    const [START_AT, END_AT] = [Math.floor((END - 2400) / 120) * 120, Math.floor(END / 120) * 120];

    /** A text where Prometheus refuses the expression. */
    async function oracle(query: string, window: object): Promise<Answer | string> {
      const { status, error, data } = await ("time" in window
        ? union.api("query", { query, time: String(AT) })
        : union.api("query_range", { query, start: String(START_AT), end: String(END_AT), step: "120" }));
      if (status !== "success") return `an answer, where Prometheus refuses: ${error}`;
      const type = data.resultType.toUpperCase();
      const scalar = type === "SCALAR" || type === "STRING";
      return {
        type,
        rows: scalar ? [rowOf({ metric: {}, value: data.result })] : (data.result as Written[]).map(rowOf),
      };
    }

    async function compare(query: string, window: object): Promise<[GlobalMetrics | CodedError, string | null]> {
      const theirs = await oracle(query, window);
      const ours = await ask(query, window).catch((error: unknown) => {
        if (error instanceof CodedError) return error;
        throw error;
      });
      if (ours instanceof CodedError) {
        const lied = ours.details?.["reason"] === "EVALUATION_FAILED" && typeof theirs !== "string";
        return [ours, lied ? `what Prometheus answers is said to be wrong: ${ours.message}` : null];
      }
      if (typeof theirs === "string") return [ours, theirs];
      const ordered = "time" in window && query.startsWith("sort");
      return [ours, difference({ type: ours.resultType, rows: ours.series.map(rowOf) }, theirs, ordered)];
    }

    it("is asked at least 80 expressions, of which it answers at least 60", () => {
      expect(PUSHED_DOWN.length + MERGED_RAW.length).toBeGreaterThanOrEqual(60);
      expect(PUSHED_DOWN.length + MERGED_RAW.length + REFUSED.length).toBeGreaterThanOrEqual(80);
    });

    describe.each([
      ["at an instant", INSTANT],
      ["over a range", RANGE],
    ])("%s", (_, window) => {
      it.each([
        ...PUSHED_DOWN.map((query) => ["PUSHED_DOWN", query] as const),
        ...MERGED_RAW.map((query) => ["MERGED_RAW", query] as const),
      ])("has the same answer, %s: %s", async (method, query) => {
        const [answer, different] = await compare(query, window);
        if (answer instanceof CodedError) throw answer;
        expect(different).toBeNull();
        expect(answer.combination.method).toBe(method);
      });

      it.each(REFUSED)("refuses, naming %s: %s", async (reason, query) => {
        const limit = reason === "TOO_MANY_SERIES" ? 10 : 1000;
        await expect(ask(query, window, limit)).rejects.toMatchObject({
          code: "NOT_GLOBAL",
          details: { reason, wayOut: expect.any(String) },
        });
      });
    });

    it("has texts and ranges at an instant only", async () => {
      for (const query of ['"text"', "temperature[2m]"]) {
        expect((await compare(query, INSTANT))[1]).toBeNull();
        await expect(ask(query, RANGE)).rejects.toMatchObject({ code: "INVALID_PROMQL" });
      }
    });

    it("has the same answer as Prometheus, or none, to whatever is put together of these", async () => {
      const end = performance.now() + 10_000;
      const counts = { asked: 0, answered: 0, ambiguous: 0 };
      for (const [i, query] of randomExpressions(1234, 400).entries()) {
        if (performance.now() > end) break;
        const [answer, different] = await compare(query, i % 2 === 0 ? INSTANT : RANGE);
        counts.asked += 1;
        // Of series that nothing matches, some need not be unique here: those of clusters that are not asked.
        if (different?.includes("found duplicate series for the match group")) counts.ambiguous += 1;
        else expect(different, query).toBeNull();
        if (!(answer instanceof CodedError)) counts.answered += 1;
        else expect(answer.code, `${query}: ${answer.message}`).toMatch(/NOT_GLOBAL|NO_CLUSTER_SUCCEEDED|INCOMPLETE/);
      }
      expect(counts.asked).toBeGreaterThan(100);
      expect(counts.answered / counts.asked).toBeGreaterThan(0.5);
      expect(counts.ambiguous / counts.asked).toBeLessThan(0.01);
    });
  },
);
