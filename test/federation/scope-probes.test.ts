import { buildClientSchema, type GraphQLSchema, getIntrospectionQuery } from "graphql";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { DemoFleet } from "../../demo/fleet.ts";
import { openToolbox } from "../../subgraphs/intelligence/tools/index.ts";
import type { Identity } from "../../subgraphs/shared/kernel/auth-context.ts";
import { callOf, requiredValues, rootFields, selectionsOf } from "../support/calls.ts";
import { enrolledFleet } from "../support/demo.ts";
import { type Answer, startGraph, type TestGraph } from "../support/graph.ts";
import { describeModes } from "../support/modes.ts";
import { type Things, thingsOf } from "../support/things.ts";
import { RULES } from "./permission-rules.ts";

const ANN = "ann-token-of-the-test";
const SAM = "sam-token-of-the-test";
const LAB: Identity = {
  user: "sam",
  groups: [],
  roles: ["admin"],
  tenant: "default",
  scope: { environments: ["LAB"] },
};
const AIOPS_API_TOKENS = JSON.stringify([
  { token: ANN, user: "ann", roles: ["admin"] },
  { token: SAM, user: LAB.user, roles: LAB.roles, scope: LAB.scope },
]);
const cost = { operation: 1_000_000_000, minute: 1_000_000_000 };
const AIOPS_LIMITS = JSON.stringify({ cost: { viewer: cost, operator: cost, admin: cost } });

/** What a list is asked with, so that it would show everything if it could. */
const ASKED: Record<string, (theirs: Things) => Record<string, unknown>> = {
  alerts: () => ({ filter: { states: ["FIRING", "PENDING", "RESOLVED"] }, pageSize: 100 }),
  alertGroups: () => ({ by: ["CLUSTER"] }),
  logs: () => ({ query: { query: '{namespace=~".+"}' } }),
  logMetrics: () => ({ query: { query: 'sum by (namespace) (count_over_time({namespace=~".+"}[5m]))' } }),
  logSeries: () => ({ match: '{namespace=~".+"}' }),
  metricSeries: () => ({ matchers: ["up"] }),
  previewSilence: () => ({ input: { matchers: ['severity="critical"'] } }),
  eventHistory: () => ({ first: 1000 }),
  auditLog: () => ({ pageSize: 100 }),
  trace: ({ trace }) => ({ traceId: trace }),
};
/** To a depth where the joins of a list's items have answers of their own. */
const DEPTH: Record<string, number> = {
  alerts: 5,
  anomalies: 5,
  rootCauseAnalyses: 5,
  incidents: 5,
  eventHistory: 5,
};
/** Of which there is nothing here, or by which no cluster could be known. */
const TELLS_NONE = "fleetCapabilities deletedClusters streamingStatus gpuHealthEvents availableModels tools";
/** Each with what it names of a cluster that is not to be seen. */
const TOOL_CALLS: [string, (theirs: Things) => Record<string, unknown>][] = [
  ["list_clusters", () => ({})],
  ["query_metrics", () => ({ query: "count by (job) (up)" })],
  ["query_logs", () => ({})],
  ["analyze_traces", () => ({})],
  ["get_alerts", () => ({})],
  ["get_gpu_nodes", () => ({})],
  ["get_gpu_summary", () => ({})],
  ["list_pods", () => ({})],
  ["kubernetes_events", () => ({})],
  ["get_cluster_status", ({ cluster }) => ({ clusters: [cluster] })],
  ["query_metrics", ({ clusterName }) => ({ query: "up", clusters: [clusterName] })],
  ["get_trace", ({ trace }) => ({ traceId: trace })],
  ["find_root_cause", ({ alert }) => ({ alertId: alert })],
  ["acknowledge_alert", ({ alert }) => ({ alertId: alert })],
];

await describeModes("Of clusters out of scope", (mode) => {
  let graph: TestGraph;
  let fleet: DemoFleet;
  let schema: GraphQLSchema;
  let mine: Things;
  let theirs: Things;
  /** What names a cluster, or a thing of one, that is not to be seen. */
  let secrets: string[];

  beforeAll(async () => {
    graph = await startGraph({ mode, env: { AIOPS_API_TOKENS, AIOPS_LIMITS } });
    fleet = await enrolledFleet(graph, { clusters: 3 });
    const { data } = await ask(
      `{ clusters { items { id name displayName apiServerUrl } } gpuNodes { items { clusterName } } }`,
      {},
      ANN,
    );
    const withGpus: string[] = data.gpuNodes.items.map(({ clusterName }: { clusterName: string }) => clusterName);
    type Item = { id: string; name: string; displayName: string; apiServerUrl: string };
    const [foreign, own, third] = (data.clusters.items as Item[]).toSorted(
      (a, b) => Number(withGpus.includes(b.name)) - Number(withGpus.includes(a.name)),
    );
    if (!own || !foreign || !third) throw new Error("There are too few clusters.");
    await ask(`mutation ($id: UUID!) { updateCluster(id: $id, input: { environment: LAB }) { id } }`, own, ANN);
    // Theirs first, so that something of theirs is there before anything of one's own is.
    theirs = await thingsOf(graph, { ...foreign, token: ANN });
    mine = await thingsOf(graph, { ...own, token: SAM });
    secrets = [
      ...[foreign, third].flatMap(({ id, name, displayName, apiServerUrl }) => [id, name, displayName, apiServerUrl]),
      ...Object.values(theirs),
    ];
    const { data: introspected } = await ask(getIntrospectionQuery(), {}, ANN);
    schema = buildClientSchema(introspected);
  });
  afterAll(async () => {
    await graph[Symbol.asyncDispose]();
    await fleet.close();
  });

  const ask = (query: string, variables: object = {}, token = SAM): Promise<Answer> =>
    graph.ask(query, { ...variables }, { token });
  const told = (text: string): string[] => secrets.filter((secret) => text.includes(secret));

  it("no list, count, summary or join says anything, nor is any of them asked", async () => {
    const probes = rootFields(schema, "query")
      .filter(({ name, args }) => {
        const { reach } = RULES.query[name] ?? {};
        return reach !== "ALL" && reach !== "ONE" && !args.some((arg) => arg.name === "id" || arg.name === "uuid");
      })
      .flatMap((field) =>
        selectionsOf(field.type, DEPTH[field.name] ?? 4).map((selection, index) => ({
          name: `${field.name} ${index}`,
          field: field.name,
          ...callOf("query", field, requiredValues(field, ASKED[field.name]?.(theirs)), selection),
        })),
      );
    const leaks: Record<string, string[]> = {};
    const seen = new Set<string>();
    fleet.resetRequests();
    for (const { name, field, document, variables } of probes) {
      const answer = await ask(document, variables);
      const text = without(variables, answer);
      if (told(text).length > 0) leaks[name] = told(text);
      if (text.includes(mine.cluster) || text.includes(mine.clusterName)) seen.add(field);
    }
    expect(leaks).toEqual({});
    // They do say something: of one's own.
    expect(seen.size, [...seen].join()).toBeGreaterThan(20);
    expect(new Set(fleet.requests().map(({ cluster }) => cluster))).toEqual(new Set([mine.clusterName]));

    // Each of them is answered, and would have told.
    const unanswered: Record<string, unknown> = {};
    const telling = new Set<string>();
    for (const { name, field, document, variables } of probes) {
      const { data, errors } = await ask(document, variables, ANN);
      if ((data?.[field] ?? null) === null || errors) unanswered[name] = errors?.[0];
      if (told(without(variables, data)).length > 0) telling.add(field);
    }
    expect(unanswered).toEqual({});
    const silent = probes.map(({ field }) => field).filter((field) => !telling.has(field));
    expect(silent.filter((field) => !TELLS_NONE.split(" ").includes(field))).toEqual([]);
  }, 120_000);

  it("no summary counts them", async () => {
    const { data } = await ask(`{ clusters { total } fleetSummary { total } deletedClusters { total } alerts { total }
      rootCauseAnalyses { total } anomalies { total } reports { total } detectionRules { total } metricWatches { total }
      reportSchedules { total } chatSessions { total } apiTokens { total } silences { total } }`);
    const totals = Object.fromEntries(
      Object.entries(data).map(([name, value]) => [name, (value as { total: number }).total]),
    );
    expect(totals).toMatchObject({
      clusters: 1,
      fleetSummary: 1,
      deletedClusters: 0,
      rootCauseAnalyses: 1,
      anomalies: 1,
      reports: 1,
      detectionRules: 1,
      metricWatches: 1,
      reportSchedules: 1,
      chatSessions: 1,
      apiTokens: 1,
      silences: 1,
    });
  });

  it("nothing is told of by a conversation that is shared by who may see them", async () => {
    const { session, message, clusterName } = theirs;
    const before = (await ask(`{ chatSessions(filter: { sharedWithMe: true }) { total } }`)).data.chatSessions.total;
    const { errors } = await ask(
      `mutation ($id: UUID!) { shareChatSession(id: $id, input: { userId: "sam" }) { id } }`,
      { id: session },
      ANN,
    );
    expect(errors).toBeUndefined();
    const answers = [
      await ask(`query ($id: UUID!) { chatSession(id: $id) { id title } }`, { id: session }),
      await ask(`query ($id: UUID!) { exportChatSession(id: $id) }`, { id: session }),
      await ask(`query ($id: UUID!) { chatMessage(id: $id) { content } }`, { id: message }),
    ];
    expect(answers.map(({ errors: refused }) => refused?.[0]?.extensions["code"])).toEqual([
      "CHAT_SESSION_NOT_FOUND",
      "CHAT_SESSION_NOT_FOUND",
      expect.stringMatching(/^CHAT_(SESSION|MESSAGE)_NOT_FOUND$/),
    ]);
    const { data } = await ask(
      `query ($said: String) { shared: chatSessions(filter: { sharedWithMe: true }) { total items { id } }
        found: chatSessions(filter: { search: $said }) { total items { id } } }`,
      { said: clusterName },
    );
    expect(data).toEqual({ shared: { total: before, items: [] }, found: { total: 0, items: [] } });
  });

  it("no tool of the assistant finds anything", async () => {
    const toolbox = openToolbox(graph.platform.graph);
    const leaks: unknown[] = [];
    fleet.resetRequests();
    for (const [name, of] of TOOL_CALLS) {
      const given = of(theirs);
      const outcome = await toolbox.call(name, given, {
        identity: LAB,
        clusters: null,
        requestId: "test",
        signal: AbortSignal.timeout(30_000),
        now: new Date(),
      });
      let text = JSON.stringify(outcome);
      // What one has said oneself is repeated.
      for (const value of Object.values(given).flat()) text = text.replaceAll(String(value), "");
      if (told(text).length > 0) leaks.push({ name, given, told: told(text) });
    }
    expect(leaks).toEqual([]);
    expect([...new Set(fleet.requests().map(({ cluster }) => cluster))]).toEqual([mine.clusterName]);
  }, 60_000);
});

/** What one has said oneself is repeated. */
const without = (said: object, answer: unknown): string =>
  Object.values(said).reduce<string>(
    (rest, value) => (typeof value === "string" ? rest.replaceAll(value, "") : rest),
    JSON.stringify(answer ?? null),
  );
