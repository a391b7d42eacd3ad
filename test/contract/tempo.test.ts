import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type DemoFleet, startDemoFleet } from "../../demo/fleet.ts";
import { UpstreamHttp } from "../../subgraphs/shared/upstreams/http.ts";
import type { CallOptions } from "../../subgraphs/shared/upstreams/readiness.ts";
import { TempoClient } from "../../subgraphs/shared/upstreams/tempo/client.ts";
import type { SearchResult, TraceResult } from "../../subgraphs/shared/upstreams/tempo/schema.ts";
import { type Replay, recording, startReplayServer } from "../support/recordings.ts";
import { loopbackGuard } from "../support/target-guard.ts";

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each[Symbol.asyncDispose]();
});

const options = (): CallOptions => ({ signal: new AbortController().signal, requestId: "r-1" });
const MISSING = "f".repeat(32);
const ERRORS = "{ status = error }";

function client(url: string, tenant: string | null = null): TempoClient {
  const http = new UpstreamHttp(loopbackGuard());
  open.push({ [Symbol.asyncDispose]: () => http.close() });
  return new TempoClient(http, { url, token: null, caCertificate: null, tenant });
}

const asked = (path: string, params: object = {}): string => {
  const query = new URLSearchParams(Object.entries(params).map(([name, value]) => [name, String(value)])).toString();
  return `GET ${path}${query && `?${query}`}`;
};

interface Bounds {
  start: number;
  end: number;
}

/** A Tempo of one version. What a recorded one is to be asked, with the name of its answer, is told before it is asked. */
interface Server {
  bounds: Bounds;
  /** Of a trace with an error. */
  traceId(): Promise<string>;
  answering(...answers: [request: string, recording: string][]): Promise<TempoClient>;
}

/** Each answer is asked for once, and nothing else is. */
const verify: (() => void)[] = [];
afterEach(() => {
  for (const each of verify.splice(0)) each();
});

const recorded = (name: string, bounds: Bounds, traceId: string, tenant: string | null): Server => ({
  bounds,
  traceId: () => Promise.resolve(traceId),
  answering: async (...answers) => {
    const server = await startReplayServer(
      answers.map(([request, answer]): Replay => ({ request, answer: recording(name, answer) })),
    );
    open.push(server);
    verify.push(() => {
      server.verify();
      for (const { headers } of server.requests) expect(headers["x-scope-orgid"]).toBe(tenant ?? undefined);
    });
    return client(server.url, tenant);
  },
});

let fleet: DemoFleet;
beforeAll(async () => {
  fleet = await startDemoFleet({ clusters: 2 });
});
afterAll(() => fleet.close());

const NOW = Math.floor(Date.now() / 1000);
const RECENT: Bounds = { start: NOW - 4 * 3600, end: NOW };
const simulated = (index: number): Server => {
  const tempo = (): TempoClient => client(fleet.clusters[index]?.tempoUrl ?? "");
  return {
    bounds: RECENT,
    // Not one of which another cluster has the root.
    traceId: async () => {
      const { traces } = await tempo().search({ query: ERRORS, ...RECENT, limit: 100 }, options());
      return traces.find(({ rootService }) => rootService !== null)?.traceId ?? "";
    },
    answering: () => Promise.resolve(tempo()),
  };
};

const SERVERS: [string, Server][] = [
  [
    "A recorded Tempo 2.10",
    recorded("tempo-2.10", { start: 1_795_383_605, end: 1_795_387_205 }, "0023b682af5570eed8e94b150452ef05", null),
  ],
  [
    "A recorded Tempo 3.0 of several tenants",
    recorded("tempo-3.0", { start: 1_795_383_098, end: 1_795_386_698 }, "47b7097b9b01f7cc4302da54759f1b43", "beta"),
  ],
  ["The demo's Tempo 2.10", simulated(0)],
  ["The demo's Tempo 3.0", simulated(1)],
];

describe.each(SERVERS)("%s", (_, { bounds, traceId, answering }) => {
  const search = (query: string, limit = 3) => asked("/api/search", { q: query, ...bounds, limit, spss: 1 });

  it("finds traces, newest first, each with what is known of it without its spans", async () => {
    const tempo = await answering([search(ERRORS), "search-traceql"]);
    const { traces, inspectedBytes } = await tempo.search({ query: ERRORS, ...bounds, limit: 3 }, options());
    expect(traces).toHaveLength(3);
    expect(inspectedBytes).toBeGreaterThan(0);
    const starts = traces.map(({ start }) => start);
    expect(starts).toEqual(starts.toSorted((a, b) => (a < b ? 1 : -1)));
    for (const trace of traces) {
      expect(trace).toMatchObject({
        traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
        durationMs: expect.any(Number),
      });
      expect(trace.rootOperation === null).toBe(trace.rootService === null);
      expect(Object.values(trace.services ?? {}).some(({ spans, errors }) => spans > 0 && errors > 0)).toBe(true);
    }
  });

  it("finds nothing where there is nothing", async () => {
    const query = '{ resource.service.name = "nope" }';
    const tempo = await answering([search(query), "search-traceql-empty-result"]);
    expect(await tempo.search({ query, ...bounds, limit: 3 }, options())).toMatchObject({ traces: [] });
  });

  it("says what it does not understand, and the client says it on", async () => {
    const query = "{ duration = error }";
    const tempo = await answering([search(query), "search-traceql-type-error"]);
    await expect(tempo.search({ query, ...bounds, limit: 3 }, options())).rejects.toMatchObject({
      code: "UPSTREAM_QUERY_FAILED",
      message: expect.stringContaining("binary operations must operate on the same type"),
    });
  });

  it("has a trace with its spans, tied to each other, and what went wrong in them", async () => {
    const id = await traceId();
    const tempo = await answering([asked(`/api/v2/traces/${id}`, bounds), "trace-v2"]);
    const { spans, warnings, bytes } = await tempo.trace(id, bounds, options());
    expect(warnings).toEqual([]);
    expect(bytes).toBeGreaterThan(500);
    const ids = new Set(spans.map(({ spanId }) => spanId));
    expect(ids.size).toBe(spans.length);
    expect(spans.some(({ parentSpanId }) => parentSpanId === null)).toBe(true);
    for (const span of spans) {
      expect(span.spanId).toMatch(/^[0-9a-f]{16}$/);
      expect(span.parentSpanId === null || ids.has(span.parentSpanId)).toBe(true);
      expect(span.end).toBeGreaterThanOrEqual(span.start);
      expect(span.resource).toMatchObject({
        "service.name": expect.any(String),
        "k8s.namespace.name": expect.any(String),
        "k8s.pod.name": expect.any(String),
      });
      expect(Object.values({ ...span.attributes, ...span.resource }).every((value) => typeof value === "string")).toBe(
        true,
      );
    }
    const failed = spans.filter(({ status }) => status === "ERROR");
    expect(failed.length).toBeGreaterThan(0);
    expect(failed[0]?.events[0]).toMatchObject({
      name: "exception",
      attributes: { "exception.type": expect.any(String), "exception.message": expect.any(String) },
    });
    expect(failed[0]?.statusMessage).toEqual(expect.any(String));
  });

  it("has no spans of a trace that is not there, in either version of its API", async () => {
    const tempo = await answering([asked(`/api/v2/traces/${MISSING}`), "trace-v2-missing"]);
    expect(await tempo.trace(MISSING, null, options())).toMatchObject({ spans: [] });
  });

  it("names its tags by their scopes, and their values", async () => {
    const tempo = await answering(
      [asked("/api/v2/search/tags", bounds), "tags-v2"],
      [asked("/api/v2/search/tag/resource.service.name/values", { ...bounds, limit: 50 }), "tag-values-v2"],
      [asked("/api/v2/search/tag/status/values", { ...bounds, limit: 50 }), "tag-values-v2-intrinsic-status"],
    );
    const tags = await tempo.tags(bounds, options());
    expect(tags).toContainEqual({ scope: "resource", name: "service.name" });
    expect(tags).toContainEqual({ scope: "span", name: "http.response.status_code" });
    expect(tags).toContainEqual({ scope: "intrinsic", name: "duration" });
    const values = (tag: string) => tempo.tagValues(tag, { ...bounds, query: null }, { ...options(), limit: 50 });
    const services = await values("resource.service.name");
    expect(services.length).toBeGreaterThan(2);
    expect(services.every(({ type }) => type === "string")).toBe(true);
    expect(await values("status")).toContainEqual({ type: "keyword", value: "error" });
  });

  it("names values of some spans alone", async () => {
    const query = '{ resource.k8s.namespace.name = "ai-serving" }';
    const path = "/api/v2/search/tag/resource.service.name/values";
    const tempo = await answering([asked(path, { ...bounds, limit: 50, q: query }), "tag-values-v2-filtered"]);
    const values = await tempo.tagValues("resource.service.name", { ...bounds, query }, { ...options(), limit: 50 });
    expect(values.every(({ value }) => !["amf", "upf"].includes(value))).toBe(true);
  });
});

describe.each(
  SERVERS.slice(0, 2).map(([name, server], index) => [name, server, index === 0 ? "tempo-2.10" : "tempo-3.0"] as const),
)("%s", (_, { bounds, traceId, answering }, name) => {
  it.each([
    ["search-traceql-structural", 3],
    ["search-traceql-aggregate", 2],
    ["search-traceql-duration", 2],
    ["search-traceql-event-link", 2],
    ["search-traceql-select", 2],
    ["search-no-params", 6],
  ])("is understood whatever it was asked: %s", async (answer, count) => {
    const tempo = await answering([asked("/api/search", { q: "{ }", ...bounds, limit: 9, spss: 1 }), answer]);
    const { traces } = await tempo.search({ query: "{ }", ...bounds, limit: 9 }, options());
    expect(traces.length).toBe(count);
    expect(traces.every((trace) => trace.traceId.length === 32 && trace.start > 0n)).toBe(true);
    // The search of before TraceQL tells nothing of services.
    expect(traces.every(({ services }) => (services === null) === (answer === "search-no-params"))).toBe(true);
  });

  it("has every kind of value as text", async () => {
    const id = await traceId();
    const tempo = await answering([asked(`/api/v2/traces/${id}`), "trace-v2"]);
    const { spans } = await tempo.trace(id, null, options());
    expect(spans[0]).toMatchObject({ kind: "SERVER", status: "UNSET", parentSpanId: null });
    expect(spans[0]?.attributes).toMatchObject({
      "http.response.status_code": "200",
      retry: "false",
      "queue.depth": "0",
      "peer.list": '["a","b"]',
      "http.request.method": "POST",
    });
    const linked = spans.flatMap(({ links }) => links);
    expect(linked).toEqual([
      {
        traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
        spanId: expect.stringMatching(/^[0-9a-f]{16}$/),
        attributes: { why: "retry-of" },
      },
    ]);
  });

  it("is asked in the first version of its API where that is all there is", async () => {
    const id = await traceId();
    const tempo = await answering(
      [asked(`/api/v2/traces/${id}`), "not-found"],
      [asked(`/api/traces/${id}`), "trace-with-errors"],
      [asked(`/api/v2/traces/${MISSING}`), "not-found"],
      [asked(`/api/traces/${MISSING}`), "trace-missing"],
      [asked("/api/v2/search/tags", bounds), "not-found"],
      [asked("/api/search/tags", bounds), "tags-v1"],
      [asked("/api/v2/search/tag/resource.service.name/values", { ...bounds, limit: 5 }), "not-found"],
      [asked("/api/search/tag/service.name/values", bounds), "tag-values-v1"],
    );
    const first = await tempo.trace(id, null, options());
    const second = await answering([asked(`/api/v2/traces/${id}`), "trace-v2"]);
    expect(first.spans).toEqual((await second.trace(id, null, options())).spans);
    expect(await tempo.trace(MISSING, null, options())).toMatchObject({ spans: [] });
    expect(await tempo.tags(bounds, options())).toContainEqual({ scope: null, name: "service.name" });
    const values = await tempo.tagValues(
      "resource.service.name",
      { ...bounds, query: null },
      { ...options(), limit: 5 },
    );
    expect(values).toContainEqual({ type: null, value: "amf" });
  });

  it("is told from what is no Tempo, so that a wrong address is no missing trace", async () => {
    const tempo = await answering(
      [asked(`/api/v2/traces/${MISSING}`), "not-found"],
      [asked(`/api/traces/${MISSING}`), "not-found"],
    );
    await expect(tempo.trace(MISSING, null, options())).rejects.toMatchObject({ code: "UPSTREAM_INVALID_ANSWER" });
  });

  it("has ids of 64 bits with all their zeros", async () => {
    const { path } = recording(name, "trace-64bit-id-padded");
    const id = path.split("/").at(-1) ?? "";
    const tempo = await answering(
      [asked(`/api/v2/traces/${id}`), "not-found"],
      [asked(`/api/traces/${id}`), "trace-64bit-id-padded"],
    );
    expect((await tempo.trace(id, null, options())).spans.length).toBe(4);
  });
});

describe("A Tempo", () => {
  const replayed = async <T>(call: (tempo: TempoClient) => Promise<T>, replay: Replay): Promise<unknown> => {
    const server = await startReplayServer([replay]);
    open.push(server);
    return await call(client(server.url)).catch((error: unknown) => error);
  };
  const search = (tempo: TempoClient): Promise<SearchResult> =>
    tempo.search({ query: "{ }", start: 1, end: 2, limit: 3 }, options());
  const trace = (tempo: TempoClient): Promise<TraceResult> => tempo.trace(MISSING, null, options());
  const SEARCH = asked("/api/search", { q: "{ }", start: 1, end: 2, limit: 3, spss: 1 });
  const TRACE = asked(`/api/v2/traces/${MISSING}`);
  const answer = (status: number, body: unknown, contentType = "application/json"): Replay["answer"] => ({
    status,
    contentType,
    answer: body,
  });

  it.each<[string, Replay["answer"], string, RegExp]>([
    ["wants a tenant", recording("tempo-3.0", "no-org-id-search"), "UPSTREAM_REFUSED", /tenant/],
    ["limits the time", recording("tempo-3.0", "search-range-too-long"), "UPSTREAM_QUERY_FAILED", /168h0m0s/],
    ["cannot read the query", recording("tempo-2.10", "search-traceql-parse-error"), "UPSTREAM_QUERY_FAILED", /col 12/],
    ["fails", answer(500, "error at 10.0.0.7:3200", "text/plain"), "UPSTREAM_ERROR", /^Tempo answered HTTP 500\.$/],
    ["is behind a proxy that refuses", answer(400, "<b>no</b>", "text/html"), "UPSTREAM_ERROR", /HTTP 400/],
    ["is something else", answer(200, { hello: 1 }), "UPSTREAM_INVALID_ANSWER", /like Tempo/],
    ["breaks off", answer(200, '{"traces":[', "application/json"), "UPSTREAM_INVALID_ANSWER", /like Tempo/],
  ])("that %s is said to", async (_, given, code, message) => {
    const outcome = await replayed(search, { request: SEARCH, answer: given });
    expect(outcome).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(String(outcome)).not.toContain("10.0.0.7");
  });

  it("may call a trace partial, and name no address while it does", async () => {
    const partial = { trace: {}, status: "PARTIAL", message: "trace at 10.0.0.7:3200 exceeds the maximum size" };
    expect(await replayed(trace, { request: TRACE, answer: answer(200, partial) })).toMatchObject({
      spans: [],
      warnings: ["trace at … exceeds the maximum size"],
    });
  });

  it("may not have the root yet, and leave out what is zero", async () => {
    const traces = [
      { traceID: "A1", rootServiceName: "<root span not yet received>", startTimeUnixNano: "5" },
      { traceID: "b" },
    ];
    expect(await replayed(search, { request: SEARCH, answer: answer(200, { traces, metrics: {} }) })).toMatchObject({
      traces: [
        {
          traceId: "a1".padStart(32, "0"),
          rootService: null,
          rootOperation: null,
          start: 5n,
          durationMs: 0,
          services: null,
        },
        { traceId: "b".padStart(32, "0"), start: 0n },
      ],
      inspectedBytes: null,
    });
  });

  it("may have spans with hardly anything in them, and with what nobody foresaw", async () => {
    const span = {
      spanId: "AAAAAAAAAAE=",
      parentSpanId: "AAAAAAAAAAA=",
      kind: "SPAN_KIND_NEW",
      startTimeUnixNano: "9",
      endTimeUnixNano: "7",
      attributes: [
        { key: "__proto__", value: { stringValue: "x" } },
        { key: "map", value: { kvlistValue: { values: [{ key: "n", value: { intValue: "9007199254740993" } }] } } },
        { key: "none" },
        { key: "double", value: { doubleValue: "NaN" } },
        { wrong: 1 },
        "wrong",
      ],
    };
    const body = {
      trace: { resourceSpans: [{ scopeSpans: [{ spans: [span, { spanId: "00000000000000aB" }] }] }, {}] },
    };
    const { spans } = (await replayed(trace, { request: TRACE, answer: answer(200, body) })) as TraceResult;
    expect(spans).toMatchObject([
      {
        spanId: "0000000000000001",
        parentSpanId: null,
        kind: "UNSPECIFIED",
        name: "",
        start: 9n,
        end: 9n,
        status: "UNSET",
      },
      { spanId: "00000000000000ab", start: 0n, resource: {}, attributes: {} },
    ]);
    expect(Object.entries(spans[0]?.attributes ?? {})).toEqual([
      ["__proto__", "x"],
      ["map", '{"n":"9007199254740993"}'],
      ["none", ""],
      ["double", "NaN"],
    ]);
  });
});
