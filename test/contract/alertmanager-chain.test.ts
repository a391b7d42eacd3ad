import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RealAlertmanager, startAlertmanager } from "../support/alertmanager.ts";
import { startGraph, type TestGraph } from "../support/graph.ts";
import { type AlertingRule, missingPrograms, startRulingPrometheus } from "../support/prometheus.ts";
import { until } from "../support/until.ts";

const missing = process.env["REQUIRE_SERVICES"] === "1" ? [] : missingPrograms("prometheus", "prometheus-alertmanager");
const suffix = missing.length > 0 ? ` (skipped: ${missing.join(", ")} not found)` : "";

const DOWN: AlertingRule = {
  alert: "RealDown",
  expr: "vector(1)",
  labels: { severity: "page", namespace: "shop", pod: "cart-0" },
  annotations: { summary: "down for real" },
};
const SOON: AlertingRule = { alert: "RealSoon", expr: "vector(1)", for: "1h", labels: { severity: "warning" } };
const ALWAYS: AlertingRule = { alert: "Watchdog", expr: "vector(1)", labels: { severity: "none" } };

describe.skipIf(missing.length > 0)(`A real Prometheus and a real Alertmanager, through the gateway${suffix}`, () => {
  let graph: TestGraph;
  let alertmanager: RealAlertmanager;
  let prometheus: Awaited<ReturnType<typeof startRulingPrometheus>>;
  let clusterId: string;

  const done = async (query: string, variables: Record<string, unknown> = {}) => {
    const { data, errors } = await graph.ask(query, variables);
    expect(errors).toBeUndefined();
    return data;
  };
  const rowsOf = async (alertname: string) =>
    (
      await done(
        `query ($names: [String!]) { alerts(filter: { alertnames: $names, states: [FIRING, PENDING, RESOLVED] }) { items {
          id state severity labels annotations namespace startsAt endsAt staleSince silencedBy silences { createdBy } } } }`,
        { names: [alertname] },
      )
    ).alerts.items;
  const only = async (alertname: string) => {
    const items = await rowsOf(alertname);
    expect(items.length).toBeLessThanOrEqual(1);
    return items[0];
  };
  /** Polls come once an hour here: what is known without this came by the webhook. */
  const pollNow = () =>
    graph.platform.database.prisma.scheduledTask.updateMany({
      where: { task: "observability.alert-poll" },
      data: { nextAt: new Date(0) },
    });
  const polledAt = async (): Promise<string | null> =>
    (await done(`query ($id: UUID!) { cluster(id: $id) { alertSource { polledAt } } }`, { id: clusterId })).cluster
      .alertSource?.polledAt;

  beforeAll(async () => {
    graph = await startGraph({ mode: "in one process", jobs: true, env: { AIOPS_ALERT_POLL_MS: "3600000" } });
    const { registerCluster } = await done(
      `mutation { registerCluster(input: { name: "real-1", apiServerUrl: "https://127.0.0.1:9", credentials: { token: "of-nobody" } }) { id } }`,
    );
    clusterId = registerCluster.id;
    const { createAlertWebhook } = await done(`mutation ($id: UUID!) { createAlertWebhook(clusterId: $id) { path } }`, {
      id: clusterId,
    });
    alertmanager = await startAlertmanager({ webhook: `${graph.url}${createAlertWebhook.path}` });
    prometheus = await startRulingPrometheus([DOWN, SOON, ALWAYS], alertmanager.url);
  }, 90_000);
  afterAll(async () => {
    await prometheus[Symbol.asyncDispose]();
    await alertmanager[Symbol.asyncDispose]();
    await graph[Symbol.asyncDispose]();
  });

  it("tells of an alert by its webhook, and of the same one when it is asked", async () => {
    const told = await until("the webhook told of it", () => only("RealDown"), 30_000);
    expect(await polledAt()).toBeFalsy();
    expect(told).toMatchObject({
      state: "FIRING",
      severity: "CRITICAL",
      namespace: "shop",
      annotations: { summary: "down for real" },
      labels: { cluster: "as-prometheus-says" },
    });
    await done(`mutation ($id: UUID!, $input: UpdateClusterInput!) { updateCluster(id: $id, input: $input) { id } }`, {
      id: clusterId,
      input: { endpoints: { alertmanagerUrl: alertmanager.url, prometheusUrl: prometheus.url } },
    });
    await until("it was asked", async () => {
      await pollNow();
      return await polledAt();
    });
    expect(await only("RealDown")).toEqual(told);
    expect(await only("RealSoon")).toMatchObject({ state: "PENDING", severity: "WARNING" });
  });

  it("is silenced from here, and loud again", async () => {
    const { createSilence } = await done(
      `mutation ($id: UUID!) { createSilence(input: { clusterIds: [$id], matchers: ["alertname=\\"RealDown\\"", "pod=~\\"cart-.+\\""],
        duration: "1h", comment: "being repaired" }) { status silenceId } }`,
      { id: clusterId },
    );
    const [{ silenceId }] = createSilence;
    const quiet = await until("it is known as silenced", async () => {
      const row = await only("RealDown");
      return row.silencedBy.length > 0 && row;
    });
    expect(quiet).toMatchObject({ state: "FIRING", silencedBy: [silenceId], silences: [{ createdBy: "developer" }] });
    const [seen] = (await (await fetch(`${alertmanager.url}/api/v2/alerts?filter=alertname="RealDown"`)).json()) as {
      status: object;
    }[];
    expect(seen?.status).toMatchObject({ state: "suppressed", silencedBy: [silenceId] });
    await done(`mutation ($silences: [SilenceKeyInput!]!) { expireSilence(silences: $silences) { status } }`, {
      silences: [{ clusterId, id: silenceId }],
    });
    await until("it is known as loud", async () => (await only("RealDown")).silencedBy.length === 0);
  });

  it("tells of its end by its webhook, and each of both was an event once", async () => {
    const before = await polledAt();
    await prometheus.setRules([{ ...DOWN, expr: "vector(1) > 2" }, SOON, ALWAYS]);
    const over = await until(
      "the webhook told of its end",
      async () => {
        const row = await only("RealDown");
        return row.state === "RESOLVED" && row;
      },
      30_000,
    );
    expect(await polledAt()).toBe(before);
    expect(Date.parse(over.endsAt)).toBeGreaterThan(Date.parse(over.startsAt));
    const { eventHistory } = await done(`{ eventHistory(first: 1000) { items { event { eventType payload } } } }`);
    const told = eventHistory.items
      .filter(({ event }: { event: { payload: { alert_id?: string } } }) => event.payload.alert_id === over.id)
      .map(({ event }: { event: { eventType: string } }) => event.eventType);
    expect(told).toEqual(["ALERT_FIRED", "ALERT_RESOLVED"]);
  });

  it("is stale when it is gone, and its alerts are as they were", async () => {
    expect(await until("the watchdog is known", () => only("Watchdog"))).toMatchObject({
      state: "FIRING",
      staleSince: null,
    });
    await alertmanager.stop();
    await until("it is stale", async () => {
      await pollNow();
      return (await only("Watchdog")).staleSince;
    });
    expect(await only("Watchdog")).toMatchObject({ state: "FIRING", severity: "INFO" });
    // Its Prometheus is there, and goes on telling.
    expect(await only("RealSoon")).toMatchObject({ state: "PENDING", staleSince: null });
  });
});
