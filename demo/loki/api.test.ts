import { describe, expect, it } from "vitest";
import { z } from "zod";
import { clusterSpec } from "../catalogue.ts";
import { call } from "../testing/call.ts";
import { lacking, recording } from "../testing/recordings.ts";
import { buildWorld } from "../world/world.ts";
import { lokiHandler } from "./api.ts";

// The recorded cluster runs network functions, as this one does.
const world = buildWorld(clusterSpec(1, 3));
const handler = lokiHandler(world);
const NOW = Date.UTC(2026, 10, 22, 22, 6);
const hub = lokiHandler(buildWorld(clusterSpec(1, 0)));
const CATEGORIZE = { "x-loki-response-encoding-flags": "categorize-labels" };

const ask = (path: string, headers: Record<string, string> = {}) => call(handler, path, { now: NOW, headers });
const range = (query: string, more: Record<string, string> = {}) =>
  `/loki/api/v1/query_range?${String(new URLSearchParams({ query, ...more }))}`;

const streams = z.object({
  data: z.object({
    resultType: z.literal("streams"),
    result: z.array(
      z.object({
        stream: z.record(z.string(), z.string()),
        values: z.array(z.tuple([z.string(), z.string()]).rest(z.record(z.string(), z.record(z.string(), z.string())))),
      }),
    ),
  }),
});
const series = z.object({
  data: z.object({
    result: z.array(
      z.object({ metric: z.record(z.string(), z.string()), values: z.array(z.tuple([z.number(), z.string()])) }),
    ),
  }),
});

function streamsOf(query: string, more: Record<string, string> = {}, headers: Record<string, string> = {}) {
  const answer = call(hub, range(query, more), { now: NOW, headers });
  expect(answer.status).toBe(200);
  return streams.parse(answer.data).data.result;
}
const seriesOf = (query: string, more: Record<string, string> = {}) =>
  series.parse(call(hub, range(query, more), { now: NOW }).data).data.result;

describe("answers like the recorded ones", () => {
  it.each([
    "ready",
    "not-found",
    "method-not-allowed",
    "bad-limit",
    "bad-start",
    "end-before-start",
    "limit-too-high",
    "range-too-long",
    "too-many-points",
    "parse-error",
    "parse-error-empty-selector",
    "parse-error-match-all",
    "query-missing",
    "query-instant-log-query",
    "label-values-unknown",
    "tail-plain-http",
  ])("%s, to the letter", (name) => {
    const real = recording("loki-3.7", name);
    const ours = ask(real.path);
    expect([ours.status, ours.contentType, ours.data]).toEqual([real.status, real.contentType, real.answer]);
  });

  it.each([
    "buildinfo",
    "labels",
    "labels-no-range",
    "label-values",
    "label-values-filtered",
    "series",
    "series-no-match",
    "query-instant-empty",
    "query-instant-scalar",
    "query-instant-vector",
    "query-instant-vector-topk",
    "query-range-empty",
    "query-range-streams",
    "query-range-streams-forward",
    "query-range-matrix",
    "query-range-matrix-default-step",
  ])("the shape of %s", (name) => {
    const real = recording("loki-3.7", name);
    // These streams have no label "level", nor "cluster".
    const path = real.path
      .replace("%2Clevel%3D%22error%22", "")
      .replace("%7Blevel%3D%22error%22%7D", "%7Bapp%3D~%22.%2B%22%7D");
    const ours = ask(path.replace("%7Bcluster%3D", "%7Bapp%3D"));
    expect([ours.status, ours.contentType]).toEqual([real.status, real.contentType]);
    // The labels of listed streams are data.
    const fixed = (keys: string[]) => (name.startsWith("series") ? [] : keys);
    expect(fixed(lacking(real.answer, ours.data))).toEqual([]);
    expect(fixed(lacking(ours.data, real.answer))).toEqual([]);
  });

  it("query-range-parser-error-label", () => {
    const real = recording("loki-3.7", "query-range-parser-error-label");
    const ours = ask(real.path.replace("router", "smf"));
    const labels = (answer: unknown) => streams.parse(answer).data.result[0]?.stream;
    for (const label of ["__error__", "__error_details__"]) {
      expect(labels(ours.data)?.[label]).toBe(labels(real.answer)?.[label]);
    }
    expect([lacking(real.answer, ours.data), lacking(ours.data, real.answer)]).toEqual([[], []]);
  });

  it.each(["query-range-categorize-labels", "query-range-categorize-no-parser"])("the shape of %s", (name) => {
    const real = recording("loki-3.7", name);
    const ours = ask(real.path, CATEGORIZE);
    expect([ours.status, ours.contentType]).toEqual([real.status, real.contentType]);
    expect(ours.data).toMatchObject({ data: { encodingFlags: ["categorize-labels"] } });
    // Lines of this log are no JSON, so nothing is parsed out of them but an error.
    expect(lacking(real.answer, ours.data)).toEqual([]);
    expect(lacking(ours.data, real.answer)).toEqual([]);
  });
});

describe("logs", () => {
  it("are the newest, or from the start on the oldest, as many as asked for", () => {
    const times = (more: Record<string, string>) =>
      streamsOf('{namespace="shop"}', more)
        .flatMap(({ values }) => values.map(([time]) => BigInt(time)))
        .sort((a, b) => Number(a - b));
    const all = times({ limit: "5000", start: String(NOW / 1000 - 600) });
    expect(all.length).toBeGreaterThan(100);
    expect(times({ limit: "7", start: String(NOW / 1000 - 600) })).toEqual(all.slice(-7));
    expect(times({ limit: "7", start: String(NOW / 1000 - 600), direction: "FORWARD" })).toEqual(all.slice(0, 7));
    // From one nanosecond after a line the next one is the first.
    const [first = 0n, second] = all;
    expect(times({ limit: "1", direction: "forward", start: String(first + 1n) })).toEqual([second]);
    expect(times({ limit: "5000", start: String(first), end: String(second) })).toEqual([first]);
    expect(all.every((time) => time < BigInt(NOW) * 1_000_000n)).toBe(true);
    expect(times({ limit: "5000", since: "10m" })).toEqual(all);
    expect(ask(range('{app="x"}', { since: "soon" })).status).toBe(400);
  });

  it("have what is known beside a line among the labels of its stream, or beside it", () => {
    const [stream] = streamsOf('{app="frontend",container="frontend"} |= "request served"', { limit: "1" });
    expect(stream?.stream).toMatchObject({
      app: "frontend",
      detected_level: "info",
      trace_id: expect.any(String) as string,
    });
    const [apart] = streamsOf('{app="frontend",container="frontend"} |= "request served"', { limit: "1" }, CATEGORIZE);
    expect(apart?.stream).not.toHaveProperty("trace_id");
    expect(apart?.values[0]?.[2]).toEqual({
      structuredMetadata: {
        detected_level: "info",
        span_id: stream?.stream["span_id"],
        trace_id: stream?.stream["trace_id"],
      },
    });
  });

  it("are parsed and filtered", () => {
    const slow = streamsOf('{app="checkout"} | json | status >= 500 and duration_ms > 100 | method="POST"');
    expect(slow.length).toBeGreaterThan(0);
    for (const { stream } of slow) expect(stream).toMatchObject({ status: "500", method: "POST", path: "/checkout" });
    for (const { stream } of slow) expect(stream["trace_id_extracted"]).toBe(stream["trace_id"]);
    const [only] = streamsOf(
      '{app="checkout",container="checkout"} |= "request served" | json code="status" | keep code',
      {
        limit: "1",
      },
    );
    expect(Object.keys(only?.stream ?? {})).toEqual(["code"]);
    const [formatted] = streamsOf('{app="payment-worker"} | logfmt | line_format "{{.level}}: {{.msg}}"', {
      limit: "1",
    });
    expect(formatted?.values[0]?.[1]).toMatch(/^(info|warn): /);
    const [broken] = streamsOf('{app="kafka"} | json', { limit: "1" });
    expect(broken?.stream["__error__"]).toBe("JSONParserErr");
    const [first] = streamsOf('{app="kafka"} |~ "(?i)ROLLED|stabilized" !~ "seg.ent" != "nothing"', { limit: "1" });
    expect(first?.values[0]?.[1]).toContain("Stabilized");
    expect(streamsOf('{app="checkout"} | json | duration_ms < 1 or duration_ms = 1')).toEqual([]);
  });

  it("are kept a day", () => {
    const day = 86_400_000_000_000n;
    const old = {
      start: String(BigInt(NOW) * 1_000_000n - 3n * day),
      end: String(BigInt(NOW) * 1_000_000n - 2n * day),
    };
    expect(streamsOf('{app="checkout"}', old)).toEqual([]);
  });
});

describe("metrics of logs", () => {
  it("count lines as the lines are", () => {
    const window = { start: String(NOW / 1000 - 600), end: String(NOW / 1000) };
    const lines = streamsOf('{namespace="shop"}', { ...window, limit: "5000" }, CATEGORIZE);
    const levels = new Map<string, number>();
    for (const { values } of lines) {
      for (const [, , more] of values) {
        const level = more?.["structuredMetadata"]?.["detected_level"] ?? "";
        levels.set(level, (levels.get(level) ?? 0) + 1);
      }
    }
    const counted = seriesOf('sum by (detected_level) (count_over_time({namespace="shop"}[10m]))', {
      ...window,
      step: "600",
    });
    const last = counted.map(({ metric, values }) => [
      metric["detected_level"],
      Number(values.find(([time]) => time === NOW / 1000)?.[1]),
    ]);
    // 22:06 is no multiple of ten minutes: asked for at the window's own end instead.
    expect(last.every(([, count]) => Number.isNaN(count))).toBe(true);
    const instant = call(
      hub,
      `/loki/api/v1/query?query=${encodeURIComponent('sum by (detected_level) (count_over_time({namespace="shop"}[10m]))')}&time=${NOW / 1000}`,
      { now: NOW },
    ).data;
    const vector = z
      .object({
        data: z.object({
          result: z.array(
            z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) }),
          ),
        }),
      })
      .parse(instant);
    expect(
      new Map(vector.data.result.map(({ metric, value }) => [metric["detected_level"] ?? "", Number(value[1])])),
    ).toEqual(levels);
  });

  it("have their steps on multiples of the step", () => {
    const [one] = seriesOf('sum(rate({namespace="shop"}[1m]))', { start: "1795381535", end: "1795382535", step: "60" });
    for (const [time] of one?.values ?? []) expect(time % 60).toBe(0);
    expect(one?.values.length).toBe(19);
  });

  it("are rates, sums, extremes and shares of them", () => {
    const value = (query: string) => {
      const answer = call(hub, `/loki/api/v1/query?query=${encodeURIComponent(query)}`, { now: NOW });
      const { data } = z
        .object({ data: z.object({ result: z.array(z.object({ value: z.tuple([z.number(), z.string()]) })) }) })
        .parse(answer.data);
      return data.result.map((row) => Number(row.value[1]));
    };
    const [count = 0] = value('sum(count_over_time({app="checkout"}[5m]))');
    expect(value('sum(rate({app="checkout"}[5m]))')[0]).toBeCloseTo(count / 300, 9);
    expect(value('sum(bytes_rate({app="checkout"}[5m]))')[0]).toBeGreaterThan((count * 50) / 300);
    const [share = 0] = value(
      'sum(count_over_time({app="checkout"} | detected_level="error" [5m])) / sum(count_over_time({app="checkout"}[5m]))',
    );
    expect(share).toBeGreaterThan(0);
    expect(share).toBeLessThan(1);
    const unwrapped = (operator: string) =>
      value(`${operator}({app="checkout"} | json | unwrap duration_ms | __error__="" [5m]) by (app)`)[0] ?? Number.NaN;
    expect(unwrapped("max_over_time")).toBeGreaterThan(unwrapped("avg_over_time"));
    expect(unwrapped("avg_over_time")).toBeGreaterThan(unwrapped("min_over_time"));
    expect(value('topk(2, sum by (pod) (count_over_time({namespace="shop"}[5m]))) * 2')).toHaveLength(2);
    expect(value('sum(count_over_time({app="checkout"}[5m])) > 1e9')).toEqual([]);
    expect(value('count(sum by (pod) (count_over_time({app="checkout"}[5m])))')).toEqual([3]);
  });

  it.each(["vector(1)", 'absent_over_time({app="x"}[1m])', 'rate({app="x"}[1m]) and rate({app="y"}[1m])'])(
    "say what is not simulated: %s",
    (query) => {
      expect(call(hub, range(query), { now: NOW })).toMatchObject({
        status: 400,
        body: expect.stringContaining("not simulated") as string,
      });
    },
  );
});

describe("a Loki with tenants", () => {
  const tenants = lokiHandler(buildWorld(clusterSpec(1, 2)), "shop");
  const of = (tenant: string | undefined, path = range('{app="checkout"}', { limit: "1" })) =>
    call(tenants, path, { now: NOW, headers: tenant === undefined ? {} : { "x-scope-orgid": tenant } });

  it.each([
    ["no-org-id-query", undefined],
    ["two-tenants", "beta|other"],
  ])("answers as the recorded one: %s", (name, tenant) => {
    const real = recording("loki-3.7-multitenant", name);
    const ours = of(tenant);
    expect([ours.status, ours.contentType, ours.data]).toEqual([real.status, real.contentType, real.answer]);
  });

  it("has logs for its own tenant, and none for another", () => {
    expect(streams.parse(of("shop").data).data.result).toHaveLength(1);
    expect(of("other").data).toMatchObject({ status: "success", data: { result: [] } });
    expect(of("other", "/loki/api/v1/labels").data).toEqual({ status: "success" });
    expect(of(undefined, "/ready").status).toBe(200);
  });
});
