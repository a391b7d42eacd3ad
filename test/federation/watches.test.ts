import { afterAll, beforeAll, expect, it } from "vitest";
import type { DemoFleet } from "../../demo/fleet.ts";
import { enrolledFleet } from "../support/demo.ts";
import { startGraph, type TestGraph } from "../support/graph.ts";
import { describeModes } from "../support/modes.ts";
import { until } from "../support/until.ts";

const ADMIN = "admin-token-of-the-test";
const SCOPED = "scoped-token-of-the-test";
const VIEWER = "viewer-token-of-the-test";

await describeModes("Metric watches", (mode) => {
  let graph: TestGraph;
  let fleet: DemoFleet;
  let ids: string[];

  beforeAll(async () => {
    const tokens = (regions: string[]) => [
      { token: ADMIN, user: "ann", roles: ["admin"] },
      { token: VIEWER, user: "vic", roles: ["viewer"] },
      { token: SCOPED, user: "sam", roles: ["operator"], scope: { regions } },
    ];
    const region = "eu-central-1";
    graph = await startGraph({ mode, jobs: true, env: { AIOPS_API_TOKENS: JSON.stringify(tokens([region])) } });
    fleet = await enrolledFleet(graph, { clusters: 3 });
    const { data } = await ask(`{ clusters { items { id name } } }`);
    ids = fleet.clusters.map(({ name }) => data.clusters.items.find((row: { name: string }) => row.name === name).id);
    await ask(`mutation ($id: UUID!, $region: String) { updateCluster(id: $id, input: { region: $region }) { id } }`, {
      id: ids[0],
      region,
    });
  });
  afterAll(async () => {
    await graph[Symbol.asyncDispose]();
    await fleet.close();
  });

  const ask = (query: string, variables = {}, token = ADMIN) => graph.ask(query, variables, { token });
  const create = (input: object, token = ADMIN) =>
    ask(
      `mutation ($input: MetricWatchInput!) { createMetricWatch(input: $input) { id name every createdBy lastRunAt } }`,
      { input },
      token,
    );
  const told = async (watch: string, token = ADMIN) => {
    const { data } = await ask(
      `{ eventHistory(filter: { eventTypes: [METRIC_UPDATE] }, first: 1000) { items { event { clusterId cluster { name }
        ... on MetricUpdated { watchName labels value previous reason } } } } }`,
      {},
      token,
    );
    return data.eventHistory.items
      .map(({ event }: { event: object }) => event)
      .filter(({ watchName }: { watchName: string }) => watchName === watch);
  };
  const watchCalled = async (name: string) => {
    const { data } = await ask(`{ metricWatches(pageSize: 100) { items { id name lastRunAt lastError } } }`);
    return data.metricWatches.items.find((row: { name: string }) => row.name === name);
  };

  it("tell of every cluster's value over a threshold once, joined with the cluster, and what the watch is", async () => {
    const { data, errors } = await create({ name: "all-up", query: "vector(7)", every: "10s", above: 5 });
    expect(errors).toBeUndefined();
    expect(data.createMetricWatch).toMatchObject({ name: "all-up", every: "10s", createdBy: "ann", lastRunAt: null });
    await until("each cluster is told of", async () => (await told("all-up")).length === 3);
    const events = await told("all-up");
    expect(events[0]).toMatchObject({ value: "7", previous: null, reason: "THRESHOLD", labels: {} });
    expect(new Set(events.map((event: { cluster: { name: string } }) => event.cluster.name))).toEqual(
      new Set(fleet.clusters.map(({ name }) => name)),
    );
    await until("the watch says that it ran", async () => (await watchCalled("all-up")).lastRunAt !== null);
    expect((await watchCalled("all-up")).lastError).toBeNull();
  });

  it("ask a cluster that does not answer about nothing, and say so", async () => {
    const [first] = fleet.clusters;
    await fleet.setFault(first?.name ?? "", "prometheus", "refuse");
    await create({ name: "one-down", query: "vector(1)", every: "10s", above: 0 });
    await until("the others are told of", async () => (await told("one-down")).length === 2);
    await until("the watch says what failed", async () => (await watchCalled("one-down")).lastError !== null);
    expect((await watchCalled("one-down")).lastError).toMatch(/^1 of 3 clusters did not answer/);
    await fleet.setFault(first?.name ?? "", "prometheus", null);
  });

  it("ask with the rights of whoever created them, and show only those one's own", async () => {
    const { errors } = await create({ name: "mine", query: "vector(1)", every: "10s", above: 0 }, SCOPED);
    expect(errors).toBeUndefined();
    await until("it ran", async () => (await watchCalled("mine")).lastRunAt !== null);
    expect((await told("mine")).map(({ clusterId }: { clusterId: string }) => clusterId)).toEqual([ids[0]]);
    const { data } = await ask(`{ metricWatches { total items { name } } }`, {}, SCOPED);
    expect(data.metricWatches).toEqual({ total: 1, items: [{ name: "mine" }] });
    const other = await watchCalled("all-up");
    const refused = await ask(`mutation ($id: UUID!) { deleteMetricWatch(id: $id) { id } }`, { id: other.id }, SCOPED);
    expect(refused.errors?.[0]?.extensions["code"]).toBe("WATCH_NOT_FOUND");
  });

  it("are changed and deleted, and the audit log has it", async () => {
    const { id } = await watchCalled("all-up");
    const input = { name: "renamed", query: "vector(1)", every: "1h", below: 2 };
    const changed = await ask(
      `mutation ($id: UUID!, $input: MetricWatchInput!) { updateMetricWatch(id: $id, input: $input) { name below above } }`,
      { id, input },
    );
    expect(changed.data.updateMetricWatch).toEqual({ name: "renamed", below: 2, above: null });
    await until("it is asked anew", async () => (await told("renamed")).length === 3);
    expect((await ask(`mutation ($id: UUID!) { deleteMetricWatch(id: $id) { name } }`, { id })).errors).toBeUndefined();
    expect(await watchCalled("renamed")).toBeUndefined();
    const { data } = await ask(`{ auditLog(pageSize: 100) { items { action actor subject } } }`);
    for (const action of ["CREATE_METRIC_WATCH", "UPDATE_METRIC_WATCH", "DELETE_METRIC_WATCH"]) {
      expect(data.auditLog.items).toContainEqual(expect.objectContaining({ action, actor: "ann" }));
    }
  });

  it.each([
    [{ name: "bad", query: "sum(", above: 1 }, "INVALID_PROMQL"],
    [{ name: "Bad Name", query: "up", above: 1 }, "BAD_USER_INPUT"],
    [{ name: "bad", query: "up" }, "BAD_USER_INPUT"],
    [{ name: "bad", query: "up", above: 1, below: 2 }, "BAD_USER_INPUT"],
    [{ name: "bad", query: "up", above: 1, every: "1s" }, "INVALID_DURATION"],
    [{ name: "bad", query: "up", above: 1, selector: { labelSelector: "a==(" } }, "INVALID_LABEL_SELECTOR"],
    [{ name: "mine", query: "up", above: 1 }, "CONFLICT"],
  ])("are refused where they make no sense: %j is %s", async (input, code) => {
    expect((await create(input)).errors?.[0]?.extensions["code"]).toBe(code);
  });

  it("need an operator", async () => {
    const { errors } = await create({ name: "no", query: "up", above: 1 }, VIEWER);
    expect(errors?.[0]?.extensions["code"]).toBe("FORBIDDEN");
  });
});
