import { afterAll, beforeAll, expect, it } from "vitest";
import type { DemoFleet } from "../../demo/fleet.ts";
import { enrolledFleet } from "../support/demo.ts";
import { type Sample, scrape, sumOf } from "../support/exposition.ts";
import { startGraph, type TestGraph } from "../support/graph.ts";
import { describeModes } from "../support/modes.ts";
import { until } from "../support/until.ts";

const CLUSTERS = 4;
const USER = "a-user-whom-no-metric-names";
const ADMIN_TOKEN = "token-of-the-administrator";
const VIEWER_TOKEN = "token-of-somebody-who-only-looks";
const PAST = `query FleetUp { metrics(query: { query: "sum(up)", startTime: "2026-01-01T00:00:00Z", endTime: "2026-01-01T01:00:00Z", step: "10m" }) {
  clustersSucceeded outcomes { clusterName status error { code } } } }`;

await describeModes("How the platform is", (mode) => {
  let graph: TestGraph;
  let fleet: DemoFleet;

  beforeAll(async () => {
    const tokens = [
      { token: ADMIN_TOKEN, user: USER, roles: ["admin"] },
      { token: VIEWER_TOKEN, user: `${USER}-2`, roles: ["viewer"] },
    ];
    graph = await startGraph({ mode, jobs: true, env: { AIOPS_API_TOKENS: JSON.stringify(tokens) } });
    fleet = await enrolledFleet(graph, { clusters: CLUSTERS });
  });
  afterAll(async () => {
    await graph[Symbol.asyncDispose]();
    await fleet.close();
  });

  const ask = (query: string) => graph.ask(query, {}, { token: ADMIN_TOKEN });
  const ofGateway = async (): Promise<Sample[]> => (await scrape(graph.url)).samples;
  const of = async (subgraph: string): Promise<Sample[]> => (await scrape(graph.routesUrl(subgraph))).samples;
  const detailed = async (origin: string, token?: string) => {
    const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
    const response = await fetch(`${origin}/healthz/detailed`, { headers });
    return { status: response.status, body: await response.json() };
  };

  it("is told by operation, hop and cost at the gateway", async () => {
    const before = await ofGateway();
    const grew = (samples: Sample[], name: string, labels: Record<string, string> = {}): number =>
      (sumOf(samples, name, labels) ?? 0) - (sumOf(before, name, labels) ?? 0);
    for (let index = 0; index < 3; index += 1) {
      expect((await ask("query HowManyOfThem { clusters { total } }")).errors).toBeUndefined();
    }
    expect((await ask('query NeverRight { metrics(query: { query: "sum(" }) { complete } }')).errors).toHaveLength(1);
    expect((await ask("{ clusters { total } }")).errors).toBeUndefined();
    const after = await ofGateway();
    const named = (operation: string, outcome: string): number =>
      grew(after, "aiops_gateway_operations_total", { operation, outcome });
    expect([named("HowManyOfThem", "ok"), named("NeverRight", "error"), named("other", "error")]).toEqual([3, 0, 1]);
    expect(named("unnamed", "ok")).toBe(1);
    expect(grew(after, "aiops_gateway_operation_seconds_total", { operation: "HowManyOfThem" })).toBeGreaterThan(0);
    expect(grew(after, "aiops_gateway_hop_duration_seconds_count", { subgraph: "clusters", outcome: "ok" })).toBe(4);
    expect(grew(after, "aiops_gateway_operation_cost_count")).toBe(5);
  });

  it("is told by backend, kind of cluster and outcome where clusters are asked, with what is kept", async () => {
    const broken = fleet.clusters[1]?.name ?? "";
    const before = await of("observability");
    await fleet.setFault(broken, "prometheus", "error-503");
    const { data } = await ask(PAST);
    expect(data.metrics.clustersSucceeded).toBe(CLUSTERS - 1);
    await fleet.setFault(broken, "prometheus", null);
    expect((await ask(PAST)).data.metrics.clustersSucceeded).toBe(CLUSTERS);
    const after = await of("observability");
    const grew = (name: string, labels: Record<string, string>): number =>
      (sumOf(after, name, labels) ?? 0) - (sumOf(before, name, labels) ?? 0);
    const requests = "aiops_upstream_request_duration_seconds_count";
    // Jobs ask, too.
    expect(grew(requests, { backend: "prometheus", outcome: "OK" })).toBeGreaterThanOrEqual(CLUSTERS);
    expect(grew(requests, { backend: "prometheus", outcome: "HTTP_5XX" })).toBeGreaterThan(0);
    const types = new Set(
      after.filter(({ name }) => name === requests).map(({ labels: { cluster_type: type } }) => type),
    );
    const known = new Set((await ask("{ clusters { items { clusterType } } }")).data.clusters.items.map(typeOf));
    expect(types).toEqual(known);
    expect(grew("aiops_cache_requests_total", { cache: "metrics", outcome: "miss" })).toBe(CLUSTERS + 1);
    expect(grew("aiops_cache_requests_total", { cache: "metrics", outcome: "hit" })).toBe(CLUSTERS - 1);
    expect(sumOf(after, "aiops_cache_bytes", { cache: "metrics" })).toBeGreaterThan(0);
    expect(sumOf(after, "aiops_upstream_calls", { state: "waiting" })).toBe(0);
  });

  it("shows a breaker open while an endpoint rests, and what was not sent for it", async () => {
    const gone = fleet.clusters[0]?.name ?? "";
    await fleet.setFault(gone, "prometheus", "refuse");
    const now = `{ metrics(query: { query: "vector(1)" }) { outcomes { status } } }`;
    const origin = mode === "in one process" ? graph.url : graph.routesUrl("observability");
    await until("its breaker is open, and keeps calls from it", async () => {
      await ask(now);
      const samples = await of("observability");
      const backend = "prometheus";
      return (
        sumOf(samples, "aiops_upstream_breakers", { backend, state: "open" }) &&
        sumOf(samples, "aiops_upstream_refused_total", { backend, code: "CIRCUIT_OPEN" }) &&
        (await detailed(origin, ADMIN_TOKEN)).body.load.openBreakers > 0
      );
    });
    await fleet.setFault(gone, "prometheus", null);
  });

  it("is told of jobs, the outbox and reports", async () => {
    const job = "clusters.publish-outbox";
    const samples = await until("the outbox was looked through", async () => {
      const told = await of("clusters");
      return sumOf(told, "aiops_job_last_success_timestamp_seconds", { job }) === null ? null : told;
    });
    const last = sumOf(samples, "aiops_job_last_success_timestamp_seconds", { job }) ?? 0;
    expect(Math.abs(Date.now() / 1000 - last)).toBeLessThan(60);
    expect(sumOf(samples, "aiops_job_duration_seconds_count", { job, outcome: "ok" })).toBeGreaterThan(0);
    expect(sumOf(samples, "aiops_outbox_events")).not.toBeNull();
    const work = await of("intelligence");
    expect(sumOf(work, "aiops_report_queue_oldest_seconds")).toBe(0);
    expect(sumOf(work, "aiops_reports", { status: "QUEUED" })).toBe(0);
    expect(sumOf(work, "aiops_chat_answers_under_way")).toBe(0);
  });

  it("names no user and no cluster in any metric", async () => {
    const { data } = await ask("{ clusters(pageSize: 100) { items { id name } } }");
    const theirs = [USER, ...data.clusters.items.flatMap(({ id, name }: { id: string; name: string }) => [id, name])];
    const origins = ["clusters", "observability", "gpu", "intelligence", "events"].map((name) => graph.routesUrl(name));
    for (const origin of new Set([graph.url, ...origins])) {
      const { text } = await scrape(origin);
      expect(theirs.filter((name) => text.includes(name))).toEqual([]);
    }
  });

  it("is told in full to an administrator, and to nobody else", async () => {
    expect((await detailed(graph.url)).status).toBe(401);
    const refused = await detailed(graph.url, VIEWER_TOKEN);
    expect([refused.status, refused.body.errors[0].extensions.code]).toEqual([403, "FORBIDDEN"]);
    const { status, body } = await detailed(graph.url, ADMIN_TOKEN);
    expect([status, body.status], JSON.stringify(body.components)).toEqual([200, "ok"]);
    const subgraphs = ["clusters", "events", "gpu", "intelligence", "observability"].map((name) => `subgraph:${name}`);
    expect(Object.keys(body.components).sort()).toEqual(["bus", "database", ...subgraphs]);
    for (const { state, latencyMs } of Object.values<{ state: string; latencyMs: number }>(body.components)) {
      expect([state, latencyMs < 3000]).toEqual(["ok", true]);
    }
    expect(body.version).toMatch(/^\d+\.\d+\.\d+/);
    expect(body.uptimeSeconds).toBeGreaterThan(0);
    expect(body.eventLoopP99Ms).toBeGreaterThanOrEqual(0);
    expect(body.memory.rssBytes).toBeGreaterThan(body.memory.heapUsedBytes);
    expect(body.load.sockets).toBe(0);
    if (mode === "over HTTP") {
      const own = await detailed(graph.routesUrl("clusters"));
      expect([own.status, own.body.components.database.state]).toEqual([200, "ok"]);
      // How many wait is up to what the fleet is just doing.
      expect(own.body.load.outboxEvents).toBeGreaterThanOrEqual(0);
    }
  });
});

const typeOf = ({ clusterType }: { clusterType: string }): string => clusterType;
