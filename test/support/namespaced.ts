import { randomUUID } from "node:crypto";
import type { DemoFleet } from "../../demo/fleet.ts";
import { type BusEvent, EVENTS, type EventType } from "../../subgraphs/shared/kernel/bus/events.ts";
import { notification } from "./alerts.ts";
import { enrolledFleet } from "./demo.ts";
import { type Answer, startGraph, type TestGraph } from "./graph.ts";
import { type Things, thingsOf } from "./things.ts";

const ANN = "ann-token-of-the-test";
const NED = "ned-token-of-the-test";
export const PAY = { namespaces: ["pay*"] };
const AIOPS_API_TOKENS = JSON.stringify([
  { token: ANN, user: "ann", roles: ["admin"] },
  { token: NED, user: "ned", roles: ["admin"], scope: PAY },
]);
const cost = { operation: 1_000_000_000, minute: 1_000_000_000 };
const AIOPS_LIMITS = JSON.stringify({ cost: { viewer: cost, operator: cost, admin: cost } });

/** A fleet in whose clusters somebody sees only some namespaces, and what names things of the others. */
export interface NamespacedGraph {
  graph: TestGraph;
  fleet: DemoFleet;
  /** Sees all. */
  ann: string;
  /** Sees only what is of namespaces that begin with "pay", and may do everything there. */
  ned: string;
  cluster: string;
  /** Of the namespace "shop", or of none, or made by who sees all. */
  theirs: Things;
  /** As who sees only some, unless another token is given. */
  ask(query: string, variables?: object, token?: string): Promise<Answer>;
  /** Of one who sees so much. */
  tokenOf(scope: { namespaces: string[] }): Promise<string>;
  /** What a text tells of what is not to be seen. */
  told(text: string): string[];
  /** An event of the cluster. */
  publish(type: EventType, namespace: string | null, payload: Record<string, unknown>): Promise<unknown>;
  /** An alert fires in the cluster. @returns its id */
  deliver(alertname: string, labels: Record<string, string>): Promise<string>;
  close(): Promise<void>;
}

export async function namespacedGraph(env: Record<string, string> = {}): Promise<NamespacedGraph> {
  const graph = await startGraph({ mode: "in one process", env: { AIOPS_API_TOKENS, AIOPS_LIMITS, ...env } });
  const fleet = await enrolledFleet(graph, { clusters: 3 });
  const ask = (query: string, variables: object = {}, token = NED): Promise<Answer> =>
    graph.ask(query, { ...variables }, { token });
  const { data } = await ask(`{ clusters { items { id name } } gpuNodes { items { clusterName } } }`, {}, ANN);
  const name: string = data.gpuNodes.items[0].clusterName;
  const cluster: string = data.clusters.items.find((item: { name: string }) => item.name === name).id;
  const found = await thingsOf(graph, { id: cluster, name, token: ANN });
  const traced = await ask(
    `query ($id: UUID!) { traces(query: { traceql: "{ resource.k8s.namespace.name = \\"shop\\" }", clusterIds: [$id] }) { traces { traceId } } }`,
    { id: cluster },
    ANN,
  );
  const theirs: Things = { ...found, trace: traced.data.traces.traces[0].traceId };

  async function deliver(alertname: string, labels: Record<string, string>): Promise<string> {
    const made = await ask(
      `mutation ($id: UUID!) { createAlertWebhook(clusterId: $id) { path } }`,
      { id: cluster },
      ANN,
    );
    await fetch(`${graph.routesUrl("observability")}${made.data.createAlertWebhook.path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(
        notification([{ labels: { alertname, severity: "critical", ...labels }, startsAt: new Date() }]),
      ),
    });
    const found = await ask(
      `query ($name: String!) { alerts(filter: { alertnames: [$name] }) { items { id } } }`,
      { name: alertname },
      ANN,
    );
    return found.data.alerts.items[0].id;
  }
  await deliver("PayAlert", { namespace: "payments", pod: "payment-api-0" });
  const nodeAlert = await deliver("NodeAlert", { node: "a-node" });

  const { data: running } = await ask(
    `query ($id: UUID!) { cluster(id: $id) { pods(pageSize: 100) { items { namespace name } } } }`,
    { id: cluster },
    ANN,
  );
  const pods: { namespace: string; name: string }[] = running.cluster.pods.items;
  const { alert, anomaly, rule, watch, silence, gpu, session, message, report, schedule, analysis } = theirs;
  const secrets = [
    ...pods.flatMap((pod) => (pod.namespace.startsWith("pay") ? [] : [pod.name])),
    ...Object.values({ alert, anomaly, rule, watch, silence, gpu, session, message, report, schedule, analysis }),
    nodeAlert,
    `AlertOf-${name}`,
    "NodeAlert",
    `pod-of-${name}`,
    '"namespace":"shop"',
  ];
  const publish = (event_type: EventType, namespace: string | null, payload: Record<string, unknown>) =>
    graph.platform.bus.publish(EVENTS, {
      event_id: randomUUID(),
      event_type,
      tenant_id: "default",
      cluster_id: cluster,
      namespace,
      timestamp: new Date().toISOString(),
      payload,
    } satisfies BusEvent);
  return {
    graph,
    fleet,
    ann: ANN,
    ned: NED,
    cluster,
    theirs,
    ask,
    deliver,
    publish,
    told: (text) => secrets.filter((secret) => text.includes(secret)),
    async tokenOf(scope) {
      const made = await ask(
        `mutation ($input: ApiTokenInput!) { createApiToken(input: $input) { token } }`,
        { input: { name: "narrow", expiresIn: "1h", scope } },
        ANN,
      );
      return made.data.createApiToken.token;
    },
    async close() {
      await graph[Symbol.asyncDispose]();
      await fleet.close();
    },
  };
}
