import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { buildClientSchema, type GraphQLSchema, getIntrospectionQuery } from "graphql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rootFields, selectionsOf } from "../support/calls.ts";
import type { Answer } from "../support/graph.ts";
import { type NamespacedGraph, namespacedGraph } from "../support/namespaced.ts";
import type { Things } from "../support/things.ts";
import { until } from "../support/until.ts";

/** What each tool that reads is called with, so that it would tell of others if it could. */
const CALLS: Record<string, (theirs: Things) => Record<string, unknown>> = {
  list_clusters: () => ({}),
  get_cluster_status: () => ({}),
  query_metrics: () => ({ query: "count by (namespace, pod) (kube_pod_info)" }),
  get_metric_labels: () => ({}),
  query_logs: () => ({}),
  analyze_traces: () => ({}),
  get_trace: ({ trace }) => ({ traceId: trace }),
  get_alerts: () => ({}),
  list_pods: () => ({}),
  kubernetes_events: () => ({}),
  detect_anomalies: () => ({ query: "count by (namespace, pod) (kube_pod_info)", sensitivity: 1 }),
  find_root_cause: ({ alert }) => ({ alertId: alert }),
  explain_query: () => ({ language: "PROMQL", query: "sum by (pod) (rate(up[5m]))" }),
  get_gpu_summary: () => ({}),
  get_gpu_nodes: () => ({}),
  get_gpu_processes: () => ({}),
};
/** Of these, nothing that they say to anybody names a namespace or a thing of one here. */
const TELL_NONE = `list_clusters get_cluster_status get_metric_labels analyze_traces detect_anomalies find_root_cause explain_query
  get_gpu_summary get_gpu_processes`;
const QUESTIONS: ((theirs: Things) => string)[] = [
  ({ clusterName }) => `Which pods run on ${clusterName}?`,
  () => "Which pods in namespace shop are restarting?",
  () => "Which alerts are firing?",
  ({ clusterName }) => `Show the error logs of cart on ${clusterName}`,
  () => "Show slow traces of checkout",
  () => "Which events warn in namespace shop?",
  ({ clusterName }) => `Why is checkout slow on ${clusterName}?`,
  ({ clusterName }) => `What changed on ${clusterName} in the last 2 hours?`,
  () => "Memory of namespace shop in the last 2 hours",
  () => "Explain `sum by (pod) (rate(up[5m]))`",
  () => "Show `count by (namespace, pod) (kube_pod_info)`",
  () => "Which certificates expire soon?",
  () => "Are any nodes under memory pressure?",
  ({ clusterName }) => `Who is using the GPUs of ${clusterName}?`,
  () => "How busy are the GPUs?",
  ({ trace }) => `Show trace ${trace}`,
  ({ alert }) => `Acknowledge alert ${alert}`,
  ({ alert }) => `Why does the alert ${alert} fire?`,
];
/** Clusters' labels and settings are for all who see the clusters. */
const OF_CLUSTERS = /\\*"(?:team|lokiTenant|tempoTenant)\\*": ?\\*"shop\\*"/g;
const MESSAGE = `id status content error toolCalls { id name arguments argsHash status result { summary result error sources { query } } }
  toolResults { summary result operation variables } citations { query }`;
const ITEM = `kind text toolCall { name arguments result { summary result error } } message { ${MESSAGE} }`;

describe("Who sees only some namespaces, and has things done,", () => {
  let all: NamespacedGraph;
  let theirs: Things;
  let schema: GraphQLSchema;
  /** Of namespaces that are not to be seen, those that are no ordinary words. */
  let foreign: string[];
  const clients: Client[] = [];

  beforeAll(async () => {
    all = await namespacedGraph();
    ({ theirs } = all);
    const { data } = await all.ask(getIntrospectionQuery(), {}, all.ann);
    schema = buildClientSchema(data);
    const { cluster } = await done(`{ cluster(id: "${all.cluster}") { namespaces { name } } }`, {}, all.ann);
    foreign = cluster.namespaces.flatMap(({ name }: { name: string }) => (/^shop$|-/.test(name) ? [name] : []));
    expect(foreign).toEqual(expect.arrayContaining(["shop", "ai-serving"]));
  }, 120_000);
  afterAll(async () => {
    for (const client of clients) await client.close();
    await all.close();
  });

  const done = async (query: string, variables: object = {}, token = all.ned) => {
    const { data, errors } = await all.ask(query, variables, token);
    expect(errors, query).toBeUndefined();
    return data;
  };
  /** What tells of others; what one has said oneself is repeated. */
  const told = (answer: unknown, ...said: unknown[]): string[] => {
    const text = said
      .map((each) => JSON.stringify(each).slice(1, -1))
      .reduce((rest, each) => rest.replaceAll(each, ""), JSON.stringify(answer).replaceAll(OF_CLUSTERS, ""));
    const names = foreign.flatMap(
      (name) => new RegExp(`.{0,60}(?<![\\w-])${name}(?![\\w-]).{0,20}`).exec(text)?.[0] ?? [],
    );
    return [...all.told(text), ...names];
  };
  const connected = async (token: string): Promise<Client> => {
    const client = new Client({ name: "test", version: "1" });
    const requestInit = { headers: { authorization: `Bearer ${token}` } };
    await client.connect(new StreamableHTTPClientTransport(new URL("/mcp", all.graph.url), { requestInit }));
    clients.push(client);
    return client;
  };
  const itemsOf = async (stream: AsyncIterableIterator<Answer>): Promise<Answer[]> => {
    const items: Answer[] = [];
    for await (const item of stream) items.push(item);
    return items;
  };
  const codeOf = (stream: AsyncIterableIterator<Answer>): Promise<unknown> =>
    stream.next().then(
      ({ value }) => value?.errors?.[0]?.extensions["code"],
      (errors: Answer["errors"]) => errors?.[0]?.extensions["code"],
    );

  it("is told nothing of others by any tool over MCP, nor by what one left out, nor by a handle of who sees more", async () => {
    const [ned, ann] = [await connected(all.ned), await connected(all.ann)];
    const reading = (await ned.listTools()).tools.filter(({ annotations }) => annotations?.readOnlyHint);
    expect(reading.map(({ name }) => name).toSorted()).toEqual([...Object.keys(CALLS), "more_rows"].toSorted());
    const leaks: Record<string, string[]> = {};
    const silent: string[] = [];
    const more = (handle: string) => ({ name: "more_rows", arguments: { handle, offset: 0, limit: 200 } });
    for (const [name, of] of Object.entries(CALLS)) {
      const call = { name, arguments: of(theirs) };
      const [own, whole] = [await ned.callTool(call), await ann.callTool(call)];
      const handles = [own, whole].flatMap(
        ({ structuredContent }) => (structuredContent as { more?: { handle: string } | null }).more?.handle ?? [],
      );
      const rows = (client: Client) => Promise.all(handles.map((handle) => client.callTool(more(handle))));
      const said = Object.values(call.arguments);
      const found = told([own, await rows(ned)], ...said);
      if (found.length > 0) leaks[name] = found;
      if (told([whole, await rows(ann)], ...said).length === 0) silent.push(name);
    }
    expect(leaks).toEqual({});
    expect(silent.filter((name) => !TELL_NONE.split(/\s+/).includes(name))).toEqual([]);
  }, 120_000);

  it("has no resource of others over MCP", async () => {
    const listed = async (client: Client): Promise<unknown[]> => {
      const pages: unknown[] = [];
      for (let cursor: string | undefined = "clusters-1"; cursor; ) {
        const page = await client.listResources({ cursor });
        pages.push(...page.resources);
        cursor = page.nextCursor;
      }
      return pages;
    };
    const [ned, ann] = [await connected(all.ned), await connected(all.ann)];
    const own = await listed(ned);
    expect(JSON.stringify(own)).toContain("PayAlert");
    expect(told(own)).toEqual([]);
    expect(told(await listed(ann)).length).toBeGreaterThan(0);
    for (const { uri } of own as { uri: string }[]) expect(told(await ned.readResource({ uri })), uri).toEqual([]);
    for (const uri of [`aiops://alerts/${theirs.alert}`, `aiops://reports/${theirs.report}`]) {
      await expect(ned.readResource({ uri }), uri).rejects.toMatchObject({ code: -32002 });
      expect((await ann.readResource({ uri })).contents, uri).toHaveLength(1);
    }
  });

  it("is told nothing of others by the assistant, in its answers, its tools' results, or while it answers", async () => {
    const begin = `mutation { session: createChatSession(input: { title: "mine" }) { id } }`;
    const send = `mutation ($id: UUID!, $content: String!) { message: sendChatMessage(sessionId: $id, content: $content) { id } }`;
    const look = `query ($id: UUID!) { message: chatMessage(id: $id) { ${MESSAGE} } }`;
    const approve = `mutation ($messageId: UUID!, $callId: ID!, $argsHash: String!) {
      approveToolCall(messageId: $messageId, callId: $callId, argsHash: $argsHash) { id } }`;
    interface Message {
      id: string;
      status: string;
      toolCalls: { id: string; argsHash: string; status: string }[];
    }
    const ended = (id: string, token: string): Promise<Message> =>
      until(
        "it is answered",
        async () => {
          const { message } = await done(look, { id }, token);
          return message.status === "RUNNING" ? null : message;
        },
        60_000,
      );
    const asked = async (question: string, token: string): Promise<unknown[]> => {
      const { session } = await done(begin, {}, token);
      const stream = all.graph.subscribe(
        `subscription ($id: UUID!) { chatMessage(sessionId: $id) { ${ITEM} } }`,
        session,
        { token },
      );
      const heard: unknown[] = [];
      const hearing = (async () => {
        for await (const item of stream) heard.push(item);
      })();
      const answers: unknown[] = [];
      for (const content of [question, "more"]) {
        const { message } = await done(send, { ...session, content }, token);
        let answer = await ended(message.id, token);
        for (const { id: callId, argsHash, status } of answer.toolCalls)
          if (status === "PENDING_APPROVAL") await all.ask(approve, { messageId: message.id, callId, argsHash }, token);
        answer = await ended(message.id, token);
        answers.push(answer);
      }
      await until("it was told", () => JSON.stringify(heard).split('"COMPLETE"').length > 2);
      await stream.return?.();
      await hearing;
      return [...answers, heard, await done(`query ($id: UUID!) { exportChatSession(id: $id) }`, session, token)];
    };
    const leaks: Record<string, string[]> = {};
    let telling = 0;
    for (const of of QUESTIONS) {
      const question = of(theirs);
      const words = question.split(/[\s?]+/).filter((word) => told([word]).length > 0);
      const said = [question, ...words];
      const [own, whole] = await Promise.all([asked(question, all.ned), asked(question, all.ann)]);
      if (told(own, ...said).length > 0) leaks[question] = told(own, ...said);
      if (told(whole, ...said).length > 0) telling += 1;
    }
    expect(leaks).toEqual({});
    expect(telling).toBeGreaterThan(QUESTIONS.length / 2);
  }, 300_000);

  it("follows no conversation, search or report of others, as if there were none", async () => {
    for (const [field, argument, id, code] of [
      ["chatMessage", "sessionId", theirs.session, "CHAT_SESSION_NOT_FOUND"],
      ["rootCauseProgress", "id", theirs.analysis, "ANALYSIS_NOT_FOUND"],
      ["reportProgress", "id", theirs.report, "REPORT_NOT_FOUND"],
    ]) {
      const document = `subscription ($id: UUID!) { ${field}(${argument}: $id) { __typename } }`;
      expect(await codeOf(all.graph.subscribe(document, { id }, { token: all.ned })), field).toBe(code);
      // A conversation that is over says nothing more.
      if (field !== "chatMessage")
        expect(await codeOf(all.graph.subscribe(document, { id }, { token: all.ann })), field).toBeUndefined();
    }
  });

  it("follows searches and reports of one's own, which tell of nobody else's", async () => {
    const { alerts } = await done(`{ alerts(filter: { alertnames: ["PayAlert"] }) { items { id } } }`);
    const progress = async (field: string, id: string, token: string): Promise<unknown[]> => {
      const root = rootFields(schema, "subscription").find(({ name }) => name === field);
      if (!root) throw new Error(`There is no ${field}.`);
      // All at once, or the later ones would begin when it is over.
      const streams = selectionsOf(root.type, 4).map((selection) =>
        itemsOf(
          all.graph.subscribe(`subscription ($id: UUID!) { item: ${field}(id: $id) ${selection} }`, { id }, { token }),
        ),
      );
      return (await Promise.all(streams)).flat();
    };
    const started = async (mutation: string, token: string): Promise<string> =>
      (await done(`mutation { made: ${mutation} { id } }`, {}, token)).made.id;
    const of = `clusterIds: ["${all.cluster}"]`;
    const works: [string, string][] = [
      ["rootCauseProgress", `findRootCause(input: { alertId: "${alerts.items[0].id}" })`],
      ["rootCauseProgress", `findRootCause(input: { clusterId: "${all.cluster}" })`],
      ["rootCauseProgress", `findRootCause(input: { clusterId: "${all.cluster}", namespace: "shop" })`],
      ...["EXECUTIVE_SUMMARY", "DETAILED_ANALYSIS", "CAPACITY_PLAN"].map((type): [string, string] => [
        "reportProgress",
        `generateReport(input: { reportType: ${type}, format: JSON, ${of} })`,
      ]),
    ];
    let telling = 0;
    for (const [field, mutation] of works) {
      const [own, whole] = await Promise.all(
        [all.ned, all.ann].map(async (token) => progress(field, await started(mutation, token), token)),
      );
      const text = JSON.stringify(own);
      expect(text, mutation).toMatch(/"status":"(COMPLETE|READY)"/);
      const said = mutation.includes('"shop"') ? ["shop"] : [];
      expect(told(own, ...said), mutation).toEqual([]);
      if (told(whole, ...said).length > 0) telling += 1;
    }
    expect(telling).toBeGreaterThan(2);
  }, 120_000);
});
