import { afterAll, beforeAll, expect, it } from "vitest";
import type { DemoFleet } from "../../demo/fleet.ts";
import { enrolledFleet } from "../support/demo.ts";
import { startGraph, type TestGraph } from "../support/graph.ts";
import { describeModes } from "../support/modes.ts";
import { until } from "../support/until.ts";

/** As the README has it. */
const FLAGSHIP = `query Incident {
  clusters(filter: { labelSelector: "demo" }, pageSize: 5) {
    items {
      name
      alerts(filter: { severities: [CRITICAL], states: [FIRING] }, pageSize: 3) {
        total
        items {
          alertname startsAt staleSince
          pod { name phase restarts }
          logs(around: "5m", limit: 5) { timestamp message }
          traces(limit: 1) { traceId rootService durationMs hasErrors }
        }
      }
    }
  }
}`;

await describeModes("From the fleet to the trace", (mode) => {
  let graph: TestGraph;
  let fleet: DemoFleet;

  beforeAll(async () => {
    graph = await startGraph({ mode, jobs: true, env: { AIOPS_ALERT_POLL_MS: "1000", AIOPS_UPSTREAM_REST_MS: "50" } });
    fleet = await enrolledFleet(graph, { clusters: 5 });
    await until(
      "the alerts of each cluster are known",
      async () => {
        const { data } = await graph.ask(`{ clusters { items { alerts { total } } } }`);
        return data.clusters.items.every(({ alerts }: { alerts: { total: number } }) => alerts.total > 0);
      },
      30_000,
    );
  });
  afterAll(async () => {
    await graph[Symbol.asyncDispose]();
    await fleet.close();
  });

  /** What one operation asked of each kind of backend: jobs ask in the meantime too. */
  const askedBy = (requestId: string): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (const { upstream, headers } of fleet.requests()) {
      if (headers["x-request-id"] === requestId) counts[upstream] = (counts[upstream] ?? 0) + 1;
    }
    return counts;
  };

  it("goes one operation: clusters, their critical alerts, the pods, the lines around and the slowest trace", async () => {
    // Its first asking lists the pods; from then on they are watched.
    await graph.ask(FLAGSHIP);
    graph.resetHops();
    fleet.resetRequests();
    const headers = { "x-request-id": "the-flagship" };
    const { data, errors } = await graph.ask(FLAGSHIP, {}, { headers });
    expect(errors).toBeUndefined();
    const alerts = data.clusters.items.flatMap(({ alerts }: { alerts: { items: object[] } }) => alerts.items);
    expect(alerts.length).toBeGreaterThan(0);
    const complete = alerts.find(
      (alert: { pod: { phase: string } | null; logs: object[] | null; traces: object[] | null }) =>
        alert.pod?.phase && alert.logs?.length && alert.traces?.length,
    );
    expect(complete).toMatchObject({
      alertname: expect.any(String),
      staleSince: null,
      pod: { name: expect.any(String), phase: expect.any(String) },
    });
    expect(complete.logs[0]).toMatchObject({ message: expect.any(String) });
    expect(complete.traces[0]).toMatchObject({ traceId: expect.stringMatching(/^[0-9a-f]{32}$/) });
    expect(complete.traces[0].durationMs).toBeGreaterThan(0);
    // Whose clusters, then their alerts with logs and traces, then the pods: a hop each.
    expect(graph.hops()).toEqual(["clusters", "observability", "clusters"]);
    const { loki = 0, tempo = 0, kubernetes = 0 } = askedBy("the-flagship");
    // Per alert the lines, and a search with the trace it found; the label names of each Loki once; the pods are watched already.
    expect(loki).toBeLessThanOrEqual(alerts.length + fleet.clusters.length);
    expect(tempo).toBeLessThanOrEqual(2 * alerts.length);
    expect(kubernetes).toBe(0);
  });

  it("goes from a line to its trace", async () => {
    const { data, errors } = await graph.ask(
      `{ logs(query: { query: "{namespace=\\"shop\\"} | json | trace_id != \\"\\"", limit: 3, startTime: "${new Date(Date.now() - 3_600_000).toISOString()}" }) {
        entries { clusterName traceId trace { traceId hasErrors rootService } } } }`,
    );
    expect(errors).toBeUndefined();
    const { entries } = data.logs;
    expect(entries.length).toBeGreaterThan(0);
    for (const { traceId, trace } of entries) expect(trace?.traceId ?? null).toBe(traceId);
    expect(entries.some(({ trace }: { trace: object | null }) => trace !== null)).toBe(true);
  });

  it("has everything else when one cluster's Loki is gone and another one's Tempo is gone", async () => {
    const [first, second] = fleet.clusters;
    await fleet.setFault(first?.name ?? "", "loki", "refuse");
    await fleet.setFault(second?.name ?? "", "tempo", "refuse");
    const { data, errors } = await graph.ask(FLAGSHIP);
    const of = (name: string | undefined) =>
      data.clusters.items.find((item: { name: string }) => item.name === name).alerts.items;
    expect(of(first?.name).some((alert: { traces: object[] | null }) => alert.traces?.length)).toBe(true);
    expect(of(second?.name).every((alert: { traces: object[] | null }) => alert.traces === null)).toBe(true);
    expect(errors?.length).toBeGreaterThan(0);
    expect(errors?.every(({ path }) => ["logs", "traces"].includes(String(path?.at(-1))))).toBe(true);
    await fleet.setFault(first?.name ?? "", "loki", null);
    await fleet.setFault(second?.name ?? "", "tempo", null);
  });
});
