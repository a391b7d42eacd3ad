import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { DemoFleet } from "../../demo/fleet.ts";
import { clusterRow } from "../support/clusters.ts";
import { enrolledFleet } from "../support/demo.ts";
import { type Answer, startGraph, type TestGraph } from "../support/graph.ts";
import { describeModes } from "../support/modes.ts";
import { until } from "../support/until.ts";

const TOKENS = { admin: "admin-token-0123456789", scoped: "scoped-token-0123456789" };
const AIOPS_API_TOKENS = JSON.stringify([
  { token: TOKENS.admin, user: "ann", roles: ["admin"] },
  { token: TOKENS.scoped, user: "sam", roles: ["viewer"], scope: { labelSelector: "tier=hub" } },
]);
const ALL = '{namespace=~".+"}';
const ENTRY = "clusterName timestampNs message";
const OUTCOMES = "outcomes { clusterName status rows truncated warnings error { code message } }";

interface Entry {
  clusterName: string;
  timestampNs: string;
  message: string;
}

await describeModes("Logs over the fleet", (mode) => {
  let graph: TestGraph;
  let fleet: DemoFleet;
  let ids: Record<string, string>;
  const [HUB, EAST, WEST] = ["hub-eu-1", "prod-east-1", "prod-west-1"];

  const ask = (query: string, variables: Record<string, unknown> = {}, token = TOKENS.admin) =>
    graph.ask(query, variables, { token });
  const LOGS = `query ($query: LogQueryInput!) { logs(query: $query) { direction startTime endTime completeDownTo nextCursor complete ${OUTCOMES} entries { ${ENTRY} } } }`;
  const logs = async (query: object) => {
    const { data, errors } = await ask(LOGS, { query });
    expect(errors).toBeUndefined();
    return data.logs;
  };
  const refusal = async (query: object) => {
    const { errors } = await ask(LOGS, { query });
    return errors?.[0]?.extensions["code"];
  };
  /** A stretch that all later lines leave alone. */
  const closed = (minutes: number) => {
    const end = Math.floor(Date.now() / 1000) * 1000 - 120_000;
    return { startTime: new Date(end - minutes * 60_000).toISOString(), endTime: new Date(end).toISOString() };
  };
  const lokiRequests = () => fleet.requests().filter(({ upstream }) => upstream === "loki");

  beforeAll(async () => {
    graph = await startGraph({ mode, env: { AIOPS_API_TOKENS } });
    fleet = await enrolledFleet(graph, { clusters: 4 });
    const { data } = await ask(`{ clusters { items { id name } } }`);
    ids = Object.fromEntries(data.clusters.items.map(({ id, name }: { id: string; name: string }) => [name, id]));
  });
  afterAll(async () => {
    await graph[Symbol.asyncDispose]();
    await fleet.close();
  });
  beforeEach(() => {
    fleet.resetRequests();
    graph.resetHops();
  });

  it("are one list in order, of one request to each cluster", async () => {
    const { entries, completeDownTo, complete, outcomes, direction } = await logs({ query: ALL, limit: 200 });
    expect([entries.length, complete, direction]).toEqual([200, true, "BACKWARD"]);
    const times = entries.map(({ timestampNs }: Entry) => BigInt(timestampNs));
    expect(times).toEqual(times.toSorted((a: bigint, b: bigint) => (a < b ? 1 : a > b ? -1 : 0)));
    expect(completeDownTo).toBe(entries.at(-1).timestampNs);
    expect(new Set(entries.map(({ clusterName }: Entry) => clusterName)).size).toBe(4);
    expect(outcomes.map(({ rows }: { rows: number }) => rows).reduce((a: number, b: number) => a + b)).toBe(200);
    expect(lokiRequests().map(({ params: { limit, direction } }) => [limit, direction])).toEqual(
      Array(4).fill(["201", "backward"]),
    );
    // One of them serves several tenants.
    const tenants = lokiRequests().map(({ cluster, headers }) => [cluster, headers["x-scope-orgid"]]);
    expect(Object.fromEntries(tenants)).toMatchObject({ [WEST]: "shop" });
    expect(graph.hops()).toEqual(["observability"]);
  });

  it("have what each line brings: its labels, its pod and its trace", async () => {
    const { data, errors } = await ask(
      `query ($query: LogQueryInput!) { logs(query: $query) { entries {
        clusterId cluster { name } timestamp timestampNs stream message structuredMetadata parsed late traceId
        pod { namespace name phase cluster { name } } } } }`,
      { query: { query: '{namespace="shop",app="cart"} | json | status=200', limit: 3, clusterIds: [ids[HUB]] } },
    );
    expect(errors).toBeUndefined();
    expect(data.logs.entries).toHaveLength(3);
    for (const entry of data.logs.entries) {
      const line = JSON.parse(entry.message);
      expect(entry).toMatchObject({
        clusterId: ids[HUB],
        cluster: { name: HUB },
        timestamp: line.ts,
        stream: { namespace: "shop", app: "cart", pod: entry.pod.name },
        structuredMetadata: { trace_id: line.trace_id },
        parsed: { status: "200", path: line.path },
        traceId: line.trace_id,
        late: false,
        pod: { namespace: "shop", phase: "RUNNING", cluster: { name: HUB } },
      });
      expect(entry.timestampNs.startsWith(String(Date.parse(entry.timestamp)))).toBe(true);
    }
  });

  it.each(["BACKWARD", "FORWARD"])("come page by page, each line once, %s", async (direction) => {
    const query = { query: '{namespace="shop"}', direction, ...closed(10) };
    const whole = await logs({ ...query, limit: 5000 });
    expect([whole.nextCursor, whole.entries.length > 300]).toEqual([null, true]);
    expect(new Date(Number(BigInt(whole.completeDownTo) / 1_000_000n)).toISOString()).toBe(
      direction === "BACKWARD" ? whole.startTime : whole.endTime,
    );
    const pages: Entry[][] = [];
    for (let after: string | null | undefined; after !== null; ) {
      const { entries, nextCursor, startTime } = await logs({ ...query, limit: 97, after });
      expect(startTime).toBe(whole.startTime);
      pages.push(entries);
      after = nextCursor;
    }
    expect(pages.slice(0, -1).every(({ length }) => length === 97)).toBe(true);
    expect(pages.flat()).toEqual(whole.entries);
  });

  it("go on with the first page's times, though none were given", async () => {
    const query = { query: '{namespace="shop"}', limit: 20 };
    const first = await logs(query);
    const second = await logs({ ...query, after: first.nextCursor });
    expect([second.startTime, second.endTime]).toEqual([first.startTime, first.endTime]);
    expect(BigInt(second.entries[0].timestampNs)).toBeLessThanOrEqual(BigInt(first.entries.at(-1).timestampNs));
    const seen = new Set([...first.entries, ...second.entries].map((entry) => JSON.stringify(entry)));
    expect(seen.size).toBe(40);
  });

  it.each<[string, object]>([
    ["INVALID_LOGQL", { query: '{namespace="shop"' }],
    ["INVALID_LOGQL", { query: '{namespace=~".*"}' }],
    ["INVALID_LOGQL", { query: 'rate({namespace="shop"}[5m])' }],
    ["BAD_USER_INPUT", { query: ALL, limit: 0 }],
    ["BAD_USER_INPUT", { query: ALL, limit: 5001 }],
    ["BAD_USER_INPUT", { query: ALL, timeout: 301 }],
    ["BAD_USER_INPUT", { query: ALL, completeness: { minClusters: 0 } }],
    ["INVALID_TIME_RANGE", { query: ALL, startTime: "2026-01-01T00:00:00Z", endTime: "2026-01-01T00:00:00Z" }],
    ["INVALID_CURSOR", { query: ALL, after: "nonsense" }],
    ["CLUSTER_NOT_FOUND", { query: ALL, clusterIds: ["00000000-0000-4000-8000-000000000000"] }],
  ])("are refused with %s before any cluster is asked: %j", async (code, query) => {
    expect(await refusal(query)).toBe(code);
    expect(lokiRequests()).toHaveLength(0);
  });

  it("take no cursor of another question", async () => {
    const { nextCursor: after } = await logs({ query: ALL, limit: 1 });
    fleet.resetRequests();
    for (const other of [{ query: '{app="cart"}' }, { direction: "FORWARD" }, { clusterIds: [ids[HUB]] }, closed(1)]) {
      expect(await refusal({ query: ALL, limit: 1, after, ...other })).toBe("INVALID_CURSOR");
    }
    expect(lokiRequests()).toHaveLength(0);
  });

  it("of a cluster that fails are a row, and the others' lines", async () => {
    await fleet.setFault(EAST ?? "", "loki", "error-503");
    try {
      const { entries, complete, outcomes } = await logs({ query: ALL, limit: 50 });
      expect([entries.length, complete]).toEqual([50, false]);
      expect(entries.some(({ clusterName }: Entry) => clusterName === EAST)).toBe(false);
      expect(outcomes).toMatchObject([
        { clusterName: "edge-berlin-1", status: "SUCCESS" },
        { clusterName: HUB, status: "SUCCESS" },
        {
          clusterName: EAST,
          status: "ERROR",
          rows: 0,
          error: { code: "UPSTREAM_ERROR", message: "Loki answered HTTP 503." },
        },
        { clusterName: WEST, status: "SUCCESS" },
      ]);
      expect(await refusal({ query: ALL, completeness: { onPartial: "FAIL" } })).toBe("INCOMPLETE");
      expect(await refusal({ query: ALL, clusterIds: [ids[EAST ?? ""]] })).toBe("NO_CLUSTER_SUCCEEDED");
    } finally {
      await fleet.setFault(EAST ?? "", "loki", null);
    }
  });

  it("are those of the clusters that may be seen", async () => {
    const { data } = await ask(LOGS, { query: { query: ALL, limit: 20 } }, TOKENS.scoped);
    expect(new Set(data.logs.entries.map(({ clusterName }: Entry) => clusterName))).toEqual(new Set([HUB]));
    const { errors } = await ask(LOGS, { query: { query: ALL, clusterIds: [ids[EAST ?? ""]] } }, TOKENS.scoped);
    expect(errors?.[0]?.extensions["code"]).toBe("CLUSTER_NOT_FOUND");
  });

  describe("of each cluster", () => {
    const PAGE = `query ($query: LogQueryInput!) { clusters { items { name logs(query: $query) {
      nextCursor entries { ${ENTRY} } outcome { status error { code } } } again: logs(query: $query) { nextCursor } } } }`;

    it("cost a page of clusters one request each, and are paged alone", async () => {
      const { data, errors } = await ask(PAGE, { query: { query: ALL, limit: 5, ...closed(60) } });
      expect(errors).toBeUndefined();
      for (const { name, logs } of data.clusters.items) {
        expect(logs.outcome.status).toBe("SUCCESS");
        expect(logs.entries.map(({ clusterName }: Entry) => clusterName)).toEqual(Array(5).fill(name));
      }
      expect(graph.hops()).toEqual(["clusters", "observability"]);
      expect(lokiRequests()).toHaveLength(4);
    });

    it("are data where a cluster fails, and errors where the question is wrong", async () => {
      await fleet.setFault(EAST ?? "", "loki", "refuse");
      try {
        const { data, errors } = await ask(PAGE, { query: { query: ALL, limit: 5 } });
        expect(errors).toBeUndefined();
        const outcomes = data.clusters.items.map(({ logs }: { logs: { outcome: object } }) => logs.outcome);
        expect(outcomes).toContainEqual({ status: "ERROR", error: { code: "UPSTREAM_UNREACHABLE" } });
      } finally {
        await fleet.setFault(EAST ?? "", "loki", null);
      }
      const { errors } = await ask(PAGE, { query: { query: ALL, clusterIds: [ids[HUB ?? ""]] } });
      expect(errors?.[0]?.extensions["code"]).toBe("BAD_USER_INPUT");
    });
  });

  it("of a pod are its own, by the labels that its cluster's Loki has", async () => {
    const POD = `query ($id: UUID!, $query: String, $range: TimeRangeInput) { cluster(id: $id) { pods(filter: { namespaces: ["shop"] }, pageSize: 5) {
      items { name namespace logs(query: $query, limit: 3, range: $range) { message timestampNs pod { name } } } } } }`;
    const { data, errors } = await ask(POD, { id: ids[WEST ?? ""] });
    expect(errors).toBeUndefined();
    const { items } = data.cluster.pods;
    expect(items).toHaveLength(5);
    for (const { name, logs } of items)
      expect(logs.map(({ pod }: { pod: object }) => pod)).toEqual(Array(3).fill({ name }));
    const [first, ...others] = lokiRequests().map(({ path }) => path.split("/").at(-1));
    expect([first, others]).toEqual(["labels", Array(5).fill("query_range")]);

    fleet.resetRequests();
    const piped = await ask(POD, { id: ids[WEST ?? ""], query: '!= "request served"', range: { duration: "6h" } });
    const lines = piped.data.cluster.pods.items.flatMap(({ logs }: { logs: Entry[] }) => logs);
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.filter(({ message }: Entry) => message.includes("request served"))).toEqual([]);
    expect(lokiRequests()).toHaveLength(5);

    fleet.resetRequests();
    const wrong = await ask(POD, { id: ids[WEST ?? ""], query: '} or {app="x"' });
    expect(wrong.errors?.[0]).toMatchObject({
      extensions: { code: "INVALID_LOGQL" },
      message: expect.stringContaining('unexpected input at 0: "} or {app='),
    });
    expect(lokiRequests()).toHaveLength(0);
  });

  it("have labels, values and streams", async () => {
    const { data, errors } = await ask(
      `query ($ids: [UUID!], $range: TimeRangeInput) {
        logLabels(clusterIds: $ids, range: $range) { items complete truncated ${OUTCOMES} clusters { clusterName items } }
        logLabelValues(label: "app", query: "{namespace=\\"shop\\"}", clusterIds: $ids, range: $range) { items }
        cut: logLabelValues(label: "pod", limit: 2) { items complete truncated ${OUTCOMES} }
        logSeries(match: "{namespace=\\"shop\\",app=\\"cart\\"}", clusterIds: $ids, range: $range) { items { labels clusters { name } } } }`,
      { ids: [ids[HUB ?? ""], ids[EAST ?? ""]], range: { duration: "2h" } },
    );
    expect(errors).toBeUndefined();
    const { items, complete, truncated, clusters } = data.logLabels;
    expect([complete, truncated, clusters.length]).toEqual([true, false, 2]);
    expect(items).toEqual(expect.arrayContaining(["app", "container", "namespace", "node", "pod"]));
    expect(items).toEqual(items.toSorted());
    expect(data.logLabelValues.items).toContain("cart");
    expect(data.cut).toMatchObject({ complete: false, truncated: true, items: { length: 2 } });
    expect(data.cut.outcomes[0]).toMatchObject({ status: "PARTIAL", rows: 2, truncated: true });
    expect(data.logSeries.items.length).toBeGreaterThan(1);
    for (const { clusters: of, labels } of data.logSeries.items) {
      for (const { name } of of) expect([HUB, EAST]).toContain(name);
      expect(labels).toMatchObject({ namespace: "shop", app: "cart" });
    }
    for (const [field, code] of [
      [`logLabelValues(label: "a/../b")`, "BAD_USER_INPUT"],
      [`logLabelValues(label: "a", query: "{")`, "INVALID_LOGQL"],
      [`logLabels(limit: 5001)`, "BAD_USER_INPUT"],
      [`logSeries(match: "{}")`, "INVALID_LOGQL"],
    ]) {
      expect((await ask(`{ ${field} { complete } }`)).errors?.[0]?.extensions["code"], field).toBe(code);
    }
  });

  it("make samples, each cluster's own", async () => {
    const METRICS = `query ($query: LogMetricQueryInput!) { logMetrics(query: $query) { complete startTime endTime step ${OUTCOMES}
      results { clusterName status resultType queryTimeMs data { metric values } } } }`;
    const query = { query: `sum by (namespace) (count_over_time(${ALL}[5m]))`, step: "5m", ...closed(30) };
    const { data, errors } = await ask(METRICS, { query });
    expect(errors).toBeUndefined();
    expect(data.logMetrics).toMatchObject({ complete: true, step: "5m" });
    expect(data.logMetrics.results).toHaveLength(4);
    for (const { status, resultType, data: series } of data.logMetrics.results) {
      expect([status, resultType]).toEqual(["SUCCESS", "MATRIX"]);
      expect(series.length).toBeGreaterThan(0);
    }
    const instant = await ask(METRICS, {
      query: { query: "1 + 1", time: query.endTime, clusterIds: [ids[HUB ?? ""]] },
    });
    expect(instant.data.logMetrics.results[0]).toMatchObject({
      resultType: "SCALAR",
      data: [{ metric: {}, values: [[Date.parse(query.endTime) / 1000, "2"]] }],
    });
    fleet.resetRequests();
    for (const [wrong, code] of [
      [{ query: ALL }, "INVALID_LOGQL"],
      [{ query: query.query, step: "1s", startTime: "2026-01-01T00:00:00Z" }, "TOO_MANY_POINTS"],
    ]) {
      expect((await ask(METRICS, { query: wrong })).errors?.[0]?.extensions["code"]).toBe(code);
    }
    expect(lokiRequests()).toHaveLength(0);
  });

  describe("as they arrive", () => {
    const TAIL = `subscription ($query: String!, $ids: [UUID!]) { logTail(query: $query, clusterIds: $ids) {
      late dropped droppedUpstream entries { clusterName timestampNs message late cluster { name } pod { name } }
      clusters { clusterName state reason cluster { name } } } }`;
    const follow = (variables: object, token = TOKENS.admin) => graph.subscribe(TAIL, { ...variables }, { token });

    it("come from all clusters as one, until the reader leaves", async () => {
      const stream = follow({ query: ALL });
      const entries: (Entry & { late: boolean; cluster: object })[] = [];
      let clusters: { clusterName: string; state: string }[] = [];
      await until("lines of every cluster have come", async () => {
        const { value } = (await stream.next()) as { value: Answer };
        expect(value.errors).toBeUndefined();
        entries.push(...value.data.logTail.entries);
        clusters = value.data.logTail.clusters;
        return new Set(entries.map(({ clusterName }) => clusterName)).size === 4;
      });
      expect(clusters.map(({ clusterName, state }) => [clusterName, state])).toEqual(
        ["edge-berlin-1", HUB, EAST, WEST].map((name) => [name, "CONNECTED"]),
      );
      const inOrder = entries.filter(({ late }) => !late).map(({ timestampNs }) => BigInt(timestampNs));
      expect(inOrder).toEqual(inOrder.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0)));
      expect(entries[0]?.cluster).toEqual({ name: entries[0]?.clusterName });
      expect(lokiRequests().map(({ path }) => path)).toEqual(Array(4).fill("/loki/api/v1/tail"));
      const left = performance.now();
      await stream.return?.();
      await until("the connections are closed", () => fleet.inFlight({ upstream: "loki" }) === 0);
      expect(performance.now() - left).toBeLessThan(1000);
    });

    it("go on after a break, and tell of it", async () => {
      const stream = follow({ query: ALL, ids: [ids[HUB ?? ""], ids[EAST ?? ""]] });
      const states = async (state: string, more = () => Promise.resolve()) => {
        await until(`the tail of ${EAST} is ${state}`, async () => {
          const { value } = (await stream.next()) as { value: Answer };
          const cluster = value.data.logTail.clusters.find(
            (each: { clusterName: string }) => each.clusterName === EAST,
          );
          return cluster?.state === state;
        });
        await more();
      };
      await states("CONNECTED", () => fleet.setFault(EAST ?? "", "loki", "refuse"));
      await states("RECONNECTING", () => fleet.setFault(EAST ?? "", "loki", null));
      await states("CONNECTED");
      await stream.return?.();
    });

    it("are refused where the query or the clusters are wrong", async () => {
      for (const [variables, code] of [
        [{ query: 'rate({app="x"}[1m])' }, "INVALID_LOGQL"],
        [{ query: ALL, ids: ["00000000-0000-4000-8000-000000000000"] }, "CLUSTER_NOT_FOUND"],
      ] as const) {
        const { value } = (await follow(variables).next()) as { value: Answer };
        expect(value.errors?.[0]?.extensions["code"]).toBe(code);
      }
      const other = (await follow({ query: ALL, ids: [ids[EAST ?? ""]] }, TOKENS.scoped).next()) as { value: Answer };
      expect(other.value.errors?.[0]?.extensions["code"]).toBe("CLUSTER_NOT_FOUND");
      expect(lokiRequests()).toHaveLength(0);
    });

    it("follow fifty clusters at most", async () => {
      const more = Array.from({ length: 47 }, () => clusterRow());
      await graph.platform.database.prisma.cluster.createMany({ data: more });
      const { value } = (await follow({ query: ALL }).next()) as { value: Answer };
      expect(value.errors?.[0]?.extensions).toMatchObject({
        code: "LIMIT_EXCEEDED",
        details: { limit: 50, clusters: 51 },
      });
      expect(lokiRequests()).toHaveLength(0);
    });
  });
});
