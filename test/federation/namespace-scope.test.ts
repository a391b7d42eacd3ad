import { randomUUID } from "node:crypto";
import { buildClientSchema, type GraphQLSchema, getIntrospectionQuery } from "graphql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { callOf, type OperationKind, requiredValues, rootFields, selectionsOf } from "../support/calls.ts";
import type { Answer } from "../support/graph.ts";
import { type NamespacedGraph, namespacedGraph } from "../support/namespaced.ts";
import type { Things } from "../support/things.ts";

/** What is about whole clusters, or of none: refused to who sees only some namespaces. What is not named here tells nothing of others. */
const CLOSED: Record<OperationKind, string> = {
  query: `alertWebhooks auditLog deletedClusters fleetCapabilities fleetSummary gpu gpuHealthEvents gpuHeatmap gpuNode gpuNodes
    gpuProcesses gpuSummary gpuWaste liveSubscriptions metricMetadata node traceOperations traceServices traceTags traceTagValues`,
  mutation: `closeSubscription createAlertWebhook deleteCluster deleteClusterCredentials importFromHub importKubeconfig purgeCluster
    refreshCluster registerCluster restoreCluster revokeAlertWebhook rotateClusterCredentials rotateEncryptionKeys
    setClusterCredentials setGpuExec updateCluster validateClusterCredentials`,
  subscription: "gpuFleet gpuHealthChanged gpuUpdated reportGenerated rootCauseCompleted traceReceived",
};
const STREAMS = `activeAlerts alertChanged anomalyDetected chatMessage clusterHealth clusterStatusChanged events logTail metricStream
  metricUpdated reportProgress rootCauseProgress`;
const closed = (kind: OperationKind): string[] => CLOSED[kind].split(/\s+/);

/** What a field is asked with, so that it would show everything if it could. */
const ASKED: Record<string, (cluster: string, theirs: Things) => Record<string, unknown>> = {
  cluster: (id) => ({ id }),
  alert: (_, { alert }) => ({ id: alert }),
  anomaly: (_, { anomaly }) => ({ id: anomaly }),
  rootCauseAnalysis: (_, { analysis }) => ({ id: analysis }),
  report: (_, { report }) => ({ id: report }),
  detectionRule: (_, { rule }) => ({ id: rule }),
  chatSession: (_, { session }) => ({ id: session }),
  exportChatSession: (_, { session }) => ({ id: session }),
  chatMessage: (_, { message }) => ({ id: message }),
  trace: (_, { trace }) => ({ traceId: trace }),
  alerts: () => ({ filter: { states: ["FIRING", "PENDING", "RESOLVED"] }, pageSize: 100 }),
  alertGroups: () => ({ by: ["NAMESPACE", "ALERTNAME"] }),
  logs: () => ({ query: { query: '{namespace=~".+"}' } }),
  logLabelValues: () => ({ label: "pod" }),
  logMetrics: () => ({ query: { query: 'sum by (namespace, pod) (count_over_time({namespace=~".+"}[5m]))' } }),
  logSeries: () => ({ match: '{namespace=~".+"}' }),
  metrics: () => ({ query: { query: 'count by (namespace, pod) ({__name__=~"kube_pod_info|up"})' } }),
  explainMetrics: () => ({ query: { query: "up" } }),
  metricLabelValues: () => ({ label: "pod" }),
  metricSeries: () => ({ matchers: ["kube_pod_info"] }),
  previewSilence: (id) => ({ input: { matchers: ['severity="critical"'], clusterIds: [id] } }),
  eventHistory: () => ({ first: 1000 }),
};
const SELECTED: Record<string, string[]> = {
  clusters: ["{ items { pods { items { name alerts { id } } } kubernetesEvents { items { message pod { name } } } } }"],
  eventHistory: ["{ items { event { namespace payload } } }"],
};
/** Of what even an administrator may be told nothing by which a namespace could be known; what is there by its id is proven apart. */
const TELLS_NONE = `anomaly apiTokens availableModels detectionRule explainMetrics fleetHealth logLabels metricLabels metricRules persona personas pod
  report streamingStatus tools`;

describe("Of namespaces out of scope", () => {
  let all: NamespacedGraph;
  let schema: GraphQLSchema;
  let theirs: Things;

  beforeAll(async () => {
    all = await namespacedGraph();
    ({ theirs } = all);
    await all.publish("ALERT_FIRED", "shop", { alert_id: theirs.alert, alertname: "NodeAlert" });
    await all.publish("METRIC_UPDATE", null, { watch_id: theirs.watch });
    const { data } = await all.ask(getIntrospectionQuery(), {}, all.ann);
    schema = buildClientSchema(data);
  }, 120_000);
  afterAll(() => all.close());

  it("nothing is said by any list, lookup, count or join, where who sees all is told", async () => {
    const leaks: Record<string, string[]> = {};
    const silent: string[] = [];
    for (const field of rootFields(schema, "query").filter(({ name }) => !closed("query").includes(name))) {
      const values = requiredValues(field, ASKED[field.name]?.(all.cluster, theirs) ?? {});
      const said = Object.values(values).filter((value) => typeof value === "string");
      let isTold = false;
      for (const selection of SELECTED[field.name] ?? selectionsOf(field.type, 3)) {
        const { document, variables } = callOf("query", field, values, selection);
        const [own, whole] = [await all.ask(document, variables), await all.ask(document, variables, all.ann)];
        const codes = (own.errors ?? []).map(({ extensions }) => extensions["code"]);
        expect(codes, field.name).not.toContain("LIMIT_EXCEEDED");
        const found = all.told(without(said, JSON.stringify(own)));
        if (found.length > 0) leaks[`${field.name} ${selection.slice(0, 100)}`] = found;
        isTold ||= all.told(without(said, JSON.stringify(whole.data ?? null))).length > 0;
      }
      if (!isTold) silent.push(field.name);
    }
    expect(leaks).toEqual({});
    expect(silent.filter((name) => !TELLS_NONE.split(/\s+/).includes(name))).toEqual([]);
  }, 300_000);

  it.each<[string, keyof Things]>([
    ["alert", "alert"],
    ["anomaly", "anomaly"],
    ["detectionRule", "rule"],
    ["report", "report"],
    ["rootCauseAnalysis", "analysis"],
    ["chatSession", "session"],
    ["chatMessage", "message"],
  ])("no %s is there by its id, as if it were none", async (field, what) => {
    const query = `query ($id: UUID!) { found: ${field}(id: $id) { id } }`;
    const [own, none, whole] = [
      await all.ask(query, { id: theirs[what] }),
      await all.ask(query, { id: randomUUID() }),
      await all.ask(query, { id: theirs[what] }, all.ann),
    ];
    expect(own.data?.found ?? null).toBeNull();
    expect(own.errors?.[0]?.extensions["code"]).toBe(none.errors?.[0]?.extensions["code"]);
    expect(whole.data.found.id).toBe(theirs[what]);
  });

  it("no count counts anything, and what is one's own is counted", async () => {
    await all.ask(`mutation ($id: UUID!) { refreshCluster(id: $id) { id } }`, { id: all.cluster }, all.ann);
    const query = `{ alerts { total } anomalies { total } rootCauseAnalyses { total } reports { total } detectionRules { total }
      metricWatches { total } reportSchedules { total } chatSessions { total } silences { total } incidents { total }
      clusters { total items { id alertCounts { total } capabilities { gpuCount } proposedEndpoints { url }
        namespaces { name } pods { total items { namespace node { name } } } kubernetesEvents { total items { namespace } } } } }`;
    const [{ data: own }, { data: whole }] = [await all.ask(query), await all.ask(query, {}, all.ann)];
    const { alerts, incidents, clusters, ...rest } = own;
    expect(Object.values(rest)).toEqual(Object.values(rest).map(() => ({ total: 0 })));
    expect(alerts.total).toBeGreaterThan(0);
    expect(alerts.total).toBeLessThan(whole.alerts.total);
    expect(incidents.total).toBeLessThan(whole.incidents.total);
    expect(clusters.total).toBe(whole.clusters.total);
    const counted = clusters.items.reduce((sum: number, { alertCounts }: Counted) => sum + alertCounts.total, 0);
    expect(counted).toBe(alerts.total);
    for (const cluster of clusters.items as Counted[]) {
      expect(cluster).toMatchObject({ capabilities: null, proposedEndpoints: [] });
      expect(cluster.namespaces.every(({ name }) => name.startsWith("pay"))).toBe(true);
      const inside = [...cluster.pods.items, ...cluster.kubernetesEvents.items];
      expect(inside.every(({ namespace }) => namespace.startsWith("pay"))).toBe(true);
      expect(cluster.pods.items.every(({ node }) => node === null)).toBe(true);
    }
    const podsOf = (items: Counted[]): number => items.reduce((sum, { pods }) => sum + pods.total, 0);
    expect(podsOf(clusters.items)).toBeGreaterThan(0);
    expect(podsOf(clusters.items)).toBeLessThan(podsOf(whole.clusters.items));
    expect(whole.clusters.items.some((cluster: Counted) => cluster.capabilities !== null)).toBe(true);
  });

  const QUERIES: [string, string, string][] = [
    ["metrics", "query", 'count by (namespace) ({__name__=~"kube_pod_info|kube_pod_status_phase"})'],
    ["metrics", "query", 'count by (namespace) (kube_pod_info{namespace!~"pay.*"} or kube_pod_info)'],
    ["metrics", "query", 'count by (was) (label_replace(kube_pod_info, "was", "$1", "namespace", "(.*)"))'],
    ["metrics", "query", "count by (namespace) (max_over_time(kube_pod_info[10m:1m] offset 1m))"],
    ["logMetrics", "query", 'sum by (namespace) (count_over_time({namespace=~".+"}[5m]))'],
    [
      "logMetrics",
      "query",
      'sum by (namespace) (rate({pod=~".+"}[5m])) / sum by (namespace) (rate({namespace=~"shop|pay.*"}[5m]))',
    ],
  ];
  it.each(QUERIES)("%s reads no series of them, whatever its %s does: %s", async (field, _, query) => {
    const document = `query ($query: String!) { found: ${field}(query: { query: $query }) { results { data { metric } } } }`;
    const namespacesFor = async (token: string): Promise<Set<string>> => {
      const { data } = await all.ask(document, { query }, token);
      type Result = { data: { metric: Record<string, string> }[] };
      return new Set(
        (data.found.results as Result[]).flatMap((result) =>
          result.data.flatMap(({ metric }) => Object.values(metric)),
        ),
      );
    };
    const [own, whole] = [await namespacesFor(all.ned), await namespacesFor(all.ann)];
    expect([...own].filter((name) => !name.startsWith("pay"))).toEqual([]);
    expect(own.size).toBeGreaterThan(0);
    expect([...whole].some((name) => !name.startsWith("pay"))).toBe(true);
  });

  it.each(["PER_CLUSTER", "GLOBAL"])("a plan shows what is really sent: %s", async (scope) => {
    const query = { query: 'avg(kube_pod_info{pod!="none"})', scope };
    const PLAN = `query ($query: MetricQueryInput!) { plan: explainMetrics(query: $query) { combination { leaves } targets { queries } } }`;
    const METRICS = `query ($query: MetricQueryInput!) { metrics(query: $query) { clustersSucceeded global { combination { leaves { expression } } } } }`;
    const { data: own } = await all.ask(PLAN, { query });
    all.fleet.resetRequests();
    const { data: answer } = await all.ask(METRICS, { query });
    expect(answer.metrics.clustersSucceeded).toBe(3);
    const sent = new Set(all.fleet.requests().flatMap(({ params }) => params["query"] ?? []));
    const planned = new Set(own.plan.targets.flatMap(({ queries }: { queries: string[] }) => queries));
    expect(planned).toEqual(sent);
    expect([...sent].every((each) => each.includes('namespace=~"pay.*"'))).toBe(true);
    if (scope === "GLOBAL") {
      expect(new Set(own.plan.combination.leaves)).toEqual(sent);
      const leaves: { expression: string }[] = answer.metrics.global.combination.leaves;
      expect(new Set(leaves.map(({ expression }) => expression))).toEqual(sent);
    }
    const { data: whole } = await all.ask(PLAN, { query }, all.ann);
    expect(JSON.stringify(whole)).not.toContain("namespace");
    const { errors } = await all.ask(PLAN, { query: { query: "info(up)" } });
    expect(errors?.[0]?.extensions["code"]).toBe("FORBIDDEN");
  });

  it("a trace that went through several shows only one's own spans, and is none where it has none", async () => {
    const spansOf = async (traceId: string, token: string): Promise<string[]> => {
      const query = `query ($id: ID!) { trace(traceId: $id) { status trace { spans { resource } } } }`;
      const { data } = await all.ask(query, { id: traceId }, token);
      type Span = { resource: Record<string, string> };
      return (data.trace.trace?.spans ?? []).map(({ resource }: Span) => resource["k8s.namespace.name"] ?? "");
    };
    const search = `{ traces(query: { traceql: "{ }", limit: 50 }) { traces { traceId spanCount serviceGraph { nodes { service } } } } }`;
    const [own, whole] = [await all.ask(search), await all.ask(search, {}, all.ann)];
    expect(own.errors).toBeUndefined();
    expect(own.data.traces.traces.length).toBeGreaterThan(0);
    type Found = { traceId: string; spanCount: number };
    let mixed = 0;
    for (const { traceId, spanCount } of own.data.traces.traces.slice(0, 5) as Found[]) {
      const spans = await spansOf(traceId, all.ned);
      expect(spans).toEqual(Array.from({ length: spanCount }, () => "payments"));
      if ((await spansOf(traceId, all.ann)).some((namespace) => namespace !== "payments")) mixed += 1;
    }
    expect(mixed).toBeGreaterThan(0);
    const seen = new Set((own.data.traces.traces as Found[]).map(({ traceId }) => traceId));
    for (const { traceId } of (whole.data.traces.traces as Found[])
      .filter((trace) => !seen.has(trace.traceId))
      .slice(0, 5)) {
      const namespaces = await spansOf(traceId, all.ann);
      if (!namespaces.includes("payments")) expect(await spansOf(traceId, all.ned)).toEqual([]);
    }
  });

  it("a question about whole traces, and one that reads what it does not name, is refused", async () => {
    const codes = async (query: string) => (await all.ask(query)).errors?.map(({ extensions }) => extensions["code"]);
    const refused = await all.ask(`{ traces(query: { minDurationMs: 1 }) { outcomes { status error { code } } } }`);
    expect(JSON.stringify(refused)).toContain("FORBIDDEN");
    expect(await codes(`{ cluster(id: "${all.cluster}") { gpuSummary { __typename } } }`)).toEqual(["FORBIDDEN"]);
    const audit = await fetch(`${all.graph.url}/audit.jsonl`, { headers: { authorization: `Bearer ${all.ned}` } });
    expect(audit.status).toBe(403);
  });

  it("each other root field is refused", async () => {
    for (const kind of ["query", "mutation"] as const) {
      const refused: string[] = [];
      for (const field of rootFields(schema, kind)) {
        const { document, variables } = callOf(kind, field, requiredValues(field, {}));
        const { errors = [] } = await all.ask(document, variables);
        if (isRefusal(errors[0], field.name)) refused.push(field.name);
      }
      expect(refused.toSorted(), kind).toEqual(closed(kind).toSorted());
    }
    const streams = rootFields(schema, "subscription");
    const names = [...closed("subscription"), ...STREAMS.split(/\s+/)];
    expect(streams.map(({ name }) => name).toSorted()).toEqual(names.toSorted());
    for (const field of streams.filter(({ name }) => closed("subscription").includes(name))) {
      const { document, variables } = callOf("subscription", field, requiredValues(field, {}));
      const [error] = await all.graph
        .subscribe(document, variables, { token: all.ned })
        .next()
        .then(
          ({ value }) => (value as Answer).errors ?? [],
          (errors: unknown) => errors as NonNullable<Answer["errors"]>,
        );
      expect(isRefusal(error, field.name), field.name).toBe(true);
    }
  }, 120_000);
});

const isRefusal = (error: NonNullable<Answer["errors"]>[number] | undefined, field: string): boolean =>
  error?.extensions["code"] === "FORBIDDEN" && error.message.startsWith(`${field} is not told by namespace`);

interface Counted {
  alertCounts: { total: number };
  capabilities: unknown;
  namespaces: { name: string }[];
  pods: { total: number; items: { namespace: string; node: unknown }[] };
  kubernetesEvents: { items: { namespace: string }[] };
}

const without = (said: readonly unknown[], text: string): string =>
  said.reduce<string>((rest, each) => rest.replaceAll(String(each), ""), text);
