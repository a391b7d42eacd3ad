import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { DemoFleet, Fault } from "../../demo/fleet.ts";
import { enrolledFleet } from "../support/demo.ts";
import { startGraph, type TestGraph } from "../support/graph.ts";
import { describeModes } from "../support/modes.ts";
import { until } from "../support/until.ts";

await describeModes("Metrics over the fleet", (mode) => {
  let graph: TestGraph;
  let fleet: DemoFleet;
  const lines: string[] = [];

  beforeAll(async () => {
    graph = await startGraph({ mode, logTo: (line) => lines.push(line) });
    fleet = await enrolledFleet(graph, { clusters: 100 });
  });
  afterAll(async () => {
    await graph[Symbol.asyncDispose]();
    await fleet.close();
  });
  beforeEach(() => {
    graph.resetHops();
    fleet.resetRequests();
  });

  const prometheusRequests = () => fleet.requests().filter(({ upstream }) => upstream === "prometheus");

  it("costs a page of 100 clusters with two metric fields one hop to each subgraph and one request per cluster and query", async () => {
    const { data, errors } = await graph.ask(`{
      clusters(pageSize: 100) { items { name status { state }
        up: metrics(query: { query: "sum(up)" }) { status clusterName data { values } }
        memory: metrics(query: { query: "sum(node_memory_MemTotal_bytes)" }) { status }
        again: metrics(query: { query: "sum(up)" }) { status }
      } } }`);
    expect(errors).toBeUndefined();
    expect(data.clusters.items).toHaveLength(100);
    for (const { name, up, memory } of data.clusters.items) {
      expect(up).toMatchObject({ status: "SUCCESS", clusterName: name });
      expect(up.data[0].values.length).toBe(61);
      expect(memory.status).toBe("SUCCESS");
    }
    expect(graph.hops()).toEqual(["clusters", "observability"]);
    expect(prometheusRequests()).toHaveLength(200);
  });

  it("costs a page as many SQL statements with 100 clusters as with one", async () => {
    let statements = 0;
    const count = () => {
      statements += 1;
    };
    const { pool } = graph.platform.database;
    pool.on("acquire", count);
    const page = async (pageSize: number): Promise<number> => {
      statements = 0;
      graph.resetHops();
      const { data, errors } = await graph.ask(`{ clusters(pageSize: ${pageSize}) { total items {
        name labels status { state } capabilities { gpuCount findings { status } } credentials { authType }
        healthHistory { at } proposedEndpoints { url } } } }`);
      expect(errors).toBeUndefined();
      expect(data.clusters.items).toHaveLength(pageSize);
      expect(graph.hops()).toEqual(["clusters"]);
      return statements;
    };
    const one = await page(1);
    expect(one).toBeGreaterThan(0);
    expect(await page(100)).toBe(one);
    pool.off("acquire", count);
  });

  it("shares one request between all hops and shapes of an operation", async () => {
    const { data, errors } = await graph.ask(`{
      metrics(query: { query: "sum(up)" }) {
        clustersSucceeded
        results { cluster { name metrics(query: { query: "sum(up)" }) { status } } }
        outcomes { cluster { id metrics(query: { query: "sum(up)" }) { status } } }
      }
      clusters(pageSize: 100) { items { metrics(query: { query: "sum(up)" }) { status } } }
    }`);
    expect(errors).toBeUndefined();
    expect(data.metrics.clustersSucceeded).toBe(100);
    expect(
      data.metrics.results.every(
        ({ cluster }: { cluster: { metrics: { status: string } } }) => cluster.metrics.status === "SUCCESS",
      ),
    ).toBe(true);
    expect(prometheusRequests()).toHaveLength(100);
  });

  it("asks every cluster for the same window, on the step's grid", async () => {
    const { data } = await graph.ask(
      `{ metrics(query: { query: "sum(up)", step: "5m" }) { startTime endTime step results { data { values } } } }`,
    );
    const windows = new Set(
      prometheusRequests().map(({ params }) => `${params["start"]} ${params["end"]} ${params["step"]}`),
    );
    expect(windows.size).toBe(1);
    const [start = "", end = "", step] = [...windows][0]?.split(" ") ?? [];
    expect([Number(start) % 300, Number(end) % 300, step]).toEqual([0, 0, "300"]);
    expect(Date.parse(data.metrics.startTime) / 1000).toBe(Number(start));
    expect(Date.parse(data.metrics.endTime) / 1000).toBe(Number(end));
  });

  it("answers with 35 results and 15 named failures when 5 clusters hang, 5 refuse and 5 answer 503", async () => {
    const chosen = fleet.clusters.slice(0, 50).map(({ name }) => name);
    const faults = new Map<string, Fault>();
    for (const [index, name] of chosen.slice(10, 25).entries()) {
      faults.set(name, (["hang", "refuse", "error-503"] as const)[Math.floor(index / 5)] ?? "hang");
    }
    for (const [name, fault] of faults) await fleet.setFault(name, "prometheus", fault);
    try {
      const ids = await idsOf(chosen);
      graph.resetHops();
      const began = performance.now();
      const { data, errors } = await graph.ask(
        `query ($ids: [UUID!]) { metrics(query: { query: "sum(up)", timeout: 2, clusterIds: $ids }) {
          complete clustersQueried clustersSucceeded
          outcomes { clusterName status rows durationMs error { code message retryable } }
          results { clusterName status error data { metric } } } }`,
        { ids },
      );
      expect(errors).toBeUndefined();
      expect(performance.now() - began).toBeLessThan(4000);
      const { metrics } = data;
      expect(metrics).toMatchObject({ complete: false, clustersQueried: 50, clustersSucceeded: 35 });
      expect(metrics.results.map(({ clusterName }: { clusterName: string }) => clusterName)).toEqual(
        [...chosen].sort(),
      );
      const expected = {
        hang: ["TIMEOUT", "UPSTREAM_TIMEOUT"],
        refuse: ["ERROR", "UPSTREAM_UNREACHABLE"],
        "error-503": ["ERROR", "UPSTREAM_ERROR"],
      };
      for (const { clusterName, status, rows, error } of metrics.outcomes) {
        const fault = faults.get(clusterName) as keyof typeof expected | undefined;
        if (fault) expect([status, error.code], clusterName).toEqual(expected[fault]);
        else expect([status, rows, error]).toEqual(["SUCCESS", 1, null]);
      }
      expect(graph.hops()).toEqual(["observability"]);
      // A refused connection never reaches the server's log; a 503 is asked for again.
      expect(new Set(prometheusRequests().map(({ cluster }) => cluster)).size).toBe(45);
      await until("the hanging requests are given up", () => fleet.inFlight() === 0);
    } finally {
      for (const name of faults.keys()) await fleet.setFault(name, "prometheus", null);
    }
  });

  it("carries the request's id to the upstreams and the log, and gives it back", async () => {
    const response = await fetch(`${graph.url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-request-id": "trace.me-1" },
      body: JSON.stringify({ query: `query Traced { metrics(query: { query: "sum(up)" }) { complete } }` }),
    });
    expect(response.headers.get("x-request-id")).toBe("trace.me-1");
    const logged = lines.map((line) => JSON.parse(line)).filter(({ requestId }) => requestId === "trace.me-1");
    expect(logged).toMatchObject([
      {
        msg: "operation",
        type: "query",
        name: "Traced",
        outcome: "ok",
        codes: [],
        user: "developer",
        ms: expect.any(Number),
      },
    ]);
    expect(new Set(prometheusRequests().map(({ headers }) => headers["x-request-id"]))).toEqual(
      new Set(["trace.me-1"]),
    );
  });

  it("cancels the upstream requests within a second of the client's leaving", async () => {
    const victims = fleet.clusters.slice(0, 10).map(({ name }) => name);
    for (const name of victims) await fleet.setFault(name, "prometheus", "hang");
    try {
      const ids = await idsOf(victims);
      const client = new AbortController();
      const answer = graph.ask(
        `query ($ids: [UUID!]) { metrics(query: { query: "sum(up)", clusterIds: $ids }) { complete } }`,
        { ids },
        { signal: client.signal },
      );
      await until("all requests are under way", () => fleet.inFlight({ upstream: "prometheus" }) === 10);
      const left = performance.now();
      client.abort();
      await expect(answer).rejects.toThrow();
      await until("the requests are given up", () => fleet.inFlight({ upstream: "prometheus" }) === 0);
      expect(performance.now() - left).toBeLessThan(1000);
    } finally {
      for (const name of victims) await fleet.setFault(name, "prometheus", null);
    }
  });

  describe("when no cluster succeeds", () => {
    it("is an error that names each cluster's reason", async () => {
      const [id] = await idsOf([fleet.clusters[0]?.name ?? ""]);
      const { data, errors } = await graph.ask(
        `query ($id: UUID!) { metrics(query: { query: "up * on(job) up", clusterIds: [$id] }) { complete } }`,
        { id },
      );
      expect(data).toBeNull();
      expect(errors?.[0]?.extensions).toMatchObject({
        code: "NO_CLUSTER_SUCCEEDED",
        details: { clusters: [{ clusterId: id, status: "ERROR", error: { code: "UPSTREAM_QUERY_FAILED" } }] },
      });
    });

    it("is an empty answer when none is in scope", async () => {
      const { data, errors } = await graph.ask(
        `{ metrics(query: { query: "up", selector: { labelSelector: "no=such" } }) { complete clustersQueried results { clusterName } } }`,
      );
      expect(errors).toBeUndefined();
      expect(data.metrics).toEqual({ complete: true, clustersQueried: 0, results: [] });
      expect(prometheusRequests()).toHaveLength(0);
    });
  });

  async function idsOf(names: readonly string[]): Promise<string[]> {
    const { data } = await graph.ask(`{ clusters(pageSize: 100) { items { id name } } }`);
    return data.clusters.items
      .filter(({ name }: { name: string }) => names.includes(name))
      .map(({ id }: { id: string }) => id);
  }
});
