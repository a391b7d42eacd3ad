import { afterAll, beforeAll, expect, it } from "vitest";
import type { DemoFleet } from "../../demo/fleet.ts";
import { enrolledFleet } from "../support/demo.ts";
import { startGraph, type TestGraph } from "../support/graph.ts";
import { describeModes } from "../support/modes.ts";
import { until } from "../support/until.ts";

await describeModes("The event stream", (mode) => {
  let graph: TestGraph;
  let fleet: DemoFleet;

  beforeAll(async () => {
    graph = await startGraph({
      mode,
      jobs: true,
      env: {
        // Joins of events that came before, and who else asks, may open the circuit of a Prometheus that refuses: it rests for nothing.
        AIOPS_UPSTREAM_REST_MS: "1",
        AIOPS_ALERT_POLL_MS: "3600000",
        AIOPS_GPU_POLL_MS: "3600000",
      },
    });
    fleet = await enrolledFleet(graph, { clusters: 3 });
    await until("every cluster has been checked", async () => {
      const { data } = await graph.ask(`{ clusters(filter: { states: [ONLINE] }) { total } }`);
      return data.clusters.total === 3;
    });
  });
  afterAll(async () => {
    await graph[Symbol.asyncDispose]();
    await fleet.close();
  });

  const byName = async (name: string): Promise<{ id: string }> =>
    (await graph.ask(`query ($name: String) { cluster(name: $name) { id } }`, { name })).data.cluster;
  const refresh = (id: string) =>
    graph.ask(`mutation ($id: UUID!) { refreshCluster(id: $id) { status { state } } }`, { id });
  const touch = (id: string, displayName: string) =>
    graph.ask(`mutation ($id: UUID!, $to: String) { updateCluster(id: $id, input: { displayName: $to }) { id } }`, {
      id,
      to: displayName,
    });
  /** Until the stream is open on the bus, what happens is history to it: touch the cluster till the first event arrives. */
  async function opened(stream: AsyncIterableIterator<{ data: unknown }>, id: string): Promise<void> {
    const first = stream.next();
    const timer = setInterval(() => void touch(id, "opening"), 100);
    await first.finally(() => clearInterval(timer));
  }

  it("tells of a cluster whose Prometheus stops, with fields of other subgraphs", async () => {
    const [demo] = fleet.clusters;
    if (!demo) throw new Error("no demo cluster");
    const { id } = await byName(demo.name);
    const stream = graph.subscribe(
      `subscription ($id: UUID!) { events(filter: { clusterIds: [$id], eventTypes: [CLUSTER_STATUS_CHANGED, CLUSTER_UPDATED] }) { cursor gap { count } event {
        eventType timestamp payload ... on ClusterStatusChanged { oldState newState }
        cluster { displayName labels status { state lastError } metrics(query: { query: "sum(up)" }) { status error data { metric } } } } } }`,
      { id },
    );
    await opened(stream, id);
    const next = async (type: string) => {
      for (;;) {
        const { value } = await stream.next();
        if (value.errors) throw new Error(JSON.stringify(value.errors));
        if (value.data.events.event.eventType === type) return value.data.events;
      }
    };
    await fleet.setFault(demo.name, "prometheus", "refuse");
    void refresh(id);
    const down = (await next("CLUSTER_STATUS_CHANGED")).event;
    expect([down.oldState, down.newState]).toEqual(["ONLINE", "DEGRADED"]);
    expect(down.payload).toMatchObject({ old_state: "ONLINE", new_state: "DEGRADED", health_score: 80 });
    expect(down.cluster.labels.demo).toBe("true");
    expect(down.cluster.status).toEqual({ state: "DEGRADED", lastError: "Prometheus: The connection was refused." });
    expect(down.cluster.metrics).toEqual({ status: "ERROR", error: "The connection was refused.", data: [] });
    await fleet.setFault(demo.name, "prometheus", null);
    void refresh(id);
    const up = (await next("CLUSTER_STATUS_CHANGED")).event;
    expect([up.oldState, up.newState]).toEqual(["DEGRADED", "ONLINE"]);
    expect([up.cluster.metrics.status, up.cluster.metrics.error]).toEqual(["SUCCESS", null]);
    await stream.return?.();
  });

  it("goes on from a cursor without loss or repetition, live and by pages", async () => {
    const { id } = await byName(fleet.clusters[1]?.name ?? "");
    const start = (await graph.ask(`{ eventHistory(first: 1000) { endCursor } }`)).data.eventHistory.endCursor;
    const names = Array.from({ length: 12 }, (_, index) => `touched ${index}`);
    for (const name of names) await touch(id, name);
    const filter = `filter: { clusterIds: ["${id}"], eventTypes: [CLUSTER_UPDATED] }`;
    const items: { cursor: string }[] = (
      await graph.ask(`{ eventHistory(${filter}, after: "${start}") { items { cursor } } }`)
    ).data.eventHistory.items;
    expect(items).toHaveLength(names.length);
    const all = items.map(({ cursor }) => cursor);
    expect(new Set(all).size).toBe(names.length);

    const paged: string[] = [];
    let after = start;
    for (let more = true; more; ) {
      const { items, endCursor, hasMore } = (
        await graph.ask(
          `{ eventHistory(${filter}, after: "${after}", first: 5) { items { cursor } endCursor hasMore } }`,
        )
      ).data.eventHistory;
      paged.push(...items.map(({ cursor }: { cursor: string }) => cursor));
      [after, more] = [endCursor, hasMore];
    }
    expect(paged).toEqual(all);

    const stream = graph.subscribe(`subscription { events(${filter}, after: "${all[3]}") { cursor } }`);
    const live: string[] = [];
    while (live.length < all.length - 4) live.push((await stream.next()).value.data.events.cursor);
    expect(live).toEqual(all.slice(4));
    await stream.return?.();
  });

  it("tells explicitly of what can no longer be given", async () => {
    const { data } = await graph.ask(
      `{ eventHistory(after: "1-1", first: 1) { items { cursor event { eventId } gap { from count reason } } } }`,
    );
    expect(data.eventHistory.items[0]).toMatchObject({
      event: null,
      gap: { from: "1-1", count: null, reason: "LOG_REPLACED" },
    });
  });

  it("names the cluster of an event that was deleted since, and joins null", async () => {
    const { data } = await graph.ask(
      `mutation { registerCluster(input: { name: "short-lived", apiServerUrl: "https://a.example.com" }) { id } }`,
    );
    const { id } = data.registerCluster;
    await graph.ask(`mutation ($id: UUID!) { deleteCluster(id: $id) { id } }`, { id });
    const history = await graph.ask(
      `query ($id: UUID!) { eventHistory(filter: { clusterIds: [$id], eventTypes: [CLUSTER_REGISTERED, CLUSTER_DELETED] }) { items { event { eventType clusterId cluster { name } payload } } } }`,
      { id },
    );
    const events = history.data.eventHistory.items.map(({ event }: { event: object }) => event);
    expect(events).toMatchObject([
      { eventType: "CLUSTER_REGISTERED", clusterId: id, cluster: null },
      { eventType: "CLUSTER_DELETED", clusterId: id, cluster: null, payload: { name: "short-lived" } },
    ]);
  });

  it("refuses a malformed cursor and filter before it opens", async () => {
    for (const [args, code] of [
      [`after: "yesterday"`, "INVALID_CURSOR"],
      [`filter: { namespaces: [""] }`, "BAD_USER_INPUT"],
    ]) {
      const { value } = await graph.subscribe(`subscription { events(${args}) { cursor } }`).next();
      expect(value.errors[0].extensions.code).toBe(code);
    }
  });

  it("runs over SSE too", async () => {
    const { id } = await byName(fleet.clusters[2]?.name ?? "");
    const client = new AbortController();
    const response = await fetch(`${graph.url}/graphql/stream`, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "text/event-stream" },
      body: JSON.stringify({
        query: `subscription { events(filter: { clusterIds: ["${id}"] }) { event { eventType cluster { name } } } }`,
      }),
      signal: client.signal,
    });
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    const timer = setInterval(() => void touch(id, "by SSE"), 100);
    let text = "";
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString("utf8");
      if (text.includes("CLUSTER_UPDATED")) break;
    }
    clearInterval(timer);
    client.abort();
    expect(text).toContain("event: next");
    expect(text).toContain(`"cluster":{"name":"${fleet.clusters[2]?.name}"}`);
  });
});
