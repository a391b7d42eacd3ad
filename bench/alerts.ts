import { dataDirectory } from "./data-directory.ts";
import type { Benchmark } from "./main.ts";
import { ServerProcess } from "./server-process.ts";
import { quantile, round } from "./statistics.ts";

const CLUSTERS = 20;
const ALERTS = 10_000;
const WARM_UP = 10;
const ROUNDS = 100;
const PAGE = `{ alerts(pageSize: 100) { total items { id alertname severity state clusterName labels annotations startsAt acknowledgement { owner } } } }`;

/** Ten thousand active alerts of twenty clusters: heard of by webhooks, shown in pages, counted and acknowledged. */
export const alerts: Benchmark = {
  async run() {
    await using dataDir = await dataDirectory();
    // Nothing else happens while we measure.
    const pace = { AIOPS_HEALTH_SWEEP_MS: "3600000", AIOPS_ALERT_POLL_MS: "3600000" };
    await using server = await ServerProcess.start({ DATA_DIR: dataDir.path, AIOPS_DEMO: "off", ...pace });
    await server.until("{ __typename }", () => true);
    const webhooks = await register(server);
    const began = performance.now();
    const first = await times(webhooks, (path, index) => notify(server, path, index));
    const all = performance.now() - began;
    const again = await times(webhooks, (path, index) => notify(server, path, index));
    const { alerts: page } = await server.query<Page>(PAGE);
    if (page.total !== ALERTS) throw new Error(`There are ${page.total} alerts.`);
    const ids = page.items.map(({ id }) => id);
    return [
      row(`ingest: ${ALERTS / CLUSTERS} new alerts in a notification`, first),
      { "": `ingest: ${ALERTS} new alerts, alerts a second`, rate: Math.round(ALERTS / (all / 1000)) },
      row(`ingest: ${ALERTS / CLUSTERS} known alerts in a notification`, again),
      row(`page of 100 of ${ALERTS}`, await repeated(() => server.query(PAGE))),
      row(
        "page of 100, by a matcher and a regular expression",
        await repeated(() =>
          server.query(
            `{ alerts(pageSize: 100, filter: { matchers: ["severity=\\"warning\\"", "pod=~\\"api-.*[37]\\""] }) { total items { id } } }`,
          ),
        ),
      ),
      row(
        `${CLUSTERS} clusters with their counts and worst alerts`,
        await repeated(() =>
          server.query(`{ clusters { items { alertCounts { total } alerts(pageSize: 3) { total items { id } } } } }`),
        ),
      ),
      row(
        "acknowledge",
        await repeated((turn) => server.query(`mutation { acknowledgeAlert(id: "${ids[turn % ids.length]}") { id } }`)),
      ),
    ];
  },
};

interface Page {
  alerts: { total: number; items: { id: string }[] };
}

/** @returns the path of each cluster's webhook. */
async function register(server: ServerProcess): Promise<string[]> {
  const paths: string[] = [];
  for (let index = 0; index < CLUSTERS; index += 1) {
    const { registerCluster } = await server.query<{ registerCluster: { id: string } }>(
      `mutation { registerCluster(input: { name: "cluster-${index}", apiServerUrl: "https://127.0.0.1:6443" }) { id } }`,
    );
    const { createAlertWebhook } = await server.query<{ createAlertWebhook: { path: string } }>(
      `mutation { createAlertWebhook(clusterId: "${registerCluster.id}") { path } }`,
    );
    paths.push(createAlertWebhook.path);
  }
  return paths;
}

async function notify(server: ServerProcess, path: string, cluster: number): Promise<void> {
  const list = Array.from({ length: ALERTS / CLUSTERS }, (_, index) => ({
    status: "firing",
    labels: {
      alertname: `Alert${index % 50}`,
      severity: ["critical", "warning", "info"][index % 3],
      namespace: `team-${index % 20}`,
      pod: `api-${cluster}-${index}`,
      node: `worker-${index % 10}`,
      job: "api",
    },
    annotations: { summary: `Pod api-${cluster}-${index} does not answer.` },
    startsAt: "2026-01-01T00:00:00Z",
    endsAt: "0001-01-01T00:00:00Z",
  }));
  const { status } = await fetch(`${server.url}${path}`, {
    method: "POST",
    body: JSON.stringify({ version: "4", alerts: list }),
  });
  if (status !== 200) throw new Error(`The webhook answered ${status}.`);
}

const repeated = async (call: (turn: number) => Promise<unknown>): Promise<number[]> => {
  for (let turn = 0; turn < WARM_UP; turn += 1) await call(turn);
  return await times(Array.from({ length: ROUNDS }), (_, turn) => call(turn));
};

/** Milliseconds of each call, one after the other. */
async function times<T>(each: readonly T[], call: (one: T, index: number) => Promise<unknown>): Promise<number[]> {
  const taken: number[] = [];
  for (const [index, one] of each.entries()) {
    const began = performance.now();
    await call(one, index);
    taken.push(performance.now() - began);
  }
  return taken;
}

const row = (name: string, taken: readonly number[]) => ({
  "": name,
  "p50 ms": round(quantile(taken, 0.5)),
  "p95 ms": round(quantile(taken, 0.95)),
});
