import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Notified, notification } from "../support/alerts.ts";
import { startGraph, type TestGraph } from "../support/graph.ts";
import { describeModes } from "../support/modes.ts";
import { until } from "../support/until.ts";

const MIB = 1024 * 1024;
const BEGAN = new Date(Date.now() - 600_000);
const minutesAfter = (minutes: number): Date => new Date(BEGAN.getTime() + minutes * 60_000);
const LABELS = { alertname: "CartDown", severity: "page", namespace: "shop", cluster: "somebody-else" };
const CREATE = `mutation ($id: UUID!, $at: DateTime) { createAlertWebhook(clusterId: $id, expiresAt: $at) {
  token path webhook { id clusterId createdBy expiresAt lastUsedAt } } }`;
const TOKENS = JSON.stringify([
  { token: "admin-0123456789abcdef", user: "root", roles: ["admin"] },
  { token: "viewer-0123456789abcdef", user: "vic", roles: ["viewer"] },
  { token: "edge-0123456789abcdef", user: "edge", roles: ["admin"], scope: { labelSelector: "tier=edge" } },
]);

await describeModes("The webhook for alerts", (mode) => {
  let graph: TestGraph;
  let clusterId: string;
  let edgeId: string;
  let path: string;
  const lines: string[] = [];

  const ask = async (query: string, variables: object = {}, token = "admin-0123456789abcdef") =>
    await graph.ask(query, { ...variables }, { token });
  const done = async (query: string, variables: object = {}, token?: string) => {
    const { data, errors } = await ask(query, variables, token);
    expect(errors).toBeUndefined();
    return data;
  };
  const register = async (name: string, labels: object): Promise<string> =>
    (
      await done(`mutation ($input: RegisterClusterInput!) { registerCluster(input: $input) { id } }`, {
        input: { name, labels, apiServerUrl: "https://127.0.0.1:9", credentials: { token: "of-nobody" } },
      })
    ).registerCluster.id;
  const webhookOf = async (id: string): Promise<string> => (await done(CREATE, { id })).createAlertWebhook.path;
  const send = (to: string, body: string): Promise<number> =>
    fetch(`${graph.routesUrl("observability")}${to}`, {
      method: "POST",
      body,
      headers: { "content-type": "application/json" },
    }).then(({ status }) => status);
  const post = (alerts: readonly Notified[], { to = path, more = {} } = {}) =>
    send(to, JSON.stringify(notification(alerts, more)));
  const alertsOf = async (id: string, filter = "{ states: [FIRING, RESOLVED] }") =>
    (
      await done(
        `query ($id: UUID!) { cluster(id: $id) { alerts(filter: ${filter}, pageSize: 100) {
      total items { alertname severity state startsAt endsAt labels } } } }`,
        { id },
      )
    ).cluster.alerts;
  const eventsOf = async (alertname: string): Promise<string[]> =>
    (await done(`{ eventHistory(first: 1000) { items { event { eventType payload } } } }`)).eventHistory.items
      .filter(({ event }: { event: { payload: { alertname?: string } } }) => event.payload.alertname === alertname)
      .map(({ event }: { event: { eventType: string } }) => event.eventType);

  beforeAll(async () => {
    graph = await startGraph({ mode, env: { AIOPS_API_TOKENS: TOKENS }, logTo: (line) => lines.push(line) });
    clusterId = await register("core-1", { tier: "core" });
    edgeId = await register("edge-1", { tier: "edge" });
    path = await webhookOf(clusterId);
  });
  afterAll(() => graph[Symbol.asyncDispose]());

  it("takes a cluster's alerts by its token, whatever their labels say", async () => {
    expect(await post([{ labels: LABELS, startsAt: BEGAN }])).toBe(200);
    expect(await alertsOf(clusterId)).toEqual({
      total: 1,
      items: [
        {
          alertname: "CartDown",
          severity: "CRITICAL",
          state: "FIRING",
          startsAt: BEGAN.toISOString(),
          endsAt: null,
          labels: LABELS,
        },
      ],
    });
    expect((await alertsOf(edgeId)).total).toBe(0);
    const { alertWebhooks } = await done(
      `query ($id: UUID!) { alertWebhooks(clusterId: $id) { lastUsedAt createdBy } }`,
      {
        id: clusterId,
      },
    );
    expect(alertWebhooks).toEqual([{ lastUsedAt: expect.any(String), createdBy: "root" }]);
  });

  it("delivered 200 times, out of order and at once, is one alert with one event for its begin and one for its end", async () => {
    const labels = { ...LABELS, alertname: "Repeated" };
    const firing = { labels, startsAt: BEGAN };
    const resolved = { ...firing, endsAt: minutesAfter(3) };
    const deliveries = Array.from({ length: 200 }, (_, index) => (index % 3 === 0 ? resolved : firing));
    const statuses = await Promise.all(deliveries.map((alert) => post([alert])));
    expect(new Set(statuses)).toEqual(new Set([200]));
    const { items } = await alertsOf(clusterId, `{ alertnames: ["Repeated"], states: [FIRING, RESOLVED] }`);
    expect(items).toMatchObject([{ state: "RESOLVED", endsAt: minutesAfter(3).toISOString() }]);
    expect(await eventsOf("Repeated")).toEqual(["ALERT_FIRED", "ALERT_RESOLVED"]);
  });

  it("is one that fires again when it does so later", async () => {
    const labels = { ...LABELS, alertname: "Again" };
    await post([{ labels, startsAt: BEGAN, endsAt: minutesAfter(1) }]);
    await post([{ labels, startsAt: minutesAfter(5) }]);
    const { items } = await alertsOf(clusterId, `{ alertnames: ["Again"], states: [FIRING, RESOLVED] }`);
    expect(items.map(({ state }: { state: string }) => state).sort()).toEqual(["FIRING", "RESOLVED"]);
  });

  it("takes a group of ten thousand", async () => {
    const storm = Array.from({ length: 10_000 }, (_, index) => ({
      labels: { ...LABELS, alertname: "Storm", pod: `cart-${index}` },
      annotations: { summary: `Pod cart-${index} is down` },
      startsAt: BEGAN,
    }));
    expect(await post(storm)).toBe(200);
    expect((await alertsOf(clusterId, `{ matchers: ["alertname=\\"Storm\\""] }`)).total).toBe(10_000);
  }, 120_000);

  describe("refuses for good", () => {
    it.each([
      ["an unknown token", `/webhooks/alertmanager/${"x".repeat(43)}`, 401],
      ["what is no token", "/webhooks/alertmanager/token", 401],
    ])("%s", async (_, to, status) => {
      expect(await post([], { to })).toBe(status);
    });

    it.each([
      ["no JSON", "{"],
      ["another version", JSON.stringify(notification([], { version: "3" }))],
      ["an alert without labels", JSON.stringify(notification([{ labels: {}, startsAt: BEGAN }]))],
      ["no list", JSON.stringify({ version: "4", alerts: {} })],
    ])("%s", async (_, body) => {
      expect(await send(path, body)).toBe(400);
    });

    it("more than a storm", async () => {
      expect(await send(path, " ".repeat(33 * MIB))).toBe(413);
    });

    it("a token that was revoked or has ended, while another one works", async () => {
      const { createAlertWebhook: first } = await done(CREATE, { id: edgeId });
      const second = await webhookOf(edgeId);
      expect([await post([], { to: first.path }), await post([], { to: second })]).toEqual([200, 200]);
      await done(`mutation ($id: UUID!) { revokeAlertWebhook(id: $id) { id } }`, { id: first.webhook.id });
      expect([await post([], { to: first.path }), await post([], { to: second })]).toEqual([401, 200]);
      const past = await ask(CREATE, { id: edgeId, at: "2020-01-01T00:00:00Z" });
      expect(past.errors?.[0]?.extensions["code"]).toBe("BAD_USER_INPUT");
      const soon = await done(CREATE, { id: edgeId, at: new Date(Date.now() + 60_000).toISOString() });
      await graph.platform.database.prisma.webhookToken.update({
        where: { id: soon.createAlertWebhook.webhook.id },
        data: { expiresAt: new Date(Date.now() - 1) },
      });
      expect(await post([], { to: soon.createAlertWebhook.path })).toBe(401);
    });
  });

  it.skipIf(mode === "in one process")(
    "under load asks to send again, takes others' all the same, and takes it then",
    async () => {
      const edge = await webhookOf(edgeId);
      const loaded = (n: number) =>
        post([{ labels: { ...LABELS, alertname: `Loaded${n}` }, startsAt: BEGAN }], {
          more: { padding: " ".repeat(28 * MIB) },
        });
      // Whoever writes the cluster's alerts waits for this.
      const holder = await graph.platform.database.pool.connect();
      try {
        await holder.query("BEGIN");
        await holder.query("SELECT 1 FROM alert_sources WHERE cluster_id = $1 FOR UPDATE", [clusterId]);
        const first = loaded(1);
        await until("the first one waits", async () => {
          const { rows } = await holder.query(
            "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()",
          );
          return rows.length > 0;
        });
        expect(await loaded(2)).toBe(503);
        expect(await post([{ labels: { ...LABELS, alertname: "Meanwhile" }, startsAt: BEGAN }], { to: edge })).toBe(
          200,
        );
        await holder.query("COMMIT");
        expect(await first).toBe(200);
      } finally {
        holder.release();
      }
      expect(await loaded(2)).toBe(200);
      expect((await alertsOf(clusterId, `{ matchers: ["alertname=~\\"Loaded.\\""] }`)).total).toBe(2);
    },
  );

  it.skipIf(mode === "over HTTP")(
    "what it took costs a page of clusters as many SQL statements as one of one",
    async () => {
      let statements = 0;
      const count = (): void => {
        statements += 1;
      };
      const { pool } = graph.platform.database;
      pool.on("acquire", count);
      const page = async (pageSize: number): Promise<number> => {
        statements = 0;
        const { clusters } = await done(`{ clusters(pageSize: ${pageSize}) { items {
        alerts(pageSize: 2) { items { cluster { name } occurrences { total } relatedAlerts(limit: 1) { alertname } } }
        alertCounts { total } alertSource { polledAt } } } }`);
        expect(clusters.items).toHaveLength(pageSize);
        return statements;
      };
      const one = await page(1);
      expect(one).toBeGreaterThan(0);
      expect(await page(2)).toBe(one);
      pool.off("acquire", count);
    },
  );

  it("has Alertmanager asked at once where a notification was cut", async () => {
    expect(await post([], { more: { truncatedAlerts: 5 } })).toBe(200);
    const { prisma } = graph.platform.database;
    expect(await prisma.scheduledTask.findMany({ where: { subjectId: clusterId } })).toMatchObject([
      { task: "observability.alert-poll" },
    ]);
  });

  it("is made, listed and revoked by admins alone, of clusters that they may see", async () => {
    const code = async (query: string, token: string): Promise<unknown> =>
      (await ask(query, {}, token)).errors?.[0]?.extensions["code"];
    const create = `mutation { createAlertWebhook(clusterId: "${clusterId}") { token } }`;
    const list = `{ alertWebhooks(clusterId: "${clusterId}") { id } }`;
    const { alertWebhooks } = await done(list);
    const revoke = `mutation { revokeAlertWebhook(id: "${alertWebhooks[0].id}") { id } }`;
    for (const query of [create, list, revoke]) expect(await code(query, "viewer-0123456789abcdef")).toBe("FORBIDDEN");
    expect(await code(create, "edge-0123456789abcdef")).toBe("CLUSTER_NOT_FOUND");
    expect(await code(list, "edge-0123456789abcdef")).toBe("CLUSTER_NOT_FOUND");
    expect(await code(revoke, "edge-0123456789abcdef")).toBe("WEBHOOK_NOT_FOUND");
  });

  it("has no token in the log or the database", async () => {
    const { createAlertWebhook } = await done(CREATE, { id: clusterId });
    await post([], { to: createAlertWebhook.path });
    await send(createAlertWebhook.path, "{");
    const { token } = createAlertWebhook;
    expect(lines.join("\n")).not.toContain(token);
    const rows = await graph.platform.database.prisma.webhookToken.findMany();
    expect(JSON.stringify(rows)).not.toContain(token);
    expect(await (await fetch(`${graph.url}/metrics`)).text()).not.toContain(token);
  });
});
