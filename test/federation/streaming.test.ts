import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { DemoFleet } from "../../demo/fleet.ts";
import { type BusEvent, EVENTS } from "../../subgraphs/shared/kernel/bus/events.ts";
import { enrolledFleet } from "../support/demo.ts";
import { type Answer, startGraph, type TestGraph } from "../support/graph.ts";
import { describeModes } from "../support/modes.ts";
import { until } from "../support/until.ts";

const ADMIN = "admin-token-of-the-test";
const SCOPED = "scoped-token-of-the-test";
const OTHER = "other-tenants-token-of-the-test";

await describeModes("Live state", (mode) => {
  let graph: TestGraph;
  let fleet: DemoFleet;
  let ids: string[];

  beforeAll(async () => {
    const tokens = [
      { token: ADMIN, user: "ann", roles: ["admin"] },
      { token: SCOPED, user: "sam", roles: ["viewer"], scope: { regions: ["eu-test-1"] } },
      { token: OTHER, user: "eve", roles: ["admin"], tenant: "other" },
    ];
    graph = await startGraph({ mode, env: { AIOPS_API_TOKENS: JSON.stringify(tokens) } });
    fleet = await enrolledFleet(graph, { clusters: 3 });
    const { data } = await ask(`{ clusters { items { id } } }`);
    ids = data.clusters.items.map(({ id }: { id: string }) => id);
    await ask(`mutation ($id: UUID!) { updateCluster(id: $id, input: { region: "eu-test-1" }) { id } }`, {
      id: ids[0],
    });
  });
  afterAll(async () => {
    await graph[Symbol.asyncDispose]();
    await fleet.close();
  });

  const ask = (query: string, variables = {}, token = ADMIN) => graph.ask(query, variables, { token });
  const follow = (query: string, token = ADMIN): AsyncIterableIterator<Answer> => graph.subscribe(query, {}, { token });
  const STATE = `subscription { clusterHealth(pageSize: 2) { kind removed clusters { id name region status { state } } } }`;
  const rename = (id: string | undefined, displayName: string) =>
    ask(`mutation ($id: UUID!, $to: String) { updateCluster(id: $id, input: { displayName: $to }) { id } }`, {
      id,
      to: displayName,
    });
  async function next(stream: AsyncIterableIterator<Answer>, field: string) {
    const { value } = await stream.next();
    expect(value.errors).toBeUndefined();
    return value.data[field];
  }
  async function snapshot(stream: AsyncIterableIterator<Answer>, field = "clusterHealth") {
    const items = [];
    for (;;) {
      const item = await next(stream, field);
      if (item.kind === "END_OF_SNAPSHOT") return items;
      items.push(item);
    }
  }

  it("of the clusters is a snapshot in pages, joined, and then each one that changes", async () => {
    const stream = follow(STATE);
    const pages = await snapshot(stream);
    expect(pages.map(({ kind, clusters }) => [kind, clusters.length])).toEqual([
      ["SNAPSHOT", 2],
      ["SNAPSHOT", 1],
    ]);
    expect(pages[0].clusters[0]).toMatchObject({ name: expect.any(String), status: { state: "PROVISIONING" } });
    await rename(ids[1], "renamed");
    expect(await next(stream, "clusterHealth")).toMatchObject({
      kind: "CHANGED",
      clusters: [{ id: ids[1] }],
      removed: [],
    });
    await stream.return?.();
  });

  it("shows one with a scope only what is in it, and takes away what leaves it", async () => {
    const stream = follow(STATE, SCOPED);
    const pages = await snapshot(stream);
    expect(pages.flatMap(({ clusters }) => clusters.map(({ id }: { id: string }) => id))).toEqual([ids[0]]);
    await rename(ids[1], "not for them");
    await ask(`mutation ($id: UUID!) { updateCluster(id: $id, input: { region: "us-test-1" }) { id } }`, {
      id: ids[0],
    });
    expect(await next(stream, "clusterHealth")).toMatchObject({ kind: "CHANGED", clusters: [], removed: [ids[0]] });
    await ask(`mutation ($id: UUID!) { updateCluster(id: $id, input: { region: "eu-test-1" }) { id } }`, {
      id: ids[0],
    });
    expect(await next(stream, "clusterHealth")).toMatchObject({ kind: "CHANGED", clusters: [{ id: ids[0] }] });
    await stream.return?.();
  });

  it("is told of by every gateway, by who follows what", async () => {
    const [events, state] = [
      follow(
        `subscription { events(filter: { eventTypes: [CLUSTER_UPDATED], clusterIds: ["${ids[2]}"], namespaces: ["a"] }) { cursor } }`,
      ),
      follow(STATE, SCOPED),
    ];
    void events.next();
    await snapshot(state);
    const list = async (token = ADMIN) => {
      const { data } = await ask(
        `{ liveSubscriptions { gateways items { id clientId user transport field eventTypes clusterFilter namespaceFilter createdAt sent queued startedOver } } }`,
        {},
        token,
      );
      return data.liveSubscriptions;
    };
    await until("both are there", async () => (await list()).items.length === 2);
    const { gateways, items } = await list();
    expect(gateways).toBe(1);
    expect(items.find(({ field }: { field: string }) => field === "events")).toMatchObject({
      user: "ann",
      transport: "WEBSOCKET",
      eventTypes: ["CLUSTER_UPDATED"],
      clusterFilter: [ids[2]],
      namespaceFilter: ["a"],
    });
    expect(items.find(({ user }: { user: string }) => user === "sam")).toMatchObject({
      field: "clusterHealth",
      queued: 0,
    });
    expect((await list(OTHER)).items).toEqual([]);

    const status = await ask(
      `{ streamingStatus { head retention retentionCount gateways { sockets clients upstreams } } }`,
    );
    expect(status.data.streamingStatus).toMatchObject({ retention: "3600s", gateways: [{ clients: 2, upstreams: 2 }] });

    const CLOSE = `mutation ($id: UUID!) { closeSubscription(id: $id) }`;
    const { id } = items.find(({ user }: { user: string }) => user === "sam");
    expect((await ask(CLOSE, { id }, OTHER)).data.closeSubscription).toBe(false);
    expect((await ask(CLOSE, { id: randomUUID() })).data.closeSubscription).toBe(false);
    expect((await ask(CLOSE, { id })).data.closeSubscription).toBe(true);
    await expect(state.next()).rejects.toMatchObject([{ extensions: { code: "CANCELLED" } }]);
    await until("it is gone from the list", async () => (await list()).items.length === 1);
    const { data } = await ask(`{ auditLog { items { action subject actor } } }`);
    expect(data.auditLog.items).toContainEqual({ action: "CLOSE_SUBSCRIPTION", subject: id, actor: "ann" });
    await events.return?.();
  });

  it("asks once for what many different subscriptions join to one event", async () => {
    const streams = Array.from({ length: 20 }, (_, index) =>
      follow(
        `subscription { events(filter: { clusterIds: ["${ids[1]}"], namespaces: ["shop", "other-${index}"] }) { event { payload cluster { name } } } }`,
      ),
    );
    const publish = (mark: string) =>
      graph.platform.bus.publish(EVENTS, {
        event_id: randomUUID(),
        event_type: "METRIC_UPDATE",
        tenant_id: "default",
        cluster_id: ids[1] ?? null,
        namespace: "shop",
        timestamp: new Date().toISOString(),
        payload: { mark },
      } satisfies BusEvent);
    const reached = (mark: string) =>
      Promise.all(
        streams.map((stream) =>
          until(`${mark} is told`, async () => {
            const { payload, cluster } = (await next(stream, "events")).event;
            expect(cluster.name).toEqual(expect.any(String));
            return payload.mark === mark;
          }),
        ),
      );
    // Until all are open, what happens is history to some.
    const timer = setInterval(() => void publish("opening"), 100);
    await reached("opening").finally(() => clearInterval(timer));
    await publish("open");
    await reached("open");
    // Shared is what is under way at once, which on a busy machine is not all of it each time.
    let turn = 0;
    await until("an event is joined for all of them in a few hops", async () => {
      const mark = `counted-${turn++}`;
      graph.resetHops();
      await publish(mark);
      await reached(mark);
      const hops = graph.hops().length;
      return hops > 0 && hops <= 8;
    });
    for (const stream of streams) await stream.return?.();
  });

  it("is listed and closed by administrators only", async () => {
    for (const query of [
      `{ liveSubscriptions { gateways } }`,
      `mutation { closeSubscription(id: "${randomUUID()}") }`,
    ]) {
      expect((await ask(query, {}, SCOPED)).errors?.[0]?.extensions["code"]).toBe("FORBIDDEN");
    }
  });

  it.each([
    ["clusterHealth(pageSize: 0) { kind }", "BAD_USER_INPUT"],
    ['clusterHealth(selector: { labelSelector: "(" }) { kind }', "INVALID_LABEL_SELECTOR"],
    ['activeAlerts(filter: { selector: { labelSelector: "(" } }) { kind }', "INVALID_LABEL_SELECTOR"],
    ["alertChanged(filter: { eventTypes: [ALERT_FIRED] }) { cursor }", "BAD_USER_INPUT"],
    ['events(filter: { labelSelector: "(" }) { cursor }', "INVALID_LABEL_SELECTOR"],
  ])("refuses %s with %s", async (field, code) => {
    const stream = follow(`subscription { ${field} }`);
    const failure = await stream.next().then(
      ({ value }) => value.errors,
      (errors: unknown) => errors,
    );
    expect(failure).toMatchObject([{ extensions: { code } }]);
  });
});
