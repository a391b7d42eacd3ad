import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { DemoFleet } from "../../demo/fleet.ts";
import { openToolbox } from "../../subgraphs/intelligence/tools/index.ts";
import { REDACTED } from "../../subgraphs/intelligence/tools/redaction.filter.ts";
import type { ToolFinding, ToolOutcome } from "../../subgraphs/intelligence/tools/tool.contract.ts";
import type { Toolbox } from "../../subgraphs/intelligence/tools/toolbox.service.ts";
import type { Identity } from "../../subgraphs/shared/kernel/auth-context.ts";
import { ADMIN, enrolledFleet } from "../support/demo.ts";
import { startGraph, type TestGraph } from "../support/graph.ts";
import { until } from "../support/until.ts";

const [HUB, EDGE, EAST, WEST] = ["hub-eu-1", "edge-berlin-1", "prod-east-1", "prod-west-1"];
/** Sees the hub alone, and changes nothing. */
const SAM: Identity = {
  user: "sam",
  groups: [],
  roles: ["viewer"],
  tenant: "default",
  scope: { labelSelector: "tier=hub" },
};

describe("The assistant's tools", () => {
  let graph: TestGraph;
  let fleet: DemoFleet;
  let toolbox: Toolbox;
  let ids: Record<string, string>;

  interface Asked {
    identity?: Identity;
    clusters?: readonly string[] | null;
  }
  const call = (
    name: string,
    args: Record<string, unknown> = {},
    { identity = ADMIN, clusters = null }: Asked = {},
  ): Promise<ToolOutcome> => {
    const { signal } = new AbortController();
    return toolbox.call(name, args, { identity, clusters, requestId: "test", signal, now: new Date() });
  };
  async function found(name: string, args: Record<string, unknown> = {}, asked: Asked = {}): Promise<ToolFinding> {
    const { finding, error } = await call(name, args, asked);
    if (!finding) throw new Error(`${name}: ${error?.code} ${error?.message}`);
    return finding;
  }
  const refusal = async (name: string, args: Record<string, unknown>, asked: Asked = {}): Promise<string | undefined> =>
    (await call(name, args, asked)).error?.code;
  const listOf = <T = Record<string, unknown>>({ result }: ToolFinding, name: string): T[] => result[name] as T[];
  beforeAll(async () => {
    graph = await startGraph({
      mode: "in one process",
      jobs: true,
      env: { AIOPS_ALERT_POLL_MS: "500", AIOPS_GPU_POLL_MS: "500", AIOPS_UPSTREAM_REST_MS: "50" },
    });
    fleet = await enrolledFleet(graph, { clusters: 6 });
    toolbox = openToolbox(graph.platform.graph);
    const { data } = await graph.ask(`{ clusters(pageSize: 100) { items { id name } } }`);
    ids = Object.fromEntries(data.clusters.items.map(({ id, name }: { id: string; name: string }) => [name, id]));
    await until(
      "every cluster's alerts",
      async () => {
        const { notSure, total } = (await found("get_alerts", { limit: 1 })).result;
        return notSure === undefined && Number(total) > 0;
      },
      30_000,
    );
  });
  afterAll(async () => {
    await graph[Symbol.asyncDispose]();
    await fleet.close();
  });
  beforeEach(() => fleet.resetRequests());

  it("each find something, small, with what it stands on and how to ask it again", async () => {
    const [alert] = listOf<{ id: string }>(await found("get_alerts"), "alerts");
    const [trace] = listOf<{ traceId: string }>(await found("analyze_traces"), "slowest");
    const calls: Record<string, Record<string, unknown>> = {
      list_clusters: {},
      get_cluster_status: {},
      query_metrics: { query: "sum by (namespace) (rate(container_cpu_usage_seconds_total[5m]))", range: "1h" },
      get_metric_labels: { label: "__name__", match: '{__name__=~"DCGM_.+"}' },
      analyze_traces: { errorsOnly: true },
      get_trace: { traceId: trace?.traceId },
      query_logs: { namespace: "shop", level: "error" },
      get_alerts: {},
      get_gpu_nodes: {},
      get_gpu_summary: {},
      list_pods: {},
      kubernetes_events: { warningsOnly: true },
      detect_anomalies: { query: "sum by (namespace) (container_memory_working_set_bytes)" },
      find_root_cause: { alertId: alert?.id },
    };
    for (const [name, args] of Object.entries(calls)) {
      const { summary, result, sources, full, table, operation } = await found(name, args);
      expect(summary, name).toMatch(/\d.*\.$/s);
      expect(JSON.stringify(result).length, name).toBeLessThan(6500);
      expect(sources.length, name).toBeGreaterThanOrEqual(name === "find_root_cause" ? 1 : 6);
      for (const { clusterName, query, at, outcome } of sources) {
        expect([clusterName, query, outcome].every(Boolean), name).toBe(true);
        expect(Date.parse(at), name).toBeGreaterThan(0);
      }
      expect(full === null || full.total >= full.rows.length, name).toBe(true);
      expect(table?.rows.every((row) => row.length === table.columns.length) ?? true, name).toBe(true);
      if (operation.document.startsWith("mutation")) continue;
      const { errors } = await graph.ask(operation.document, operation.variables);
      expect(errors, name).toBeUndefined();
    }
  }, 120_000);

  it("ask only the clusters that are named, by name or id, one request each", async () => {
    const finding = await found("query_metrics", { query: "sum(up)", clusters: [HUB, ids[EAST]] });
    expect(finding.sources.map(({ clusterName }) => clusterName)).toEqual([HUB, EAST]);
    expect(fleet.requests().filter(({ params: { query } }) => query === "sum(up)")).toHaveLength(2);
  });

  it("never ask a cluster that is not of the conversation, or not the user's to see", async () => {
    const conversation = { clusters: [ids[HUB] ?? "", ids[EAST] ?? ""] };
    const own = { identity: SAM };
    const foreign: [string, Record<string, unknown>][] = [
      ["query_metrics", { query: "sum(up)", clusters: [WEST] }],
      ["query_logs", { clusters: [WEST] }],
      ["analyze_traces", { clusters: [ids[WEST]] }],
      ["get_trace", { traceId: "1", clusters: [HUB, WEST] }],
      ["get_alerts", { clusters: [WEST] }],
      ["list_pods", { clusters: [WEST] }],
      ["get_gpu_nodes", { clusters: [WEST] }],
      ["detect_anomalies", { query: "up", clusters: [WEST] }],
      ["find_root_cause", { cluster: WEST }],
      ["get_cluster_status", { clusters: [WEST] }],
    ];
    for (const [name, args] of foreign) {
      expect(await refusal(name, args, conversation), name).toBe("CLUSTER_NOT_FOUND");
      expect(await refusal(name, args, own), name).toBe("CLUSTER_NOT_FOUND");
    }
    const silence = { matchers: [{ name: "alertname", value: "X" }], duration: "1h", comment: "x" };
    expect(await refusal("create_silence", { ...silence, cluster: WEST }, conversation)).toBe("CLUSTER_NOT_FOUND");
    const everywhere = async (asked: Asked) => {
      const sources = await Promise.all([
        found("query_metrics", { query: "count(up)" }, asked),
        found("query_logs", {}, asked),
        found("list_clusters", {}, asked),
        found("list_pods", {}, asked),
        found("get_alerts", {}, asked),
      ]);
      return new Set(sources.flatMap((finding) => finding.sources.map(({ clusterName }) => clusterName)));
    };
    expect(await everywhere(conversation)).toEqual(new Set([HUB, EAST]));
    expect(await everywhere(own)).toEqual(new Set([HUB]));
    const logs = await found("query_logs", {}, conversation);
    expect(new Set(logs.full?.rows.map(({ cluster }) => cluster))).toEqual(new Set([HUB, EAST]));
    const asked = fleet
      .requests()
      .filter(({ params: { query } }) => query === "count(up)" || query === '{namespace=~".+"}');
    expect(new Set(asked.map(({ cluster }) => cluster))).toEqual(new Set([HUB, EAST]));
    // What has an id of its own is of a cluster, too.
    const [alert] = listOf<{ id: string }>(await found("get_alerts", { clusters: [WEST] }), "alerts");
    for (const asked of [conversation, own]) {
      expect(await refusal("find_root_cause", { alertId: alert?.id }, asked)).toBe("ALERT_NOT_FOUND");
      expect(await refusal("acknowledge_alert", { alertId: alert?.id }, asked)).toBe("ALERT_NOT_FOUND");
    }
  });

  it("take a conversation of more clusters than an operation may name", async () => {
    const clusters = Array.from({ length: 120 }, (_, index) => Object.values(ids)[index % 6] ?? "");
    const { sources } = await found("query_metrics", { query: "sum(up)" }, { clusters });
    expect(sources).toHaveLength(6);
    expect(await refusal("query_metrics", { query: "up" }, { clusters: [] })).toBe("CLUSTER_NOT_FOUND");
  });

  it("tell who did not answer, and fail where nobody did", async () => {
    await fleet.setFault(EAST, "prometheus", "refuse");
    await fleet.setFault(EAST, "loki", "error-503");
    try {
      const metrics = await found("query_metrics", { query: "sum(up)" });
      expect(metrics.summary).toContain(`1 of 6 clusters did not answer: ${EAST} (`);
      expect(metrics.result).toMatchObject({ notAnswered: [{ cluster: EAST, reason: expect.any(String) }] });
      expect(metrics.sources.find(({ clusterName }) => clusterName === EAST)?.outcome).not.toBe("SUCCESS");
      expect((await found("query_logs", { namespace: "shop" })).summary).toContain(EAST);
      const alone = await call("query_metrics", { query: "sum(up)", clusters: [EAST] });
      expect(alone.error).toMatchObject({ code: "NO_CLUSTER_SUCCEEDED", message: expect.stringContaining(EAST) });
    } finally {
      await fleet.setFault(EAST, "prometheus", null);
      await fleet.setFault(EAST, "loki", null);
    }
    const gpus = await found("get_gpu_nodes", { clusters: [HUB, WEST] });
    expect(gpus.summary).toContain("1 of 2 clusters have nothing of it to ask");
  });

  it("take secrets out of whatever they find", async () => {
    const labels = { demo: "true", db_password: "hunter2hunter2" };
    await graph.ask(
      `mutation ($id: UUID!, $input: UpdateClusterInput!) { updateCluster(id: $id, input: $input) { id } }`,
      {
        id: ids[EDGE],
        input: { labels },
      },
    );
    const note = "see https://sam:hunter2@wiki, Authorization: Bearer hunter2.hunter2";
    const [alert] = listOf<{ id: string }>(await found("get_alerts", { clusters: [EDGE] }), "alerts");
    const outcomes = [
      await found("list_clusters", { search: "edge" }),
      await found("acknowledge_alert", { alertId: alert?.id, note }),
      await found("query_metrics", { query: 'count(up{job!="password=hunter2hunter2"})', clusters: [EDGE] }),
    ];
    for (const finding of outcomes) {
      expect(JSON.stringify(finding)).toContain(REDACTED);
      expect(JSON.stringify(finding)).not.toContain("hunter2");
    }
  });

  it("answer one series of all clusters, where they are asked to", async () => {
    const each = await found("query_metrics", { query: "sum(up)" });
    const { result } = await found("query_metrics", { query: "sum(up)", global: true });
    const values = listOf<{ value: number }>(each, "series").map(({ value }) => value);
    expect(result).toMatchObject({
      seriesTotal: 1,
      series: [{ value: values.reduce((sum, value) => sum + value, 0) }],
    });
    expect(await refusal("query_metrics", { query: "median(up)", global: true })).toBe("INVALID_PROMQL");
  });

  it("group log lines, and count them where that is asked", async () => {
    const { result, full } = await found("query_logs", { clusters: [HUB], pod: "checkout-*", limit: 300 });
    const patterns = result["patterns"] as { count: number; template: string; example: string }[];
    expect(full?.rows.length).toBe(result["lines"]);
    expect(patterns[0]?.count).toBeGreaterThan(1);
    expect(patterns.every(({ template, example }) => template !== "" && example !== "")).toBe(true);
    expect(full?.rows.every(({ pod }) => String(pod).startsWith("checkout-"))).toBe(true);
    const counted = await found("query_logs", {
      query: 'sum(count_over_time({namespace="shop"}[5m]))',
      clusters: [HUB],
    });
    expect(counted.result).toMatchObject({ seriesTotal: 1, series: [{ cluster: HUB, max: expect.any(Number) }] });
    expect(await refusal("query_logs", { query: '{namespace="shop"}', level: "error" })).toBe("BAD_USER_INPUT");
  });

  it("find pods that do not run, and say why", async () => {
    fleet.putPod(HUB, "shop", "broken-0", "crashing");
    const pods = await until("the pod is seen", async () => {
      const finding = await found("list_pods", { clusters: [HUB], unhealthyOnly: true, namespace: "shop" });
      return listOf(finding, "pods").length > 0 ? finding : undefined;
    });
    expect(listOf(pods, "pods")[0]).toMatchObject({ cluster: HUB, pod: "broken-0", ready: false });
    const pending = await found("list_pods", { unhealthyOnly: true, phase: "PENDING" });
    expect(listOf(pending, "pods")).toContainEqual(expect.objectContaining({ phase: "PENDING", why: "Unschedulable" }));
  });

  it("find where an incident comes from, of an alert or of a bad hour", async () => {
    const incident = fleet.startIncident(EAST, "deployment-error-loop", { at: Date.now() - 10 * 60_000 });
    const { result, sources, summary } = await found("find_root_cause", { cluster: EAST, range: "15m" });
    expect(result).toMatchObject({ status: "COMPLETE", cluster: EAST });
    expect(JSON.stringify((result["causes"] as object[]).slice(0, 3))).toContain(incident.cause.name);
    expect(sources.some(({ language }) => language !== "GRAPHQL")).toBe(true);
    expect(summary).toContain(EAST);
    expect(await refusal("find_root_cause", {})).toBe("BAD_USER_INPUT");
    fleet.endIncident(EAST, "deployment-error-loop");
  }, 90_000);

  it("explain queries without asking any cluster", async () => {
    const explained = async (language: string, query: string) => {
      const { result, sources } = await found("explain_query", { language, query });
      expect(sources).toEqual([]);
      return result;
    };
    expect(await explained("PROMQL", "sum by (job) (rate(http_requests_total[5m]))")).toMatchObject({
      valid: true,
      selects: ["http_requests_total"],
      requestsPerEvaluation: 6,
      overAllClusters: { method: "PUSHED_DOWN" },
    });
    expect(await explained("PROMQL", "topk(3, up)")).toMatchObject({ valid: true });
    expect(await explained("PROMQL", "sum(")).toMatchObject({ valid: false });
    expect(await explained("LOGQL", '{app="x"} |= "y"')).toMatchObject({ valid: true, answers: "log lines" });
    expect(await explained("TRACEQL", "{ status = error }")).toMatchObject({ valid: true, answers: "traces" });
    expect(await explained("TRACEQL", "{ status = ")).toMatchObject({ valid: false });
    expect(fleet.requests().filter(({ params: { query, q } }) => query === "topk(3, up)" || q)).toEqual([]);
  });

  it("change something only for who may", async () => {
    const [alert] = listOf<{ id: string }>(await found("get_alerts", { clusters: [HUB] }), "alerts");
    const viewer = { identity: { ...SAM, scope: null } };
    const silence = { cluster: HUB, matchers: [{ name: "alertname", value: "Watchdog" }], comment: "x" };
    expect(await refusal("acknowledge_alert", { alertId: alert?.id }, viewer)).toBe("FORBIDDEN");
    expect(await refusal("create_silence", { ...silence, duration: "1h" }, viewer)).toBe("FORBIDDEN");
    expect(await refusal("create_silence", { ...silence, duration: "soon" })).toBe("INVALID_DURATION");
    const { result } = await found("create_silence", { ...silence, duration: "1h" });
    const { data } = await graph.ask(`{ silences { items { id clusterName matchers { text } } } }`);
    expect(data.silences.items).toMatchObject([
      { id: result["silenceId"], clusterName: HUB, matchers: [{ text: 'alertname="Watchdog"' }] },
    ]);
    expect((await found("acknowledge_alert", { alertId: alert?.id, note: "mine" })).result).toMatchObject({
      note: "mine",
    });
  });
});
