import { Agent, request } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { type DemoCluster, type DemoFleet, startDemoFleet } from "./fleet.ts";
import { INCIDENT_KINDS, type IncidentKind } from "./incidents.ts";

const ONSET = Date.UTC(2026, 10, 23, 6, 30);
const [BEFORE, AFTER] = [ONSET - 30_000, ONSET + 900_000];
let now = BEFORE;
let fleet: DemoFleet;
let agent: Agent;

beforeAll(async () => {
  fleet = await startDemoFleet({ clusters: 5, now: () => now });
  agent = new Agent({ connect: { ca: fleet.clusters[0]?.caCertificate } });
});
afterAll(async () => {
  await agent.destroy();
  await fleet.close();
});

const named = (name: string): DemoCluster => {
  const found = fleet.clusters.find((cluster) => cluster.name === name);
  if (found === undefined) throw new Error(`there is no cluster ${name}`);
  return found;
};

async function get(
  url: string,
  params: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<unknown> {
  const { statusCode, body } = await request(`${url}?${new URLSearchParams(params)}`, { dispatcher: agent, headers });
  const text = await body.text();
  if (statusCode !== 200) throw new Error(`${url}: ${statusCode} ${text}`);
  return JSON.parse(text) as unknown;
}

const vector = z.object({
  data: z.object({ result: z.array(z.object({ value: z.tuple([z.number(), z.string()]) })) }),
});
const streams = z.object({ data: z.object({ result: z.array(z.object({ values: z.array(z.unknown()) })) }) });
const found = z.object({ traces: z.array(z.unknown()).default([]) });
const events = z.object({
  items: z.array(
    z.looseObject({
      reason: z.string(),
      lastTimestamp: z.string(),
      involvedObject: z.looseObject({ name: z.string() }),
    }),
  ),
});
const alerts = z.array(z.object({ labels: z.record(z.string(), z.string()), startsAt: z.string() }));

/** The value of a query with one result; NaN where there is none. */
async function value({ prometheusUrl }: DemoCluster, query: string): Promise<number> {
  const { data } = vector.parse(await get(`${prometheusUrl}/api/v1/query`, { query, time: String(now / 1000) }));
  return Number(data.result[0]?.value[1]);
}

const window = (minutes: number) => ({ start: String(now / 1000 - 60 * minutes), end: String(now / 1000) });

async function lines({ lokiUrl, lokiTenant }: DemoCluster, query: string): Promise<number> {
  const params = { query, ...window(10), limit: "2000" };
  const answer = await get(`${lokiUrl}/loki/api/v1/query_range`, params, { "x-scope-orgid": lokiTenant ?? "" });
  return streams.parse(answer).data.result.flatMap(({ values }) => values).length;
}

async function traces({ tempoUrl }: DemoCluster, q: string): Promise<number> {
  return found.parse(await get(`${tempoUrl}/api/search`, { q, ...window(10), limit: "500" })).traces.length;
}

const objects = ({ apiServerUrl, token }: DemoCluster, path: string) =>
  get(apiServerUrl + path, {}, { authorization: `Bearer ${token}` });

async function reasons(cluster: DemoCluster): Promise<string[]> {
  const { items } = events.parse(await objects(cluster, "/api/v1/events"));
  return items.map(({ reason, involvedObject }) => `${reason} ${involvedObject.name}`);
}

async function firing({ alertmanagerUrl }: DemoCluster, alertname: string) {
  return alerts.parse(await get(`${alertmanagerUrl}/api/v2/alerts`, { filter: `alertname="${alertname}"` }));
}

/** Where an incident can be seen, and how: what is measured before and after, and which reasons only events after it have. */
interface Sight {
  readonly cluster: string;
  readonly cause: { kind: string; namespace: string | null; name: RegExp };
  /** PromQL, and the least by which what it gives grows. */
  readonly metric: readonly [query: string, grows: number];
  /** LogQL that finds nothing before. */
  readonly log: string;
  /** TraceQL, of which more is found after. */
  readonly trace?: string;
  readonly reasons: readonly string[];
}

const SIGHTS: Readonly<Record<IncidentKind, Sight>> = {
  "deployment-error-loop": {
    cluster: "prod-west-1",
    cause: { kind: "WORKLOAD", namespace: "shop", name: /^cart$/ },
    metric: ['sum(increase(kube_pod_container_status_restarts_total{namespace="shop"}[10m]))', 8],
    log: '{app="cart"} |= "nil pointer dereference"',
    trace: '{ resource.service.name = "cart" && status = error }',
    reasons: ["ScalingReplicaSet cart", "Killing cart-", "BackOff cart-"],
  },
  "memory-leak": {
    cluster: "lab-gpu-1",
    cause: { kind: "POD", namespace: "shop", name: /^catalog-/ },
    metric: ['sum(increase(container_oom_events_total{namespace="shop"}[15m]))', 2],
    log: '{app="catalog"} |= "heap is nearly exhausted"',
    trace: '{ resource.service.name = "catalog" && duration > 400ms }',
    reasons: ["OOMKilling catalog-"],
  },
  "noisy-neighbour": {
    cluster: "prod-east-1",
    cause: { kind: "POD", namespace: "batch", name: /^features-backfill-/ },
    metric: ['max(rate(node_cpu_seconds_total{mode="user"}[5m]))', 0.3],
    log: '{app="cart"} |= "request queue is growing"',
    trace: '{ resource.service.name = "cart" && duration > 200ms }',
    reasons: ["SuccessfulCreate features-backfill", "Scheduled features-backfill"],
  },
  "network-delay": {
    cluster: "prod-west-1",
    cause: { kind: "SERVICE", namespace: "payments", name: /^payment-api$/ },
    metric: [
      'histogram_quantile(0.95, sum by (le) (rate(http_client_request_duration_seconds_bucket{server_address="payment-api.payments.svc"}[5m])))',
      1,
    ],
    log: '{app="checkout"} |= "upstream call exceeds its latency budget"',
    trace: '{ name = "POST payment-api" && duration > 400ms }',
    reasons: [],
  },
  "gpu-xid-storm": {
    cluster: "prod-west-1",
    cause: { kind: "GPU", namespace: null, name: /^GPU-/ },
    metric: ["sum(DCGM_FI_DEV_XID_ERRORS == bool 48)", 1],
    log: '{unit="kernel"} |= "DBE (double bit error)"',
    trace: '{ resource.k8s.pod.name = "llm-inference-1" && status = error }',
    reasons: ["BackOff llm-inference-"],
  },
  "certificate-expiry": {
    cluster: "lab-gpu-1",
    cause: { kind: "CERTIFICATE", namespace: "payments", name: /^payment-api-tls$/ },
    metric: ['sum(certmanager_certificate_ready_status{condition="False"})', 1],
    log: '{app="checkout"} |= "x509: certificate has expired"',
    trace: '{ name = "POST payment-api" && status = error }',
    reasons: ["Expired payment-api-tls", "Failed payment-api-tls"],
  },
  "node-pressure": {
    cluster: "prod-east-1",
    cause: { kind: "NODE", namespace: null, name: /^prod-east-1-worker-/ },
    metric: ['sum(kube_node_status_condition{condition="MemoryPressure",status="true"})', 1],
    log: '{unit="kubelet.service"} |= "attempting to reclaim"',
    reasons: ["NodeHasInsufficientMemory prod-east-1-worker-", "Evicted "],
  },
};

async function look(cluster: DemoCluster, { metric: [query], log, trace }: Sight, alertname: string) {
  return {
    metric: await value(cluster, query),
    lines: await lines(cluster, log),
    traces: trace === undefined ? 0 : await traces(cluster, trace),
    reasons: await reasons(cluster),
    alerts: await firing(cluster, alertname),
  };
}

describe.each(INCIDENT_KINDS)("%s", (kind) => {
  const sight = SIGHTS[kind];

  it("is seen in metrics, logs, traces, events and alerts from its onset on, and not before", async () => {
    const cluster = named(sight.cluster);
    const incident = fleet.startIncident(sight.cluster, kind, { at: ONSET });
    const { cause, alertname } = incident;
    expect(incident).toMatchObject({ kind, cluster: sight.cluster, onset: ONSET, end: null });
    expect([cause.kind, cause.namespace]).toEqual([sight.cause.kind, sight.cause.namespace]);
    expect(cause.name).toMatch(sight.cause.name);

    now = BEFORE;
    const before = await look(cluster, sight, alertname);
    expect(before.lines).toBe(0);
    now = AFTER;
    const after = await look(cluster, sight, alertname);
    expect(after.metric - before.metric).toBeGreaterThanOrEqual(sight.metric[1]);
    expect(after.lines).toBeGreaterThan(5);
    if (sight.trace !== undefined) expect(after.traces).toBeGreaterThan(before.traces + 2);
    for (const reason of sight.reasons) {
      expect(before.reasons.filter((one) => one.startsWith(reason))).toEqual([]);
      expect(after.reasons.some((one) => one.startsWith(reason))).toBe(true);
    }
    const fresh = after.alerts.filter(({ startsAt }) => Date.parse(startsAt) >= ONSET);
    expect(fresh.length).toBeGreaterThan(0);
    expect(fresh.length).toBe(after.alerts.length - before.alerts.length);

    expect(fleet.endIncident(sight.cluster, kind)?.end).toBe(AFTER);
    expect(fleet.endIncident(sight.cluster, kind)).toBeNull();
    now = AFTER + 60_000;
    expect(await firing(cluster, alertname)).toHaveLength(before.alerts.length);
    // What was, stays.
    now = AFTER;
    expect(await lines(cluster, sight.log)).toBe(after.lines);
  });
});

describe("the objects", () => {
  const deployment = z.object({
    metadata: z.object({ annotations: z.record(z.string(), z.string()) }),
    spec: z.object({
      template: z.object({ spec: z.object({ containers: z.array(z.object({ image: z.string() })) }) }),
    }),
    status: z.object({ availableReplicas: z.number(), conditions: z.array(z.object({ reason: z.string() })) }),
  });

  it("of a rollout are a new revision with another image, and pods that crash", async () => {
    const cluster = named("prod-west-1");
    const read = async () => deployment.parse(await objects(cluster, "/apis/apps/v1/namespaces/shop/deployments/cart"));
    fleet.startIncident(cluster.name, "deployment-error-loop", { at: ONSET });
    now = BEFORE;
    const [before, old] = [await read(), JSON.stringify(await objects(cluster, "/api/v1/namespaces/shop/pods"))];
    now = AFTER;
    const [after, pods] = [await read(), JSON.stringify(await objects(cluster, "/api/v1/namespaces/shop/pods"))];
    const revision = ({ metadata }: typeof after) => Number(metadata.annotations["deployment.kubernetes.io/revision"]);
    expect(revision(after)).toBe(revision(before) + 1);
    expect(after.spec.template.spec.containers[0]?.image).not.toBe(before.spec.template.spec.containers[0]?.image);
    expect([before.status.availableReplicas, after.status.availableReplicas]).toEqual([2, 0]);
    expect(after.status.conditions.map(({ reason }) => reason)).toContain("MinimumReplicasUnavailable");
    expect(old).not.toContain("CrashLoopBackOff");
    expect(pods).toContain("CrashLoopBackOff");
    const sets = JSON.stringify(await objects(cluster, "/apis/apps/v1/namespaces/shop/replicasets"));
    expect(sets.match(/"name":"cart-[0-9a-f]{9}"/g)).toHaveLength(2);
    fleet.endIncident(cluster.name, "deployment-error-loop");
  });

  it("of a node under pressure have its condition, its taint and pods that were evicted and replaced", async () => {
    const cluster = named("prod-east-1");
    const { cause } = fleet.startIncident(cluster.name, "node-pressure", { at: ONSET });
    now = AFTER;
    expect(await objects(cluster, `/api/v1/nodes/${cause.name}`)).toMatchObject({
      spec: { taints: [{ key: "node.kubernetes.io/memory-pressure", timeAdded: "2026-11-23T06:30:00Z" }] },
      status: {
        conditions: expect.arrayContaining([
          expect.objectContaining({
            type: "MemoryPressure",
            status: "True",
            lastTransitionTime: "2026-11-23T06:30:00Z",
          }),
        ]) as unknown,
      },
    });
    const pods = z
      .object({ items: z.array(z.object({ status: z.object({ phase: z.string(), reason: z.string().optional() }) })) })
      .parse(await objects(cluster, "/api/v1/pods")).items;
    expect(pods.filter(({ status }) => status.reason === "Evicted")).toHaveLength(2);
    const running = pods.filter(({ status }) => status.phase === "Running").length;
    now = BEFORE;
    const usual = JSON.stringify(await objects(cluster, "/api/v1/pods"));
    expect(usual.match(/"phase":"Running"/g)).toHaveLength(running);
    expect(usual).not.toContain("Evicted");
    fleet.endIncident(cluster.name, "node-pressure");
  });

  it("of a certificate say that it expired", async () => {
    const cluster = named("lab-gpu-1");
    fleet.startIncident(cluster.name, "certificate-expiry", { at: ONSET });
    now = AFTER;
    const path = "/apis/cert-manager.io/v1/namespaces/payments/certificates/payment-api-tls";
    expect(await objects(cluster, path)).toMatchObject({
      status: { notAfter: "2026-11-23T06:30:00Z", conditions: [{ type: "Ready", status: "False", reason: "Expired" }] },
    });
    now = BEFORE;
    expect(await objects(cluster, path)).toMatchObject({ status: { conditions: [{ status: "True" }] } });
    fleet.endIncident(cluster.name, "certificate-expiry");
  });
});

it("lets a call take long on its way while the service that answers is as quick as ever", async () => {
  const cluster = named("prod-west-1");
  fleet.startIncident(cluster.name, "network-delay", { at: ONSET });
  now = AFTER;
  expect(await traces(cluster, '{ name = "POST payment-api" && duration > 400ms }')).toBeGreaterThan(5);
  expect(await traces(cluster, '{ name = "POST /charge" && duration > 400ms }')).toBe(0);
  fleet.endIncident(cluster.name, "network-delay");
});

it("takes no incident that a cluster has nothing for", () => {
  expect(() => fleet.startIncident("prod-east-1", "gpu-xid-storm")).toThrow('"prod-east-1" lacks');
  expect(fleet.incident("prod-east-1", "gpu-xid-storm")).toBeNull();
  expect(() => fleet.startIncident("nobody", "memory-leak")).toThrow('no cluster "nobody"');
});
