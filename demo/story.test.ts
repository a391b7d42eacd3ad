import { Agent, request } from "undici";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { type DemoCluster, type DemoFleet, startDemoFleet, type UpstreamName } from "./fleet.ts";

// No time of a bad spell, so that what is wrong is what always is.
const NOW = Date.UTC(2026, 10, 23, 6, 30);
let fleet: DemoFleet;
let agent: Agent;

beforeAll(async () => {
  fleet = await startDemoFleet({ clusters: 5, now: () => NOW });
  agent = new Agent({ connect: { ca: fleet.clusters[0]?.caCertificate } });
});
afterAll(async () => {
  await agent.destroy();
  await fleet.close();
});

const cluster = (index: number): DemoCluster => {
  const found = fleet.clusters[index];
  if (found === undefined) throw new Error(`there is no cluster ${index}`);
  return found;
};

async function get(url: string, headers: Record<string, string> = {}): Promise<{ status: number; body: unknown }> {
  const { statusCode, body } = await request(url, { dispatcher: agent, headers });
  const text = await body.text();
  return {
    status: statusCode,
    body: text.startsWith("{") || text.startsWith("[") ? (JSON.parse(text) as unknown) : text,
  };
}

const alerts = z.array(z.object({ labels: z.record(z.string(), z.string()), startsAt: z.string() }));
const lines = z.object({
  data: z.object({
    result: z.array(
      z.object({ stream: z.record(z.string(), z.string()), values: z.array(z.tuple([z.string(), z.string()])) }),
    ),
  }),
});
const traces = z.object({ traces: z.array(z.object({ traceID: z.string(), durationMs: z.number() })) });

const critical = async ({ alertmanagerUrl }: DemoCluster) =>
  alerts.parse(
    (await get(`${alertmanagerUrl}/api/v2/alerts?filter=severity="critical"&active=true&silenced=false`)).body,
  );

async function errorsOf({ lokiUrl }: DemoCluster, pod: string, minutes: number) {
  const query = `{pod="${pod}"} | detected_level="error"`;
  const start = String(Math.floor(NOW / 1000) - 60 * minutes);
  const answer = await get(
    `${lokiUrl}/loki/api/v1/query_range?${String(new URLSearchParams({ query, start, limit: "1000" }))}`,
  );
  return lines.parse(answer.body).data.result;
}

async function slowest({ tempoUrl }: DemoCluster, pod: string) {
  const end = Math.floor(NOW / 1000);
  const params = {
    q: `{ resource.k8s.pod.name = "${pod}" }`,
    start: String(end - 3600),
    end: String(end),
    limit: "500",
  };
  const found = traces.parse((await get(`${tempoUrl}/api/search?${String(new URLSearchParams(params))}`)).body).traces;
  return found.toSorted((a, b) => b.durationMs - a.durationMs)[0];
}

it("leads from a cluster's critical alert to its pod, the pod's errors, and a slow trace that a line names", async () => {
  const hub = cluster(0);
  const [alert] = await critical(hub);
  const { namespace = "", pod = "" } = alert?.labels ?? {};
  const found = await get(`${hub.apiServerUrl}/api/v1/namespaces/${namespace}/pods/${pod}`, {
    authorization: `Bearer ${hub.token}`,
  });
  expect(found).toMatchObject({ status: 200, body: { metadata: { name: pod, namespace } } });

  const errors = await errorsOf(hub, pod, 5);
  expect(errors.flatMap(({ values }) => values).length).toBeGreaterThan(10);
  const id = (await errorsOf(hub, pod, 15)).find(({ stream }) => stream["trace_id"] !== undefined)?.stream["trace_id"];
  const trace = await get(`${hub.tempoUrl}/api/traces/${id}`);
  expect(trace.status).toBe(200);
  expect(JSON.stringify(trace.body)).toContain("STATUS_CODE_ERROR");

  const slow = await slowest(hub, pod);
  expect(slow?.durationMs).toBeGreaterThan(1000);
});

it("has a critical alert at hand on each kind of cluster", async () => {
  const names = async (index: number) => (await critical(cluster(index))).map(({ labels }) => labels["alertname"]);
  expect(await names(1)).toContain("CheckoutErrorRateHigh");
  expect(await names(3)).toEqual(["KubePodCrashLooping"]);
  expect(await names(4)).toContain("GPUXIDErrors");
});

it("fires and resolves an alert at will, and what it is about suffers", async () => {
  const lab = cluster(4);
  const pods = z.object({ data: z.array(z.string()) });
  const answer = await get(`${lab.lokiUrl}/loki/api/v1/label/pod/values?query=${encodeURIComponent('{app="cart"}')}`);
  const [pod = ""] = pods.parse(answer.body).data;
  expect(await errorsOf(lab, pod, 1)).toEqual([]);
  fleet.setAlert(lab.name, "CartBroken", "firing", { namespace: "shop", pod, severity: "critical" });
  expect((await critical(lab)).map(({ labels }) => labels["alertname"])).toContain("CartBroken");
  const asked = await get(
    `${lab.prometheusUrl}/api/v1/query?query=${encodeURIComponent('ALERTS{alertname="CartBroken"}')}`,
  );
  expect(JSON.stringify(asked.body)).toContain('"alertname":"CartBroken"');
  expect((await errorsOf(lab, pod, 2)).length).toBeGreaterThan(0);
  fleet.setAlert(lab.name, "CartBroken", null);
  expect((await critical(lab)).map(({ labels }) => labels["alertname"])).not.toContain("CartBroken");
});

it("has everything on the first clusters, and no Tempo on some small sites", async () => {
  const fleetOf = await startDemoFleet({ clusters: 60 });
  try {
    for (const { tempoUrl } of fleetOf.clusters.slice(0, 5)) expect(tempoUrl).not.toBeNull();
    const without = fleetOf.clusters.filter(({ tempoUrl }) => tempoUrl === null);
    expect(without.length).toBeGreaterThan(5);
    for (const { clusterType } of without) expect(["EDGE", "FAR_EDGE"]).toContain(clusterType);
  } finally {
    await fleetOf.close();
  }
});

it("keeps the third cluster's logs for its tenant", async () => {
  const { lokiUrl, lokiTenant } = cluster(2);
  expect(await get(`${lokiUrl}/loki/api/v1/labels`)).toEqual({ status: 401, body: "no org id\n" });
  const { body } = await get(`${lokiUrl}/loki/api/v1/labels`, { "x-scope-orgid": lokiTenant ?? "" });
  expect(body).toMatchObject({ data: expect.arrayContaining(["pod"]) as string[] });
});

describe.each<UpstreamName>(["loki", "tempo", "alertmanager"])("faults of %s", (upstream) => {
  const path = { loki: "/ready", tempo: "/ready", alertmanager: "/-/ready" }[
    upstream as "loki" | "tempo" | "alertmanager"
  ];
  const url = () => {
    const { lokiUrl, tempoUrl, alertmanagerUrl } = cluster(0);
    return ({ loki: lokiUrl, tempo: tempoUrl, alertmanager: alertmanagerUrl }[upstream as "loki"] ?? "") + path;
  };
  afterEach(() => fleet.setFault(cluster(0).name, upstream, null));

  it("are met by who asks it", async () => {
    expect((await get(url())).status).toBe(200);
    await fleet.setFault(cluster(0).name, upstream, "error-503");
    expect(await get(url())).toEqual({ status: 503, body: "Service Unavailable\n" });
    await fleet.setFault(cluster(0).name, upstream, "refuse");
    await expect(get(url())).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await fleet.setFault(cluster(0).name, upstream, null);
    expect((await get(url())).status).toBe(200);
  });
});
