import { afterEach, describe, expect, it } from "vitest";
import { startHttpServer } from "../../../../test/support/http-server.ts";
import { type Replay, recording, startReplayServer } from "../../../../test/support/recordings.ts";
import { loopbackGuard } from "../../../../test/support/target-guard.ts";
import { UpstreamHttp } from "../http.ts";
import { PrometheusClient } from "./client.ts";
import type { Listing } from "./listing-schema.ts";

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each[Symbol.asyncDispose]();
});

const options = () => ({ signal: new AbortController().signal, requestId: "r-1" });
const of = { matchers: ['up{job="upf"}', "upf_packets_total"], start: 1795384261, end: 1795384861 };
const form = { "match[]": "upf_packets_total", start: "1795384261", end: "1795384861", limit: "10" };
const asked =
  "start=1795384261&end=1795384861&limit=10&match%5B%5D=up%7Bjob%3D%22upf%22%7D&match%5B%5D=upf_packets_total";

function client(url: string): PrometheusClient {
  const http = new UpstreamHttp(loopbackGuard());
  open.push({ [Symbol.asyncDispose]: () => http.close() });
  return new PrometheusClient(http, { url, token: null, caCertificate: null });
}

type Ask<T> = (prometheus: PrometheusClient) => Promise<Listing<T>>;

describe.each(["prometheus-2.42", "prometheus-3.5"])("What a recorded %s lists", (version) => {
  async function listed<T>(name: string, ask: Ask<T>, request: string, sent?: Replay["form"]): Promise<Listing<T>> {
    const server = await startReplayServer([
      { request, answer: recording(version, name), ...(sent ? { form: sent } : {}) },
    ]);
    open.push(server);
    const listing = await ask(client(server.url));
    server.verify();
    return listing;
  }
  const failed = (name: string, ask: Ask<unknown>, request: string) =>
    listed(name, ask, request).then(
      () => "It succeeded.",
      (error: unknown) => error,
    );

  it("is label names", async () => {
    const { items, warnings, bytes } = await listed(
      "labels",
      (prometheus) => prometheus.labels(of, 10, options()),
      "POST /api/v1/labels",
      form,
    );
    expect(items).toEqual(expect.arrayContaining(["__name__", "UUID", "modelName"]));
    expect([warnings, bytes > 100]).toEqual([[], true]);
  });

  it.each([
    ["label-values", "modelName", "modelName"],
    ["label-values-utf8-name", "http.route", "U__http_2e_route"],
  ])("is a label's values (%s)", async (name, label, path) => {
    const { items } = await listed(
      name,
      (prometheus) => prometheus.labelValues(label, of, 10, options()),
      `GET /api/v1/label/${path}/values?${asked}`,
    );
    expect(items).toHaveLength(name === "label-values" ? 2 : 0);
  });

  it("is series", async () => {
    const { items } = await listed(
      "series",
      (prometheus) => prometheus.series(of, 10, options()),
      "POST /api/v1/series",
      form,
    );
    expect(items.map((labels) => labels["__name__"])).toEqual(["up", "upf_packets_total", "upf_packets_total"]);
  });

  it("is metadata, of one metric or of all", async () => {
    const one = await listed(
      "metadata",
      (prometheus) => prometheus.metadata("DCGM_FI_DEV_GPU_UTIL", 10, options()),
      "GET /api/v1/metadata?limit=10&metric=DCGM_FI_DEV_GPU_UTIL",
    );
    expect(one.items).toEqual([
      { metric: "DCGM_FI_DEV_GPU_UTIL", type: "gauge", help: "GPU utilization (in %).", unit: "" },
    ]);
    const all = await listed(
      "metadata-limit",
      (prometheus) => prometheus.metadata(null, 3, options()),
      "GET /api/v1/metadata?limit=3",
    );
    // One metric may be described in several ways.
    expect(new Set(all.items.map(({ metric }) => metric)).size).toBe(3);
  });

  it("is rules", async () => {
    const { items } = await listed("rules", (prometheus) => prometheus.rules(null, options()), "GET /api/v1/rules");
    expect(items.find(({ kind }) => kind === "RECORDING")).toEqual({
      kind: "RECORDING",
      group: "gpu",
      file: "/srv/fleet/etc/rules.yml",
      name: "gpu:util:avg_by_node",
      query: "avg by (Hostname, hostname) (DCGM_FI_DEV_GPU_UTIL)",
      labels: {},
      annotations: {},
      forSeconds: null,
      state: null,
      health: "OK",
      lastError: null,
      lastEvaluation: expect.any(Date),
      evaluationSeconds: expect.any(Number),
      activeAlerts: null,
    });
    expect(items.find(({ name }) => name === "TargetDown")).toMatchObject({
      kind: "ALERTING",
      group: "platform",
      labels: { severity: "warning" },
      forSeconds: 10,
      state: "FIRING",
      activeAlerts: 1,
    });
  });

  it("is rules of one kind", async () => {
    const { items } = await listed(
      "rules-alert-type",
      (prometheus) => prometheus.rules("ALERTING", options()),
      "GET /api/v1/rules?type=alert",
    );
    expect(new Set(items.map(({ kind }) => kind))).toEqual(new Set(["ALERTING"]));
  });

  it("is targets, without the addresses in their errors", async () => {
    const { items } = await listed(
      "targets-active",
      (prometheus) => prometheus.targets(options()),
      "GET /api/v1/targets?state=active",
    );
    expect(items.find(({ health }) => health === "DOWN")).toEqual({
      pool: "dead-target",
      labels: { instance: expect.any(String), job: "dead-target" },
      health: "DOWN",
      lastError: 'Get "…": dial tcp …: connect: connection refused',
      lastScrape: expect.any(Date),
      scrapeSeconds: expect.any(Number),
      interval: "5s",
    });
    const others = items.filter(({ pool }) => pool !== "dead-target").map(({ health }) => health);
    expect(new Set(others)).toEqual(new Set(["UP"]));
  });

  it("is refused in its own words", async () => {
    const ask: Ask<unknown> = (prometheus) => prometheus.labelValues("a", { ...of, matchers: [] }, 10, options());
    const request = "GET /api/v1/label/a/values?start=1795384261&end=1795384861&limit=10";
    for (const name of ["series-no-match", "rules-bad-type"]) {
      expect(await failed(name, ask, request)).toMatchObject({
        code: "UPSTREAM_QUERY_FAILED",
        details: { errorType: "bad_data" },
      });
    }
    // Version 3 takes any text for a name.
    const name = await failed("label-values-invalid-name", ask, request);
    if (version === "prometheus-3.5") expect(name).toBe("It succeeded.");
    else expect(name).toMatchObject({ code: "UPSTREAM_QUERY_FAILED", message: 'invalid label name: "0bad-name"' });
    expect(await failed("not-found-api", ask, request)).toMatchObject({ code: "UPSTREAM_ERROR" });
  });

  it("is cut by the server at its limit from version 3 on, and then says so", async () => {
    const server = await startReplayServer([
      {
        request: "POST /api/v1/query",
        form: { query: "up", time: "1", timeout: "10s", limit: "2" },
        answer: recording(version, "query-limit"),
      },
    ]);
    open.push(server);
    const { series, warnings } = await client(server.url).query("up", { at: 1 }, 10, { ...options(), limit: 2 });
    const cut = version === "prometheus-3.5";
    expect([series.length === 2, warnings.length]).toEqual([cut, cut ? 1 : 0]);
  });
});

describe("A listing", () => {
  const answering = async (data: unknown, more: object = {}) => {
    const server = await startHttpServer((_, response) =>
      response
        .writeHead(200, { "content-type": "application/json" })
        .end(JSON.stringify({ status: "success", data, ...more })),
    );
    open.push(server);
    return client(server.url);
  };

  it("is empty where a server writes null for it", async () => {
    const prometheus = await answering(null);
    expect((await prometheus.labels(of, 1, options())).items).toEqual([]);
    expect((await prometheus.series(of, 1, options())).items).toEqual([]);
    expect((await (await answering({ activeTargets: null })).targets(options())).items).toEqual([]);
    expect((await (await answering({ groups: [{ name: "g", rules: null }] })).rules(null, options())).items).toEqual(
      [],
    );
  });

  it("says what the server warns about, without addresses", async () => {
    const prometheus = await answering(["a"], { warnings: ["store 10.0.0.1:90 is down"] });
    expect((await prometheus.labels(of, 1, options())).warnings).toEqual(["store … is down"]);
  });

  it("knows nothing of what was never evaluated or scraped", async () => {
    const never = "0001-01-01T00:00:00Z";
    const rule = { type: "alerting", name: "a", query: "up", lastEvaluation: never, health: "unknown", lastError: "" };
    const rules = await (await answering({ groups: [{ name: "g", rules: [rule] }] })).rules(null, options());
    expect(rules.items).toMatchObject([
      {
        health: "UNKNOWN",
        state: null,
        lastError: null,
        lastEvaluation: null,
        evaluationSeconds: null,
        activeAlerts: 0,
      },
    ]);
    const target = { scrapePool: "p", labels: {}, health: "unknown", lastScrape: never, lastScrapeDuration: 0 };
    const targets = await (await answering({ activeTargets: [target] })).targets(options());
    expect(targets.items).toMatchObject([{ health: "UNKNOWN", lastScrape: null, scrapeSeconds: null, interval: null }]);
  });

  it.each([["text"], [[1]], [{ groups: "secret" }]])("is refused where it is none: %j", async (data) => {
    const prometheus = await answering(data);
    for (const ask of [prometheus.labels(of, 1, options()), prometheus.rules(null, options())]) {
      await expect(ask).rejects.toMatchObject({ code: "UPSTREAM_INVALID_ANSWER" });
    }
  });
});
