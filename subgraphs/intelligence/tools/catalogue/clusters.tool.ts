import { z } from "zod";
import { clusters, limit, search } from "../argument.input.ts";
import { askClusters } from "../cluster-page.loader.ts";
import { clusterIdsOf } from "../question.loader.ts";
import { counted, fullOf, shownOf, spelled, tableOf, tally } from "../row.filter.ts";
import { keptSources } from "../source.mapper.ts";
import { defineTool, type ToolFinding, type ToolKit } from "../tool.contract.ts";

const Status = z.object({
  state: z.string(),
  since: z.string().nullable(),
  checkedAt: z.string().nullable(),
  healthScore: z.number().nullable(),
  lastError: z.string().nullable(),
});

const LIST = `query ListClusters($filter: ClusterFilterInput, $page: Int!, $pageSize: Int!) {
  clusters(filter: $filter, page: $page, pageSize: $pageSize) {
    total
    items {
      id name clusterType platform platformVersion region environment labels
      status { state since checkedAt healthScore lastError }
      capabilities { gpuCount hasPrometheus hasLoki hasTempo }
    }
  }
}`;
const Listed = z.object({
  id: z.string(),
  name: z.string(),
  clusterType: z.string(),
  platform: z.string(),
  platformVersion: z.string().nullable(),
  region: z.string().nullable(),
  environment: z.string(),
  labels: z.record(z.string(), z.unknown()),
  status: Status,
  capabilities: z
    .object({
      gpuCount: z.number().nullable(),
      hasPrometheus: z.boolean(),
      hasLoki: z.boolean(),
      hasTempo: z.boolean(),
    })
    .nullable(),
});

const STATES = ["ONLINE", "OFFLINE", "DEGRADED", "UNKNOWN", "PROVISIONING"] as const;

export const listClusters = defineTool({
  name: "list_clusters",
  title: "List clusters",
  description:
    "The clusters: name, kind, environment, region, state, labels. To see what is wrong use get_cluster_status.",
  readOnly: true,
  timeoutMs: 15_000,
  input: z.strictObject({
    search: search("the name"),
    environment: z.enum(["PRODUCTION", "STAGING", "DEVELOPMENT", "LAB"]).optional(),
    state: z.enum(STATES).optional(),
    labelSelector: z.string().max(500).optional().describe('Kubernetes label selector, such as "tier=hub".'),
    limit: limit(50, 200),
  }),
  run: async ({ search: nameContains, environment, state, labelSelector, limit: most }, kit) => {
    const filter = {
      ids: await clusterIdsOf(kit, undefined),
      nameContains,
      labelSelector,
      ...(environment ? { environments: [environment] } : {}),
      ...(state ? { states: [state] } : {}),
    };
    const { clusters: found, total } = await askClusters(kit, {
      document: LIST,
      variables: {},
      filter,
      item: Listed,
      most,
    });
    const rows = found
      .slice(0, most)
      .map(({ cluster: { status, capabilities, clusterType, platformVersion, ...cluster } }) => ({
        name: cluster.name,
        id: cluster.id,
        state: status.state,
        healthScore: status.healthScore,
        environment: cluster.environment,
        type: clusterType,
        region: cluster.region,
        platform: [cluster.platform, platformVersion].filter(Boolean).join(" "),
        gpus: capabilities?.gpuCount ?? null,
        lastError: status.lastError,
        labels: cluster.labels,
      }));
    const states = tally(rows.map((row) => row.state));
    const shown = shownOf(rows, most);
    return {
      summary: `${counted(total, "cluster")}${total > rows.length ? `, of which ${rows.length} are listed` : ""}: ${spelled(states) || "none"}.`,
      result: { total, states, clusters: shown },
      full: total > shown.length ? fullOf(rows, total) : null,
      table: tableOf(rows, ["name", "state", "healthScore", "environment", "type", "region", "platform", "gpus"]),
      sources: keptSources(rows, {
        language: "GRAPHQL",
        query: "clusters",
        at: kit.caller.now.toISOString(),
      }),
      operation: { document: LIST, variables: { filter, page: 1, pageSize: Math.min(most, 100) } },
    };
  },
});

const STATUS = `query ClusterStatus($filter: ClusterFilterInput, $page: Int!, $pageSize: Int!) {
  clusters(filter: $filter, page: $page, pageSize: $pageSize, orderBy: { field: HEALTH_SCORE, direction: ASC }) {
    total
    items {
      id name environment
      status {
        state since checkedAt healthScore lastError connectivity
        apiServerHealthy prometheusHealthy lokiHealthy tempoHealthy alertmanagerHealthy
      }
      alertCounts { firing critical warning acknowledged }
    }
  }
}`;
const healthy = z.boolean().nullable();
const Reported = z.object({
  id: z.string(),
  name: z.string(),
  environment: z.string(),
  status: Status.extend({
    connectivity: z.string().nullable(),
    apiServerHealthy: healthy,
    prometheusHealthy: healthy,
    lokiHealthy: healthy,
    tempoHealthy: healthy,
    alertmanagerHealthy: healthy,
  }),
  alertCounts: z
    .object({ firing: z.number(), critical: z.number(), warning: z.number(), acknowledged: z.number() })
    .nullable(),
});

export const getClusterStatus = defineTool({
  name: "get_cluster_status",
  title: "Get cluster status",
  description:
    "How clusters are: state, health score (0 to 100), what of them does not answer and why, and how many alerts fire. The worst first.",
  readOnly: true,
  timeoutMs: 15_000,
  input: z.strictObject({ clusters }),
  run: async ({ clusters: named }, kit) => await clusterStatus(kit, await clusterIdsOf(kit, named)),
});

const PARTS = ["apiServer", "prometheus", "loki", "tempo", "alertmanager"] as const;

async function clusterStatus(kit: ToolKit, ids: string[] | null): Promise<ToolFinding> {
  const filter = { ids };
  const { clusters: found, total } = await askClusters(kit, {
    document: STATUS,
    variables: {},
    filter,
    item: Reported,
  });
  const reported = found.map(({ cluster }) => cluster);
  const rows = reported.map(({ name, environment, status, alertCounts }) => ({
    cluster: name,
    environment,
    state: status.state,
    healthScore: status.healthScore,
    since: status.since,
    checkedAt: status.checkedAt,
    unhealthy: PARTS.filter((part) => status[`${part}Healthy`] === false),
    unknown: PARTS.filter((part) => status[`${part}Healthy`] === null),
    lastError: status.lastError,
    alerts: alertCounts,
  }));
  const states = tally(rows.map(({ state }) => state));
  const known = rows.flatMap(({ healthScore }) => (healthScore === null ? [] : [healthScore]));
  const mean = known.length > 0 ? Math.round(known.reduce((sum, score) => sum + score, 0) / known.length) : null;
  const bad = rows.filter(({ state, unhealthy }) => state !== "ONLINE" || unhealthy.length > 0);
  const worst = bad
    .slice(0, 3)
    .map(({ cluster, state, unhealthy, lastError }) =>
      [
        `${cluster} is ${state}`,
        ...(unhealthy.length > 0 ? [`without ${unhealthy.join(", ")}`] : []),
        ...(lastError ? [`(${lastError})`] : []),
      ].join(" "),
    );
  const firing = reported.reduce((sum, { alertCounts }) => sum + (alertCounts?.firing ?? 0), 0);
  const shown = shownOf(rows);
  return {
    summary: `${counted(total, "cluster")}: ${spelled(states) || "none"}; health ${mean ?? "unknown"} of 100 on average, ${counted(firing, "alert")} firing.${worst.length > 0 ? ` ${worst.join("; ")}${bad.length > 3 ? `; and ${bad.length - 3} more` : ""}.` : ""}`,
    result: { total, states, averageHealthScore: mean, firingAlerts: firing, clusters: shown },
    full: total > shown.length ? fullOf(rows, total) : null,
    table: tableOf(rows, ["cluster", "state", "healthScore", "since", "unhealthy", "lastError"]),
    sources: reported.map(({ id, name, status }, index) => ({
      id: `s${index + 1}`,
      clusterId: id,
      clusterName: name,
      language: "GRAPHQL",
      query: "clusters { status alertCounts }",
      at: status.checkedAt ?? kit.caller.now.toISOString(),
      outcome: status.state === "UNKNOWN" ? "UNKNOWN" : "SUCCESS",
    })),
    operation: { document: STATUS, variables: { filter, page: 1, pageSize: 100 } },
  };
}
