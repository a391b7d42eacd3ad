import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { DemoCluster, DemoFleet } from "../../demo/fleet.ts";
import { enrolledFleet } from "../support/demo.ts";
import { startGraph, type TestGraph } from "../support/graph.ts";
import { describeModes } from "../support/modes.ts";
import { until } from "../support/until.ts";

const ADMIN = "admin-0123456789abcdef";
const OPERATOR = "operator-0123456789abcdef";
const VIEWER = "viewer-0123456789abcdef";
const ELSEWHERE = "elsewhere-0123456789abcdef";
const TOKENS = JSON.stringify([
  { token: ADMIN, user: "root", roles: ["admin"] },
  { token: OPERATOR, user: "olga", roles: ["operator"] },
  { token: VIEWER, user: "vic", roles: ["viewer"] },
  { token: ELSEWHERE, user: "else", roles: ["operator"], scope: { labelSelector: "no=such" } },
]);
const POD = { namespace: "shop", pod: "cart-0", node: "worker-0", severity: "critical", team: "shop" };

interface Item {
  id: string;
  alertname: string;
  severity: string;
  state: string;
  clusterName: string;
  startsAt: string;
}

await describeModes("Alerts of the fleet", (mode) => {
  let graph: TestGraph;
  let fleet: DemoFleet;
  let first: DemoCluster;
  let second: DemoCluster;
  let ids: Map<string, string>;

  const done = async (query: string, variables: Record<string, unknown> = {}, token = OPERATOR) => {
    const { data, errors } = await graph.ask(query, variables, { token });
    expect(errors).toBeUndefined();
    return data;
  };
  const code = async (query: string, variables: Record<string, unknown>, token: string): Promise<unknown> =>
    (await graph.ask(query, variables, { token })).errors?.[0]?.extensions["code"];
  const alerts = async (filter: string, fields = "id alertname severity state clusterName startsAt", more = "") =>
    (await done(`{ alerts(filter: ${filter} ${more}) { total totalPages items { ${fields} } } }`)).alerts;
  /** Raise an alert in a cluster, and wait until it is known here. */
  const raised = async (
    cluster: DemoCluster,
    alertname: string,
    labels: Record<string, string> = POD,
  ): Promise<string> => {
    fleet.setAlert(cluster.name, alertname, "firing", labels);
    return await until(`${alertname} is known`, async () => {
      const { items } = await alerts(`{ alertnames: ["${alertname}"], clusterIds: ["${idOf(cluster)}"] }`);
      return items.find(({ state }: Item) => state === "FIRING")?.id;
    });
  };
  const stateOf = async (id: string): Promise<string> =>
    (await done(`query ($id: UUID!) { alert(id: $id) { state } }`, { id })).alert.state;
  const idOf = ({ name }: DemoCluster): string => ids.get(name) ?? "";

  beforeAll(async () => {
    graph = await startGraph({ mode, jobs: true, env: { AIOPS_API_TOKENS: TOKENS, AIOPS_ALERT_POLL_MS: "300" } });
    fleet = await enrolledFleet(graph, { clusters: 3 });
    [first, second] = fleet.clusters as [DemoCluster, DemoCluster];
    const { clusters } = await done(`{ clusters { items { id name } } }`);
    ids = new Map(clusters.items.map(({ id, name }: { id: string; name: string }) => [name, id]));
    await until("every cluster was read", async () => {
      const { clusters: read } = await done(`{ clusters { items { alertSource { polledAt staleSince } } } }`);
      return read.items.every(
        ({ alertSource }: { alertSource: { polledAt: string | null } | null }) => alertSource?.polledAt,
      );
    });
  });
  afterAll(async () => {
    await graph[Symbol.asyncDispose]();
    await fleet.close();
  });
  beforeEach(() => graph.resetHops());

  it("are read from each Alertmanager, with what their labels mean", async () => {
    const { items, total } = await alerts(
      `{ alertnames: ["Watchdog"] }`,
      "alertname severity state labels generatorUrl staleSince",
    );
    expect(total).toBe(3);
    expect(items[0]).toMatchObject({
      severity: "INFO",
      state: "FIRING",
      staleSince: null,
      labels: { severity: "none" },
    });
    expect(items[0].generatorUrl).toMatch(/^http/);
  });

  it("that are about to fire are read from each Prometheus", async () => {
    fleet.setAlert(first.name, "AboutTo", "pending", POD);
    const pending = await until("it is known", async () => {
      const { items } = await alerts(`{ states: [PENDING], alertnames: ["AboutTo"] }`);
      return items[0];
    });
    expect(pending).toMatchObject({ state: "PENDING", clusterName: first.name });
    fleet.setAlert(first.name, "AboutTo", null);
    await until("it is forgotten", async () => (await alerts(`{ alertnames: ["AboutTo"] }`)).total === 0);
  });

  it("begin and end as events tell, once over all who read them", async () => {
    const id = await raised(first, "Toggled");
    fleet.setAlert(first.name, "Toggled", null);
    await until("it has ended", async () => (await stateOf(id)) === "RESOLVED");
    const { alert } = await done(
      `query ($id: UUID!) { alert(id: $id) { endsAt occurrences { total items { id } } } }`,
      { id },
    );
    expect(alert).toMatchObject({ endsAt: expect.any(String), occurrences: { total: 1, items: [{ id }] } });
    const again = await raised(first, "Toggled");
    expect(again).not.toBe(id);
    const { alertHistory } = await done(
      `{ alertHistory(filter: { alertnames: ["Toggled"] }) { total items { id state occurrences { total } } } }`,
    );
    expect(alertHistory).toMatchObject({
      total: 2,
      items: [
        { id: again, state: "FIRING", occurrences: { total: 2 } },
        { id, state: "RESOLVED" },
      ],
    });
    const { eventHistory } = await done(
      `{ eventHistory(first: 1000) { items { event { eventType namespace payload } } } }`,
    );
    const told = eventHistory.items
      .map(({ event }: { event: { payload: { alert_id?: string } } }) => event)
      .filter(({ payload }: { payload: { alert_id?: string } }) => [id, again].includes(payload.alert_id ?? ""));
    expect(told.map(({ eventType }: { eventType: string }) => eventType)).toEqual([
      "ALERT_FIRED",
      "ALERT_RESOLVED",
      "ALERT_FIRED",
    ]);
    expect(told[0]).toMatchObject({
      namespace: "shop",
      payload: { alertname: "Toggled", severity: "CRITICAL", pod: "cart-0" },
    });
  });

  describe("are found", () => {
    beforeAll(async () => {
      await raised(first, "FoundA", { ...POD, pod: "cart-1", severity: "warning", empty: "" });
      await raised(second, "FoundB", { ...POD, pod: "cart-22", namespace: "pay" });
    });

    it.each([
      [`{ matchers: ["alertname=~\\"Found.\\""] }`, ["FoundA", "FoundB"]],
      [`{ matchers: ["alertname=~\\"Found.*\\"", "namespace=\\"pay\\""] }`, ["FoundB"]],
      [`{ matchers: ["alertname=~\\"Found.\\"", "namespace!=\\"pay\\""] }`, ["FoundA"]],
      [`{ matchers: ["alertname=~\\"(?i)found(A|B)\\"", "pod!~\\"cart-\\\\d\\""] }`, ["FoundB"]],
      [`{ matchers: ["alertname=~\\"Found.\\"", "nothing=\\"\\""] }`, ["FoundA", "FoundB"]],
      [`{ matchers: ["alertname=~\\"Found.\\"", "nothing!=\\"\\""] }`, []],
      [`{ matchers: ["alertname=~\\"Found.\\""], severities: [WARNING] }`, ["FoundA"]],
      [`{ namespaces: ["pay"], alertnames: ["FoundA", "FoundB"] }`, ["FoundB"]],
      [`{ search: "cart-22" }`, ["FoundB"]],
      [`{ search: "foundb" }`, ["FoundB"]],
      [`{ matchers: ["alertname=~\\"Found.\\""], acknowledged: true }`, []],
      [`{ matchers: ["alertname=~\\"Found.\\""], silenced: false, stale: false }`, ["FoundA", "FoundB"]],
      // A critical alert of the same namespace keeps it quiet.
      [`{ matchers: ["alertname=~\\"Found.\\""], inhibited: true }`, ["FoundA"]],
      [`{ matchers: ["alertname=~\\"Found.\\""], startsAfter: "2100-01-01T00:00:00Z" }`, []],
    ])("by %s", async (filter, expected) => {
      const { items } = await alerts(filter, "alertname", ", orderBy: { field: ALERTNAME, direction: ASC }");
      expect(items.map(({ alertname }: Item) => alertname)).toEqual(expected);
    });

    it("worst first, page by page", async () => {
      const { items, total, totalPages } = await alerts("{}", "severity startsAt id", ", pageSize: 5");
      const order = ["CRITICAL", "WARNING", "INFO"];
      const ranks = items.map(({ severity }: Item) => order.indexOf(severity));
      expect(ranks).toEqual([...ranks].sort((a, b) => a - b));
      expect(totalPages).toBe(Math.ceil(total / 5));
      const seen = new Set<string>();
      for (let page = 1; page <= totalPages; page += 1) {
        for (const { id } of (await alerts("{}", "id", `, pageSize: 5, page: ${page}`)).items) seen.add(id);
      }
      expect(seen.size).toBe(total);
      expect((await alerts("{}", "id", `, page: 1000`)).total).toBe(total);
    });

    it("counted by what they have in common", async () => {
      const { alertGroups } = await done(
        `{ alertGroups(by: [CLUSTER, SEVERITY], labels: ["team"], filter: { matchers: ["alertname=~\\"Found.\\""] }) { total items {
          cluster { name } severity alertname labels clusterCount counts { total firing critical warning } } } }`,
      );
      expect(alertGroups.total).toBe(2);
      expect(alertGroups.items).toEqual(
        expect.arrayContaining([
          {
            cluster: { name: first.name },
            severity: "WARNING",
            alertname: null,
            labels: { team: "shop" },
            clusterCount: 1,
            counts: { total: 1, firing: 1, critical: 0, warning: 1 },
          },
        ]),
      );
      const { alertGroups: none } = await done(`{ alertGroups(page: 500) { total items { alertname } } }`);
      expect(none.items).toEqual([]);
      expect(none.total).toBeGreaterThan(2);
    });

    it.each([
      [`{ matchers: ["nonsense"] }`, "INVALID_MATCHER"],
      [`{ matchers: ["a=~\\"(\\""] }`, "INVALID_MATCHER"],
      [`{ matchers: ["a=~\\"x{1,999}\\""] }`, "INVALID_MATCHER"],
      [`{ clusterIds: ["00000000-0000-4000-8000-000000000000"] }`, "CLUSTER_NOT_FOUND"],
    ])("by nothing that makes no sense: %s", async (filter, expected) => {
      expect(await code(`{ alerts(filter: ${filter}) { total } }`, {}, VIEWER)).toBe(expected);
    });
  });

  it("of a page of clusters cost one hop to each subgraph", async () => {
    const page = async (pageSize: number): Promise<void> => {
      const { clusters } = await done(
        `{ clusters(pageSize: ${pageSize}) { items { name alerts(pageSize: 3) { total items { clusterName } }
          critical: alerts(filter: { severities: [CRITICAL] }) { total }
          alertCounts { total firing critical } alertSource { polledAt staleSince lastError } } } }`,
      );
      expect(clusters.items).toHaveLength(pageSize);
      for (const { name, alerts: own, critical, alertCounts } of clusters.items) {
        expect(own.total).toBe(alertCounts.total);
        expect(critical.total).toBe(alertCounts.critical);
        expect(new Set(own.items.map(({ clusterName }: Item) => clusterName))).toEqual(new Set([name]));
      }
    };
    graph.resetHops();
    await page(3);
    expect(graph.hops()).toEqual(["clusters", "observability"]);
    expect(await code(`{ clusters { items { alerts(filter: { selector: {} }) { total } } } }`, {}, VIEWER)).toBe(
      "BAD_USER_INPUT",
    );
  });

  it("lead to the pod and the node that they are about, and back, and to what else happened there", async () => {
    const { pods } = (
      await done(
        `query ($id: UUID!) { cluster(id: $id) { pods(pageSize: 100) { items { namespace name phase node { name } } } } }`,
        {
          id: idOf(first),
        },
      )
    ).cluster;
    const pod = pods.items.find(({ phase, node }: { phase: string; node: unknown }) => phase === "RUNNING" && node);
    const labels = { namespace: pod.namespace, pod: pod.name, node: pod.node.name, severity: "critical" };
    const id = await raised(first, "Joined", labels);
    await raised(first, "JoinedToo", { ...labels, severity: "warning" });
    const { alert } = await done(
      `query ($id: UUID!) { alert(id: $id) {
        cluster { name } pod { name phase alerts { alertname } } node { name ready alerts { alertname } }
        relatedAlerts(limit: 1) { alertname } logs(limit: 3) { message pod { name } } traces(limit: 2) { traceId }
      } }`,
      { id },
    );
    expect(alert).toMatchObject({
      cluster: { name: first.name },
      pod: { name: pod.name, phase: "RUNNING" },
      node: { name: pod.node.name, ready: expect.any(Boolean) },
      relatedAlerts: [{ alertname: "JoinedToo" }],
    });
    const names = (list: Item[]): string[] => list.map(({ alertname }) => alertname);
    expect(names(alert.pod.alerts)).toEqual(["Joined", "JoinedToo"]);
    expect(names(alert.node.alerts)).toEqual(expect.arrayContaining(["Joined", "JoinedToo"]));
    expect(alert.logs.length).toBeGreaterThan(0);
    expect(new Set(alert.logs.map((line: { pod: { name: string } }) => line.pod.name))).toEqual(new Set([pod.name]));
    expect(Array.isArray(alert.traces) || alert.traces === null).toBe(true);
  });

  it("whose Alertmanager does not answer are kept, and marked since when", async () => {
    const id = await raised(second, "Kept");
    await fleet.setFault(second.name, "alertmanager", "refuse");
    const stale = await until("it is stale", async () => {
      const { alert } = await done(
        `query ($id: UUID!) { alert(id: $id) { state staleSince cluster { alertSource { lastError staleSince } } } }`,
        { id },
      );
      return alert.staleSince ? alert : null;
    });
    expect(stale).toMatchObject({ state: "FIRING", cluster: { alertSource: { lastError: expect.any(String) } } });
    expect(
      (await alerts(`{ stale: true }`, "clusterName")).items.map(({ clusterName }: Item) => clusterName),
    ).toContain(second.name);
    fleet.setAlert(second.name, "Kept", null);
    await fleet.setFault(second.name, "alertmanager", null);
    // A backend that failed repeatedly rests for a while.
    await until("it has ended", async () => (await stateOf(id)) === "RESOLVED", 40_000);
    await until("its source is as new as ever", async () => {
      const { cluster } = await done(
        `query ($id: UUID!) { cluster(id: $id) { alertSource { staleSince lastError } } }`,
        {
          id: idOf(second),
        },
      );
      return cluster.alertSource.staleSince === null && cluster.alertSource.lastError === null;
    });
  });

  describe("are acknowledged", () => {
    const ACK = `mutation ($id: UUID!, $note: String, $until: DateTime) { acknowledgeAlert(id: $id, note: $note, until: $until) {
      id acknowledgement { owner note at until } } }`;

    it("by who takes care of them, until they end", async () => {
      const id = await raised(first, "Owned");
      const { acknowledgeAlert } = await done(ACK, { id, note: "on it" });
      expect(acknowledgeAlert.acknowledgement).toMatchObject({ owner: "olga", note: "on it", until: null });
      expect((await alerts(`{ acknowledged: true }`)).items).toMatchObject([{ id }]);
      const { unacknowledgeAlert } = await done(
        `mutation ($id: UUID!) { unacknowledgeAlert(id: $id) { acknowledgement { owner } } }`,
        { id },
      );
      expect(unacknowledgeAlert.acknowledgement).toBeNull();
      await done(ACK, { id });
      fleet.setAlert(first.name, "Owned", null);
      await until("it has ended", async () => (await stateOf(id)) === "RESOLVED");
      const { alert } = await done(`query ($id: UUID!) { alert(id: $id) { acknowledgement { owner } } }`, { id });
      expect(alert.acknowledgement).toBeNull();
      expect(await code(ACK, { id }, OPERATOR)).toBe("CONFLICT");
      const { auditLog } = await done(`{ auditLog(pageSize: 100) { items { action actor before after } } }`, {}, ADMIN);
      const deeds = auditLog.items.filter(({ action }: { action: string }) => action.endsWith("ACKNOWLEDGE_ALERT"));
      expect(deeds).toMatchObject([
        { action: "ACKNOWLEDGE_ALERT", actor: "olga" },
        { action: "UNACKNOWLEDGE_ALERT", before: { alertname: "Owned", owner: "olga" } },
        { action: "ACKNOWLEDGE_ALERT", after: { alertname: "Owned", note: "on it" } },
      ]);
    });

    it("until then, if they say so", async () => {
      const id = await raised(first, "Later");
      expect(await code(ACK, { id, until: "2020-01-01T00:00:00Z" }, OPERATOR)).toBe("BAD_USER_INPUT");
      const until0 = new Date(Date.now() + 400).toISOString();
      await done(ACK, { id, until: until0 });
      await until("it is nobody's again", async () => {
        const { alert } = await done(`query ($id: UUID!) { alert(id: $id) { acknowledgement { until } } }`, { id });
        return alert.acknowledgement === null && Date.now() > Date.parse(until0);
      });
      expect((await alerts(`{ acknowledged: false, alertnames: ["Later"] }`)).total).toBe(1);
    });

    it("by nobody who may not", async () => {
      const id = await raised(first, "Guarded");
      expect(await code(ACK, { id }, VIEWER)).toBe("FORBIDDEN");
      expect(await code(ACK, { id }, ELSEWHERE)).toBe("ALERT_NOT_FOUND");
    });
  });

  it("of a cluster out of scope are not there, also by their ids", async () => {
    const id = await raised(first, "Hidden");
    const asElse = (query: string, variables = {}) => done(query, variables, ELSEWHERE);
    expect(await asElse(`query ($id: UUID!) { alert(id: $id) { id } }`, { id })).toEqual({ alert: null });
    expect((await asElse(`{ alerts { total } }`)).alerts.total).toBe(0);
    expect((await asElse(`{ alertHistory { total } }`)).alertHistory.total).toBe(0);
    expect((await asElse(`{ alertGroups { total } }`)).alertGroups.total).toBe(0);
  });
});
