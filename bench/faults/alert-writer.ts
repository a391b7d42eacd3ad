import { fingerprintOf } from "../../subgraphs/observability/alerts/fingerprint.mapper.ts";
import type { Client } from "./client.ts";
import { subjectOf } from "./follower.ts";
import { acknowledge, type Ledger, must, type Writer } from "./ledger.ts";

/** Alerts that an Alertmanager tells of, each acknowledged by somebody. */
export async function alertWriter(client: Client, ledger: Ledger, webhookOrigin: string): Promise<Writer> {
  const { registerCluster } = await must<{ registerCluster: { id: string } }>(
    client,
    `mutation { registerCluster(input: { name: "alerting", apiServerUrl: "https://127.0.0.1:1" }) { id } }`,
  );
  const { createAlertWebhook } = await must<{ createAlertWebhook: { path: string } }>(
    client,
    `mutation ($id: UUID!) { createAlertWebhook(clusterId: $id) { path } }`,
    { id: registerCluster.id },
  );
  const told = new Set<string>();
  const acknowledged = new Set<string>();
  const ids = `query ($names: [String!]!) { alerts(filter: { alertnames: $names }) { items { id } } }`;
  return {
    name: "alerts",
    async write(n) {
      const alertname = `Load${n}`;
      const answer = await client.post(`${webhookOrigin}${createAlertWebhook.path}`, notification(alertname));
      if (answer?.status !== 200) {
        if (answer) client.tally.error(`HTTP ${answer.status}`, JSON.stringify(answer));
        return;
      }
      acknowledge(ledger, subjectOf("ALERT_FIRED", alertname));
      told.add(alertname);
      const found = await client.ask<{ alerts: { items: { id: string }[] } }>(ids, { names: [alertname] });
      const id = found?.alerts.items[0]?.id;
      if (!id) return;
      if (!(await client.ask(`mutation ($id: UUID!) { acknowledgeAlert(id: $id, note: "seen") { id } }`, { id })))
        return;
      acknowledge(ledger);
      acknowledged.add(alertname);
    },
    async lost() {
      const there = async (names: readonly string[], filter: object): Promise<Set<string>> => {
        const found = new Set<string>();
        for (let from = 0; from < names.length; from += 50) {
          const { alerts } = await must<{ alerts: { items: { alertname: string }[] } }>(
            client,
            `query ($filter: AlertFilterInput!) { alerts(filter: $filter, pageSize: 100) { items { alertname } } }`,
            { filter: { alertnames: names.slice(from, from + 50), ...filter } },
          );
          for (const { alertname } of alerts.items) found.add(alertname);
        }
        return found;
      };
      const firing = await there([...told], {});
      const seen = await there([...acknowledged], { acknowledged: true });
      return [
        ...[...told].filter((name) => !firing.has(name)),
        ...[...acknowledged].flatMap((name) => (seen.has(name) ? [] : [`${name}'s acknowledgement`])),
      ];
    },
  };
}

function notification(alertname: string) {
  const labels = { alertname, severity: "warning" };
  return {
    version: "4",
    receiver: "load",
    status: "firing",
    groupKey: "load",
    groupLabels: {},
    commonLabels: {},
    commonAnnotations: {},
    externalURL: "http://alertmanager.example",
    truncatedAlerts: 0,
    alerts: [
      {
        status: "firing",
        labels,
        annotations: {},
        startsAt: new Date().toISOString(),
        endsAt: "0001-01-01T00:00:00Z",
        generatorURL: "",
        fingerprint: fingerprintOf(labels),
      },
    ],
  };
}
