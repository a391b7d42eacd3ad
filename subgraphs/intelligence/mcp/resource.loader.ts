import {
  ErrorCode,
  type ListResourcesResult,
  McpError,
  type ReadResourceResult,
  type ResourceTemplate,
} from "@modelcontextprotocol/sdk/types.js";
import { z } from "zod";
import { firstProblem, type GraphAnswer } from "../../shared/kernel/graph.ts";
import { redactText, redactValue } from "../tools/redaction.filter.ts";

/** Asks the graph as the caller. */
export type Ask = (document: string, variables: Record<string, unknown>) => Promise<GraphAnswer>;

const PAGE = 100;
/** Of the alerts that fire: more are for get_alerts. */
const MOST_ALERT_PAGES = 10;
const JSON_TYPE = "application/json";
/** As the protocol has it, and its library has no name for it. */
const NOT_FOUND = -32002;

export const TEMPLATES: ResourceTemplate[] = [
  {
    uriTemplate: "aiops://clusters/{name}",
    name: "cluster",
    title: "Cluster",
    description: "A cluster: what it is, how it is, and what fires there.",
    mimeType: JSON_TYPE,
  },
  {
    uriTemplate: "aiops://alerts/{id}",
    name: "alert",
    title: "Alert",
    description: "An alert with its labels, its annotations, and the cause that was found for it.",
    mimeType: JSON_TYPE,
  },
  {
    uriTemplate: "aiops://reports/{id}",
    name: "report",
    title: "Report",
    description: "A report: what it is about, how far it is, and where its text is downloaded with the same token.",
    mimeType: JSON_TYPE,
  },
];

const CLUSTERS = `query McpClusters($page: Int!) {
  clusters(page: $page, pageSize: ${PAGE}) { totalPages items { name environment status { state } } }
}`;
const Clusters = z.object({
  clusters: z.object({
    totalPages: z.number(),
    items: z.array(z.object({ name: z.string(), environment: z.string(), status: z.object({ state: z.string() }) })),
  }),
});
const ALERTS = `query McpAlerts($page: Int!) {
  alerts(filter: { states: [FIRING] }, page: $page, pageSize: ${PAGE}) {
    totalPages items { id alertname clusterName severity namespace }
  }
}`;
const Alerts = z.object({
  alerts: z.object({
    totalPages: z.number(),
    items: z.array(
      z.object({
        id: z.string(),
        alertname: z.string(),
        clusterName: z.string(),
        severity: z.string(),
        namespace: z.string().nullable(),
      }),
    ),
  }),
});
const CURSOR = /^(clusters|alerts)-([1-9]\d{0,4})$/;

/** The clusters first, then the alerts that fire, page by page. */
export async function listResources(ask: Ask, cursor = "clusters-1"): Promise<ListResourcesResult> {
  const [, kind, digits] = CURSOR.exec(cursor) ?? [];
  if (kind === undefined) throw new McpError(ErrorCode.InvalidParams, "Not a cursor of this list.");
  const page = Number(digits);
  if (kind === "clusters") {
    const { totalPages, items } = decoded(Clusters, await ask(CLUSTERS, { page })).clusters;
    const resources = items.map(({ name, environment, status }) => ({
      uri: `aiops://clusters/${encodeURIComponent(name)}`,
      name,
      description: `${environment.toLowerCase()} cluster, ${status.state}`,
      mimeType: JSON_TYPE,
    }));
    return { resources, nextCursor: page < totalPages ? `clusters-${page + 1}` : "alerts-1" };
  }
  const { totalPages, items } = decoded(Alerts, await ask(ALERTS, { page })).alerts;
  const resources = items.map(({ id, alertname, clusterName, severity, namespace }) => ({
    uri: `aiops://alerts/${id}`,
    name: `${alertname} in ${clusterName}`,
    description: redactText(`${severity} alert${namespace === null ? "" : ` of the namespace ${namespace}`}`),
    mimeType: JSON_TYPE,
  }));
  const hasMore = page < Math.min(totalPages, MOST_ALERT_PAGES);
  return { resources, ...(hasMore ? { nextCursor: `alerts-${page + 1}` } : {}) };
}

interface Readable {
  document: string;
  /** The field that has it, and its argument. */
  field: string;
  argument: string;
  key: z.ZodType<string>;
}

const READABLE: Readonly<Record<string, Readable>> = {
  clusters: {
    field: "cluster",
    argument: "name",
    key: z.string().min(1).max(253),
    document: `query McpCluster($name: String!) { cluster(name: $name) {
      id name displayName clusterType platform platformVersion region environment labels createdAt lastSeenAt
      status {
        state since checkedAt healthScore lastError
        apiServerHealthy prometheusHealthy lokiHealthy tempoHealthy alertmanagerHealthy
      }
      capabilities { hasGpuNodes gpuCount gpuTypes hasPrometheus hasLoki hasTempo hasServiceMesh detectedAt }
      alertCounts { firing critical warning acknowledged silenced }
    } }`,
  },
  alerts: {
    field: "alert",
    argument: "id",
    key: z.uuid(),
    document: `query McpAlert($id: UUID!) { alert(id: $id) {
      id clusterName alertname severity state namespace labels annotations startsAt endsAt staleSince silencedBy inhibitedBy
      acknowledgement { owner note at until }
      relatedAlerts(limit: 5) { id clusterName alertname severity }
      rootCause { id verdict onset missing causes { rank verdict explanation entity { kind namespace name } } }
    } }`,
  },
  reports: {
    field: "report",
    argument: "id",
    key: z.uuid(),
    document: `query McpReport($id: UUID!) { report(id: $id) {
      id title reportType format status generatedBy owner createdAt finishedAt expiresAt error downloadUrl sizeBytes sha256
      timeRange { start end } clusters { name }
    } }`,
  },
};
const URI = /^aiops:\/\/(clusters|alerts|reports)\/([^/?#]+)$/;

export async function readResource(ask: Ask, uri: string): Promise<ReadResourceResult> {
  const [, kind = "", path = ""] = URI.exec(uri) ?? [];
  const readable = READABLE[kind];
  const key = readable?.key.safeParse(unescaped(path)).data;
  if (!readable || key === undefined) throw notFound(uri);
  const { field, argument, document } = readable;
  const answer = await ask(document, { [argument]: key });
  const found = answer.data?.[field];
  const problem = firstProblem(answer);
  if (!found && problem && !problem.code.endsWith("_NOT_FOUND")) throw problem;
  if (!found) throw notFound(uri);
  return { contents: [{ uri, mimeType: JSON_TYPE, text: JSON.stringify(redactValue(found), null, 2) }] };
}

function unescaped(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function decoded<T extends z.ZodType>(schema: T, answer: GraphAnswer): z.output<T> {
  const parsed = schema.safeParse(answer.data);
  if (parsed.success) return parsed.data;
  throw firstProblem(answer) ?? new McpError(ErrorCode.InternalError, "The graph did not answer.");
}

const notFound = (uri: string): McpError =>
  new McpError(NOT_FOUND, "There is no such resource, or none that you may see.", { uri: uri.slice(0, 300) });
