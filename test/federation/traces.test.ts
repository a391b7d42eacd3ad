import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { type DemoFleet, startDemoFleet } from "../../demo/fleet.ts";
import { enrolledFleet } from "../support/demo.ts";
import { startGraph, type TestGraph } from "../support/graph.ts";
import { describeModes } from "../support/modes.ts";
import { until } from "../support/until.ts";

const ADMIN = "admin-token-of-the-test";
const CALLED_ONLY = "called-token-of-the-test";
/** The one calls services of the other. */
const CALLER = "hub-eu-1";
const CALLED = "prod-east-1";
const OTHER = "prod-west-1";
const OUTCOMES = "outcomes { clusterName status skipReason rows bytes error { code message retryable } }";

interface Found {
  traceId: string;
  clusterName: string;
  rootService: string | null;
  startTime: string;
  durationMs: number;
}

await describeModes("Traces over the fleet", (mode) => {
  let graph: TestGraph;
  let fleet: DemoFleet;
  const ids: Record<string, string> = {};

  beforeAll(async () => {
    const tokens = [
      { token: ADMIN, user: "ann", roles: ["admin"] },
      { token: CALLED_ONLY, user: "cal", roles: ["viewer"], scope: { regions: ["us-east-1"] } },
    ];
    graph = await startGraph({ mode, env: { AIOPS_API_TOKENS: JSON.stringify(tokens) } });
    fleet = await enrolledFleet(graph, { clusters: 4 });
    const { data } = await ask(`{ clusters { items { id name } } }`);
    for (const { id, name } of data.clusters.items) ids[name] = id;
    // One without a Tempo, whose API server is never asked.
    await ask(`mutation { registerCluster(input: { name: "bare-1", apiServerUrl: "https://127.0.0.1:9" }) { id } }`);
  });
  afterAll(async () => {
    await graph[Symbol.asyncDispose]();
    await fleet.close();
  });
  beforeEach(async () => {
    for (const { name, tempoUrl } of fleet.clusters) if (tempoUrl) await fleet.setFault(name, "tempo", null);
    fleet.resetRequests();
    graph.resetHops();
  });

  const ask = (query: string, variables: Record<string, unknown> = {}, token = ADMIN) =>
    graph.ask(query, variables, { token });
  const asked = (): string[] =>
    fleet.requests().flatMap(({ upstream, cluster, path }) => (upstream === "tempo" ? [`${cluster} ${path}`] : []));
  const traces = async (query: object, fields = "traceId clusterName rootService startTime durationMs") => {
    const { data, errors } = await ask(
      `query ($query: TraceQueryInput!) { traces(query: $query) { traces { ${fields} } truncated note traceql complete inspectedBytes ${OUTCOMES} } }`,
      { query },
    );
    expect(errors).toBeUndefined();
    return data.traces;
  };
  /** One of which the caller has the root. */
  const crossing = async (): Promise<string> => {
    const found = await traces({ clusterIds: [ids[CALLED]], limit: 100 });
    const part = found.traces.find(({ rootService }: Found) => rootService === null) as Found | undefined;
    expect(part).toBeDefined();
    fleet.resetRequests();
    graph.resetHops();
    return part?.traceId ?? "";
  };
  const LOOKUP = `status complete clusters { name } ${OUTCOMES} trace {
    traceId clusterName clusters { name } rootService spanCount serviceCount hasErrors durationMs
    spans { spanId parentSpanId clusterId cluster { name } serviceName operationName kind orphan parent { spanId } pod { name phase } } }`;
  const lookup = async (args: string, traceId: string, token = ADMIN) => {
    const { data, errors } = await ask(
      `query ($id: ID!) { trace(traceId: $id ${args}) { ${LOOKUP} } }`,
      { id: traceId },
      token,
    );
    expect(errors).toBeUndefined();
    return data.trace;
  };

  it("are the newest of all, with each cluster's outcome, for one request to each", async () => {
    const {
      traces: found,
      truncated,
      complete,
      outcomes,
      inspectedBytes,
      note,
      traceql,
    } = await traces(
      { limit: 15 },
      "traceId clusterName rootService rootOperation startTime durationMs spanCount serviceCount hasErrors cluster { name }",
    );
    expect(found).toHaveLength(15);
    const starts = found.map(({ startTime }: Found) => startTime);
    expect(starts).toEqual(starts.toSorted().reverse());
    expect(new Set(found.map(({ clusterName }: Found) => clusterName)).size).toBeGreaterThan(1);
    for (const trace of found) {
      expect(trace.traceId).toMatch(/^[0-9a-f]{32}$/);
      expect(trace.cluster.name).toBe(trace.clusterName);
      expect(trace.spanCount).toBeGreaterThanOrEqual(trace.serviceCount);
      expect(typeof trace.hasErrors).toBe("boolean");
    }
    expect({ truncated, complete, note, traceql }).toEqual({
      truncated: true,
      complete: false,
      note: null,
      traceql: "{ }\nwith (most_recent=true)",
    });
    expect(inspectedBytes).toBeGreaterThan(0);
    const rows = Object.fromEntries(
      outcomes.map(({ clusterName, ...row }: { clusterName: string }) => [clusterName, row]),
    );
    expect(rows["bare-1"]).toMatchObject({ status: "SKIPPED", skipReason: "NO_ENDPOINT", rows: 0 });
    expect(rows[CALLER]).toMatchObject({ status: "SUCCESS", rows: 15, bytes: expect.any(Number), error: null });
    expect(asked().filter((each) => each === `${CALLER} /api/search`)).toHaveLength(1);
  });

  it("are found by what their spans have", async () => {
    const failing = await traces({
      serviceName: "check*",
      tags: { error: "true" },
      startTime: new Date(Date.now() - 4 * 3_600_000),
    });
    expect(failing.traces.length).toBeGreaterThan(0);
    expect(failing.traceql).toContain('resource.service.name =~ "^check.*$"');
    const slow = await traces({ serviceName: "frontend", minDurationMs: 100, maxDurationMs: 100_000 });
    expect(slow.traces.length).toBeGreaterThan(0);
    for (const { durationMs } of slow.traces) expect(durationMs).toBeGreaterThanOrEqual(100);
    expect(slow.note).toContain("spans of one cluster");
    const typed = await traces({
      tags: { "http.response.status_code": "200", "resource.service.name": "frontend" },
      limit: 1,
    });
    expect(typed.traces).toHaveLength(1);
    const structural = await traces({
      traceql: '{ resource.service.name = "frontend" } >> { kind = client }',
      limit: 1,
    });
    expect(structural.traces).toHaveLength(1);
    expect(structural.note).toContain("spans of one cluster");
    const none = await traces({ serviceName: 'x" || true || .a = "', startTime: new Date(Date.now() - 60_000) });
    expect(none).toMatchObject({ traces: [], truncated: false });
  });

  it("refuse what cannot be asked, before anybody is asked", async () => {
    const refused = async (query: string): Promise<[unknown, string]> => {
      const { errors } = await ask(`{ traces(query: ${query}) { complete } }`);
      return [errors?.[0]?.extensions["code"], errors?.[0]?.message ?? ""];
    };
    expect(await refused(`{ traceql: "{ status = " }`)).toEqual([
      "INVALID_TRACEQL",
      expect.stringContaining("ends too early"),
    ]);
    expect(await refused(`{ traceql: "{ } | rate()" }`)).toEqual([
      "INVALID_TRACEQL",
      expect.stringContaining("series"),
    ]);
    expect(await refused(`{ traceql: "{ }", serviceName: "a" }`)).toEqual([
      "BAD_USER_INPUT",
      expect.stringContaining("excludes serviceName"),
    ]);
    expect(await refused(`{ traceId: "zz" }`)).toEqual(["INVALID_TRACE_ID", expect.stringContaining("traceId")]);
    expect(await refused(`{ traceId: "a", operationName: "b" }`)).toEqual([
      "BAD_USER_INPUT",
      expect.stringContaining("traceId"),
    ]);
    expect(await refused(`{ limit: 101 }`)).toEqual(["BAD_USER_INPUT", expect.stringContaining("1 to 100")]);
    expect(await refused(`{ tags: { a: 1 } }`)).toEqual(["BAD_USER_INPUT", expect.stringContaining("tags")]);
    expect(await refused(`{ minDurationMs: 5, maxDurationMs: 4 }`)).toEqual([
      "BAD_USER_INPUT",
      expect.stringContaining("maxDurationMs"),
    ]);
    expect(await refused(`{ startTime: "2026-01-01T00:00:00Z", endTime: "2026-03-01T00:00:00Z" }`)).toEqual([
      "INVALID_TIME_RANGE",
      expect.stringContaining("8 weeks"),
    ]);
    expect(await refused(`{ startTime: "2026-01-02T00:00:00Z", endTime: "2026-01-01T00:00:00Z" }`)).toEqual([
      "INVALID_TIME_RANGE",
      expect.any(String),
    ]);
    expect(await refused(`{ completeness: { requiredClusterIds: ["00000000-0000-4000-8000-000000000000"] } }`)).toEqual(
      ["BAD_USER_INPUT", expect.any(String)],
    );
    expect(asked()).toEqual([]);
  });

  it("are read once each for all that needs their spans, and only then", async () => {
    const found = await traces(
      { clusterIds: [ids[CALLER]], limit: 5, serviceName: "frontend" },
      `traceId truncated outcomes { status rows }
      spans { spanId offsetMs durationMs startTime tags resource logs { message } children { spanId } }
      serviceGraph { nodes { service spanCount } edges { caller { service } callee { service } calls latencyMaxMs } }
      criticalPath { selfTimeMs span { operationName serviceName } }`,
    );
    expect(asked().length).toBe(6);
    expect(new Set(asked().slice(1)).size).toBe(5);
    for (const { spans, serviceGraph, criticalPath, outcomes } of found.traces) {
      expect(outcomes).toEqual([{ status: "SUCCESS", rows: spans.length }]);
      expect(serviceGraph.nodes.map(({ service }: { service: string }) => service)).toContain("frontend");
      expect(serviceGraph.edges.length).toBeGreaterThan(0);
      const total = criticalPath.reduce((sum: number, { selfTimeMs }: { selfTimeMs: number }) => sum + selfTimeMs, 0);
      expect(total).toBeCloseTo(spans[0].durationMs, 3);
    }
  });

  it("have no spans where the cluster cannot be read any more, and say why", async () => {
    await fleet.setFault(CALLER, "tempo", "slow", { delayMs: 300 });
    const pending = traces(
      { clusterIds: [ids[CALLER]], limit: 2, timeout: 5 },
      "traceId spanCount spans { spanId } criticalPath { selfTimeMs } outcomes { status error { code } }",
    );
    await until("the search is under way", () => asked().length === 1);
    await until(
      "the search is answered",
      () => fleet.inFlight({ cluster: CALLER, upstream: "tempo" }) === 0 || asked().length > 1,
    );
    await fleet.setFault(CALLER, "tempo", "refuse");
    const found = await pending;
    expect(found.traces).toHaveLength(2);
    for (const trace of found.traces) {
      expect(trace).toMatchObject({
        spanCount: expect.any(Number),
        spans: null,
        criticalPath: null,
        outcomes: [{ status: "ERROR", error: { code: expect.stringMatching(/^UPSTREAM_|^CIRCUIT/) } }],
      });
    }
  });

  it("are found by their id, with the spans of every cluster, tied together", async () => {
    const traceId = await crossing();
    const found = await lookup("", traceId.replace(/^0+/, "").toUpperCase());
    expect(found).toMatchObject({
      status: "FOUND",
      complete: false,
      clusters: [{ name: CALLER }, { name: CALLED }],
      trace: { traceId, clusterName: CALLER, rootService: "frontend", clusters: [{ name: CALLER }, { name: CALLED }] },
    });
    const { spans, spanCount } = found.trace;
    expect(spans).toHaveLength(spanCount);
    expect(spans.filter(({ orphan }: { orphan: boolean }) => orphan)).toEqual([]);
    const remote = spans.find(
      ({ clusterId, parentSpanId }: { clusterId: string; parentSpanId: string }) =>
        clusterId === ids[CALLED] &&
        spans.find((above: { spanId: string; clusterId: string }) => above.spanId === parentSpanId)?.clusterId ===
          ids[CALLER],
    );
    expect(remote).toMatchObject({
      cluster: { name: CALLED },
      parent: { spanId: remote.parentSpanId },
      pod: { phase: expect.any(String) },
    });
    expect(asked().filter((each) => each.endsWith(traceId))).toHaveLength(
      fleet.clusters.filter(({ tempoUrl }) => tempoUrl).length,
    );
    const { data } = await ask(
      `query ($id: ID!) { trace(traceId: $id) { trace { serviceGraph { edges { caller { cluster { name } } callee { cluster { name } } } } } } }`,
      { id: traceId },
    );
    expect(data.trace.trace.serviceGraph.edges).toContainEqual({
      caller: { cluster: { name: CALLER } },
      callee: { cluster: { name: CALLED } },
    });
  });

  it("flag what is missing where a cluster with a part of them is not asked", async () => {
    const traceId = await crossing();
    const found = await lookup(`clusterIds: ["${ids[CALLED]}"]`, traceId);
    expect(found).toMatchObject({ status: "FOUND", complete: true, trace: { clusterName: CALLED, rootService: null } });
    expect(found.trace.spans[0]).toMatchObject({ orphan: true, parent: null, parentSpanId: expect.any(String) });
  });

  it("are found in the first cluster that has them, however long the others take, which are then left alone", async () => {
    const traceId = await crossing();
    await fleet.setFault(OTHER, "tempo", "hang");
    await fleet.setFault(CALLED, "tempo", "slow", { delayMs: 5000 });
    const before = fleet.aborted();
    const began = performance.now();
    const first = await lookup("mode: FIRST", traceId);
    expect(performance.now() - began).toBeLessThan(4000);
    const status = (found: typeof first, name: string) =>
      found.outcomes.find(({ clusterName }: { clusterName: string }) => clusterName === name);
    expect(first).toMatchObject({ status: "FOUND", complete: false, clusters: [{ name: CALLER }] });
    expect(status(first, OTHER)).toMatchObject({ status: "CANCELLED", error: { code: "CANCELLED" } });
    expect(status(first, CALLED)).toMatchObject({ status: "CANCELLED" });
    await until("the others are asked no more", () => fleet.inFlight({ upstream: "tempo" }) === 0);
    expect(fleet.aborted() - before).toBe(2);

    // Slower than the first, and within the grace of the others.
    await fleet.setFault(CALLED, "tempo", "slow", { delayMs: 300 });
    const merged = await lookup("", traceId);
    expect(merged).toMatchObject({ status: "FOUND", clusters: [{ name: CALLER }, { name: CALLED }] });
    expect(status(merged, OTHER)).toMatchObject({ status: "CANCELLED" });
    await until("the others are asked no more", () => fleet.inFlight({ upstream: "tempo" }) === 0);
  });

  it("are not there when every cluster says so, and perhaps when one does not answer", async () => {
    const missing = "00000000000000000000000000000abc";
    expect(await lookup("", "abc")).toMatchObject({ status: "NOT_FOUND", trace: null, clusters: [], complete: false });
    expect(asked()).toContain(`${CALLER} /api/v2/traces/${missing}`);
    await fleet.setFault(CALLED, "tempo", "error-503");
    const open = await lookup("timeout: 3", "abc");
    expect(open).toMatchObject({ status: "INCONCLUSIVE", trace: null });
    await fleet.setFault(CALLED, "tempo", "hang");
    expect(await lookup("timeout: 1", "abd")).toMatchObject({ status: "INCONCLUSIVE" });
    const { errors } = await ask(`{ trace(traceId: "0") { status } }`);
    expect(errors?.[0]?.extensions["code"]).toBe("INVALID_TRACE_ID");
  });

  it("are found by their id in a query too, and only where the time is right", async () => {
    const traceId = await crossing();
    const found = await traces({ traceId }, "traceId spanCount clusters { name }");
    expect(found).toMatchObject({
      traces: [{ traceId, clusters: [{ name: CALLER }, { name: CALLED }] }],
      truncated: false,
      traceql: null,
    });
    expect(await traces({ traceId: "abc" })).toMatchObject({ traces: [] });
  });

  it("of what somebody may not see are not theirs to find", async () => {
    const traceId = await crossing();
    const found = await lookup("", traceId, CALLED_ONLY);
    expect(found).toMatchObject({ status: "FOUND", clusters: [{ name: CALLED }], trace: { rootService: null } });
    expect(found.outcomes.map(({ clusterName }: { clusterName: string }) => clusterName)).toEqual([CALLED]);
    const { errors } = await ask(
      `query ($ids: [UUID!]) { trace(traceId: "abc", clusterIds: $ids) { status } }`,
      { ids: [ids[CALLER]] },
      CALLED_ONLY,
    );
    expect(errors?.[0]?.extensions["code"]).toBe("CLUSTER_NOT_FOUND");
  });

  it("are a field of each cluster, where a failure is a row", async () => {
    await fleet.setFault(CALLED, "tempo", "refuse");
    const { data, errors } = await ask(
      `{ clusters { items { name traces(query: { limit: 2, timeout: 3 }) { complete traces { traceId clusterName } ${OUTCOMES} } } } }`,
    );
    expect(errors).toBeUndefined();
    const rows = Object.fromEntries(
      data.clusters.items.map(({ name, traces: of }: { name: string; traces: unknown }) => [name, of]),
    );
    expect(rows[CALLER]).toMatchObject({ complete: true, traces: [{ clusterName: CALLER }, { clusterName: CALLER }] });
    expect(rows[CALLED]).toMatchObject({
      complete: false,
      traces: [],
      outcomes: [{ status: expect.stringMatching(/ERROR|SKIPPED/) }],
    });
    expect(rows["bare-1"]).toMatchObject({ outcomes: [{ status: "SKIPPED", skipReason: "NO_ENDPOINT" }] });
    expect(graph.hops()).toEqual(["clusters", "observability"]);
  });

  it("tell what can be asked for: services, operations, tags and values, each with where it is", async () => {
    const { data, errors } = await ask(`{
      traceServices { values { value type clusters { name } } truncated complete ${OUTCOMES} }
      traceOperations(service: "frontend") { values { value } }
      traceTags { tags { tag scope name clusters { name } } }
      traceTagValues(tag: "http.response.status_code", range: { duration: "30m" }) { values { value type } }
      status: traceTagValues(tag: "status") { values { value type } }
    }`);
    expect(errors).toBeUndefined();
    const services = data.traceServices.values.map(({ value }: { value: string }) => value);
    expect(services).toEqual(services.toSorted());
    expect(data.traceServices.values).toContainEqual({
      value: "frontend",
      type: "string",
      clusters: expect.arrayContaining([{ name: CALLER }]),
    });
    expect(data.traceServices).toMatchObject({ truncated: false, complete: false });
    expect(data.traceOperations.values.map(({ value }: { value: string }) => value)).toContain("POST /checkout");
    expect(data.traceTags.tags).toContainEqual(
      expect.objectContaining({ tag: "resource.service.name", scope: "resource", name: "service.name" }),
    );
    expect(data.traceTags.tags).toContainEqual(expect.objectContaining({ tag: "duration", scope: "intrinsic" }));
    expect(data.traceTagValues.values).toContainEqual({ value: "200", type: "int" });
    expect(data.status.values).toContainEqual({ value: "error", type: "keyword" });
  });
});

await describeModes("Traces with an error", (mode) => {
  it("are told of as they come", async () => {
    const graph = await startGraph({ mode, jobs: true, env: { AIOPS_TRACE_POLL_MS: "500" } });
    const fleet = await startDemoFleet({ clusters: 3 });
    try {
      const tempoUrl = fleet.clusters.find(({ name }) => name === OTHER)?.tempoUrl;
      // It shows in traces of the last minutes.
      fleet.setAlert(OTHER, "InferenceFails", "firing", { namespace: "ai-serving", service: "llm-inference" });
      const stream = graph.subscribe(
        `subscription { events(filter: { eventTypes: [TRACE_RECEIVED] }) { event { cluster { name } ... on TraceReceived { traceId service operation durationMs startTime } } } }`,
      );
      const first = stream.next();
      await graph.ask(
        `mutation ($url: URL!) { registerCluster(input: { name: "${OTHER}", apiServerUrl: "https://127.0.0.1:9", endpoints: { tempoUrl: $url } }) { id } }`,
        { url: tempoUrl },
      );
      const { value } = await first;
      expect(value.errors).toBeUndefined();
      const { event } = value.data.events;
      expect(event).toMatchObject({ cluster: { name: OTHER }, durationMs: expect.any(Number) });
      const { data } = await graph.ask(
        `query ($id: ID!) { trace(traceId: $id) { status trace { hasErrors startTime } } }`,
        { id: event.traceId },
      );
      expect(data.trace).toEqual({ status: "FOUND", trace: { hasErrors: true, startTime: event.startTime } });
      await stream.return?.();
    } finally {
      await graph[Symbol.asyncDispose]();
      await fleet.close();
    }
  });
});
