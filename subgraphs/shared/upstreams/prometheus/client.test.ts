import { afterEach, describe, expect, it } from "vitest";
import { startHttpServer } from "../../../../test/support/http-server.ts";
import { type Replay, recording, startReplayServer } from "../../../../test/support/recordings.ts";
import { loopbackGuard } from "../../../../test/support/target-guard.ts";
import { UpstreamHttp } from "../http.ts";
import { type Evaluation, PrometheusClient } from "./client.ts";
import type { QueryResult } from "./schema.ts";

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each[Symbol.asyncDispose]();
});

const options = () => ({ signal: new AbortController().signal, requestId: "r-1" });
const at: Evaluation = { at: 1795384861.5 };

function client(url: string): PrometheusClient {
  const http = new UpstreamHttp(loopbackGuard());
  open.push({ [Symbol.asyncDispose]: () => http.close() });
  return new PrometheusClient(http, { url, token: "t-1", caCertificate: null });
}

async function against(...replays: Replay[]) {
  const server = await startReplayServer(replays);
  open.push(server);
  return { server, prometheus: client(server.url) };
}

async function serving(handle: Parameters<typeof startHttpServer>[0]) {
  const server = await startHttpServer(handle);
  open.push(server);
  return { server, prometheus: client(server.url) };
}

const failure = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => "It succeeded.",
    (error: unknown) => error,
  );

describe.each(["prometheus-2.42", "prometheus-3.5"])("PrometheusClient against a recorded %s", (version) => {
  /** The recorded answer to whatever query, asked as we ask: a form, by POST. */
  const query = async (name: string, text = "up", when: Evaluation = at): Promise<QueryResult> => {
    const path = "at" in when ? "/api/v1/query" : "/api/v1/query_range";
    const times: Record<string, string> =
      "at" in when
        ? { time: String(when.at) }
        : { start: String(when.start), end: String(when.end), step: String(when.step) };
    const { server, prometheus } = await against({
      request: `POST ${path}`,
      form: { query: text, timeout: "10s", ...times },
      answer: recording(version, name),
    });
    const result = await prometheus.query(text, when, 10, options());
    server.verify();
    expect(server.requests[0]?.headers).toMatchObject({ authorization: "Bearer t-1", "x-request-id": "r-1" });
    return result;
  };

  it("reads a vector", async () => {
    const { resultType, series, warnings, infos } = await query("query-vector", 'DCGM_FI_DEV_GPU_UTIL{a="é+&"}');
    expect([resultType, warnings, infos]).toEqual(["VECTOR", [], []]);
    expect(series.length).toBeGreaterThan(1);
    for (const { metric, values } of series) {
      expect(metric).toMatchObject({ __name__: "DCGM_FI_DEV_GPU_UTIL", UUID: expect.stringMatching(/^GPU-/) });
      expect(values).toEqual([[expect.any(Number), expect.stringMatching(/^\d+$/)]]);
    }
  });

  it("reads a vector of aggregates", async () => {
    const { resultType, series } = await query("query-vector-aggregated");
    expect([resultType, series.map(({ values }) => Number(values[0]?.[1]) >= 0)]).toEqual(["VECTOR", [true, true]]);
  });

  it("reads the matrix of a range", async () => {
    const { resultType, series } = await query("query-range-matrix", "x", {
      start: 1795384260,
      end: 1795384860,
      step: 60,
    });
    expect(resultType).toBe("MATRIX");
    expect(series[0]?.values.length).toBeGreaterThan(1);
    expect(series.flatMap(({ values }) => values).every(([time, value]) => time > 1.79e9 && Number(value) > 0)).toBe(
      true,
    );
  });

  it("reads the matrix that an instant query of a range selector answers", async () => {
    const { resultType, series } = await query("query-matrix-instant-range-selector", "up[20s]");
    expect(resultType).toBe("MATRIX");
    expect(series[0]?.values.length).toBeGreaterThan(1);
  });

  it("reads the matrix of a number", async () => {
    const { resultType, series } = await query("query-range-scalar-expression", "1", {
      start: 1795384800,
      end: 1795384860,
      step: 30,
    });
    expect([resultType, series.map(({ metric, values }) => [metric, values.map(([, value]) => value)])]).toEqual([
      "MATRIX",
      [[{}, ["1", "1", "1"]]],
    ]);
  });

  it.each([
    ["query-scalar", "SCALAR", "8"],
    ["query-string", "STRING", "hello"],
  ])("reads %s as one nameless series", async (name, resultType, value) => {
    expect(await query(name)).toEqual({
      resultType,
      series: [{ metric: {}, values: [[expect.any(Number), value]] }],
      warnings: [],
      infos: [],
      bytes: expect.any(Number),
    });
  });

  it("keeps NaN and the infinities as they are written", async () => {
    const { series } = await query("query-nan-inf");
    expect(series.map(({ values }) => values[0]?.[1])).toEqual(expect.arrayContaining(["NaN", "+Inf", "-Inf"]));
  });

  it("reads an empty result as one", async () => {
    expect(await query("query-empty-result")).toEqual({
      resultType: "VECTOR",
      series: [],
      warnings: [],
      infos: [],
      bytes: JSON.stringify(recording(version, "query-empty-result").answer).length,
    });
  });

  it("keeps infos apart from warnings, which alone mean a partial answer", async () => {
    const { warnings, infos, series } = await query("query-warnings-or-infos");
    expect(warnings).toEqual([]);
    expect(infos).toEqual(version === "prometheus-2.42" ? [] : [expect.stringContaining("DCGM_FI_DEV_GPU_UTIL")]);
    expect(series.length).toBeGreaterThan(0);
  });

  it.each([
    ["query-bad-promql", "bad_data", /unclosed left parenthesis/],
    ["query-range-too-many-points", "bad_data", /11,000 points/],
    ["query-bad-many-to-many", "execution", /duplicate series/],
  ])("passes on Prometheus' own words about the query (%s)", async (name, errorType, message) => {
    expect(await failure(query(name))).toMatchObject({
      code: "UPSTREAM_QUERY_FAILED",
      message: expect.stringMatching(message),
      details: { errorType },
    });
  });

  it("tells a query that took too long", async () => {
    expect(await failure(query("query-timeout"))).toMatchObject({ code: "UPSTREAM_TIMEOUT" });
  });

  it.each([
    ["not-found-api", 404],
    ["method-not-allowed", 405],
  ])("tells of an answer in plain text (%s)", async (name, status) => {
    expect(await failure(query(name))).toMatchObject({
      code: "UPSTREAM_ERROR",
      message: `Prometheus answered HTTP ${status}.`,
    });
  });

  it("finds it ready", async () => {
    const { server, prometheus } = await against({ request: "GET /-/ready", answer: recording(version, "ready") });
    await expect(prometheus.ready(options())).resolves.toBeUndefined();
    server.verify();
  });

  it("finds a query API ready whose readiness is not shown", async () => {
    const { server, prometheus } = await against(
      { request: "GET /-/ready", answer: recording(version, "not-found-api") },
      { request: "POST /api/v1/query", form: { query: "1" }, answer: recording(version, "query-scalar") },
    );
    await expect(prometheus.ready(options())).resolves.toBeUndefined();
    server.verify();
  });
});

describe("PrometheusClient", () => {
  const answering = (status: number, body: string, headers: Record<string, string> = {}) =>
    serving((_, response) => response.writeHead(status, { "content-type": "application/json", ...headers }).end(body));
  const success = (data: unknown, more: object = {}): string => JSON.stringify({ status: "success", data, ...more });

  it("reads what Thanos warns about", async () => {
    const { prometheus } = await answering(
      200,
      success({ resultType: "vector", result: [] }, { warnings: ["a store is down"] }),
    );
    expect(await prometheus.query("up", at, 10, options())).toMatchObject({ warnings: ["a store is down"] });
  });

  it.each<[string, number, string, object]>([
    ["401", 401, "secret", { code: "UPSTREAM_REFUSED", message: "Prometheus refused the credentials." }],
    ["403", 403, '{"secret":1}', { code: "UPSTREAM_REFUSED", message: "Prometheus refused the credentials." }],
    ["500", 500, "secret at 10.0.0.1", { code: "UPSTREAM_ERROR", message: "Prometheus answered HTTP 500." }],
    ["a redirect", 302, "", { code: "UPSTREAM_ERROR" }],
    [
      "an internal error",
      500,
      '{"status":"error","errorType":"internal","error":"secret at 10.0.0.1"}',
      { code: "UPSTREAM_ERROR", message: "Prometheus reports an error of type internal." },
    ],
    ["its giving up", 503, '{"status":"error","errorType":"canceled","error":"secret"}', { code: "UPSTREAM_TIMEOUT" }],
    [
      "HTML",
      200,
      "<html>secret</html>",
      { code: "UPSTREAM_INVALID_ANSWER", message: "The endpoint does not answer like Prometheus." },
    ],
    ["nothing", 200, "", { code: "UPSTREAM_INVALID_ANSWER" }],
    ["JSON of something else", 200, '{"secret":1}', { code: "UPSTREAM_INVALID_ANSWER" }],
    ["a success without data", 200, '{"status":"success"}', { code: "UPSTREAM_INVALID_ANSWER" }],
    [
      "a result of an unknown type",
      200,
      success({ resultType: "secret", result: [] }),
      { code: "UPSTREAM_INVALID_ANSWER" },
    ],
    [
      "a sample that is a number",
      200,
      success({ resultType: "scalar", result: [1, 2] }),
      { code: "UPSTREAM_INVALID_ANSWER" },
    ],
    [
      "a sample without a time",
      200,
      success({ resultType: "matrix", result: [{ metric: {}, values: [["secret"]] }] }),
      { code: "UPSTREAM_INVALID_ANSWER" },
    ],
    [
      "a series without labels",
      200,
      success({ resultType: "vector", result: [{ value: [1, "2"] }] }),
      { code: "UPSTREAM_INVALID_ANSWER" },
    ],
  ])("says what it makes of %s, and shows none of it", async (_, status, body, expected) => {
    const { prometheus } = await answering(status, body, status === 302 ? { location: "http://127.0.0.1:1/" } : {});
    const error = await failure(prometheus.query("up", at, 10, options()));
    expect(error).toMatchObject(expected);
    expect(JSON.stringify([(error as Error).message, error])).not.toMatch(/secret|10\.0\.0\.1/);
  });

  it("bounds Prometheus' words", async () => {
    const { prometheus } = await answering(
      400,
      JSON.stringify({ status: "error", errorType: "bad_data", error: "x".repeat(5000) }),
    );
    expect(await failure(prometheus.query("up", at, 10, options()))).toMatchObject({ message: "x".repeat(1000) });
  });

  it.each<[string, number, string, object]>([
    ["refuses the credentials", 401, "", { code: "UPSTREAM_REFUSED" }],
    [
      "is starting",
      503,
      "Service Unavailable",
      { code: "UPSTREAM_ERROR", message: "Prometheus is not ready (HTTP 503)." },
    ],
    [
      "redirects to a login page",
      302,
      "",
      { code: "UPSTREAM_ERROR", message: "The endpoint answered HTTP 302; redirects are not followed." },
    ],
    [
      "has neither readiness nor a query API",
      404,
      "404 page not found",
      { code: "UPSTREAM_ERROR", message: "Prometheus answered HTTP 404." },
    ],
    ["refuses the query API too", 403, "", { code: "UPSTREAM_REFUSED" }],
  ])("does not take for ready what %s", async (_, status, body, expected) => {
    const { prometheus } = await answering(status, body);
    expect(await failure(prometheus.ready(options()))).toMatchObject(expected);
  });
});

describe("whether it is Thanos", () => {
  const request = "POST /api/v1/query";
  const scalar = recording("prometheus-3.5", "query-scalar");
  const asked = { query: "1" };
  const provoked = { query: "1", dedup: "neither" };
  const json = (status: number, answer: unknown) => ({ status, contentType: "application/json", answer });
  const error = "'dedup' parameter: strconv.ParseBool: parsing \"neither\": invalid syntax";

  it.each<[string, Replay["answer"], boolean]>([
    ["ignores a parameter that it does not know", scalar, false],
    ["refuses it, as Thanos' source has it", json(400, { status: "error", errorType: "bad_data", error }), true],
  ])("%s", async (_, second, thanos) => {
    const { server, prometheus } = await against(
      { request, form: asked, answer: scalar },
      { request, form: provoked, answer: second },
    );
    expect(await prometheus.isThanos(options())).toBe(thanos);
    server.verify();
  });

  it.each<[string, Replay[], string]>([
    ["that refuses us", [{ request, answer: json(403, {}) }], "UPSTREAM_REFUSED"],
    ["that has no such API", [{ request, answer: recording("prometheus-3.5", "not-found-path") }], "UPSTREAM_ERROR"],
    [
      "that fails meanwhile",
      [
        { request, form: asked, answer: scalar },
        { request, form: provoked, answer: json(503, {}) },
      ],
      "UPSTREAM_ERROR",
    ],
  ])("nobody knows of one %s", async (_, replays, code) => {
    const { prometheus } = await against(...replays);
    expect(await failure(prometheus.isThanos(options()))).toMatchObject({ code });
  });
});
