import { z } from "zod";
import { clusters, limit, namespace, range } from "../argument.input.ts";
import { listed, ofEach, sumOf } from "../cluster-list.mapper.ts";
import { askClusters } from "../cluster-page.loader.ts";
import { clusterIdsOf, stretchOf, TOOL_MS } from "../question.loader.ts";
import { clipped, spelled, tally } from "../row.filter.ts";
import { defineTool } from "../tool.contract.ts";

const text = z.string().nullable();

const EVENTS = `query KubernetesEvents(
  $filter: ClusterFilterInput, $page: Int!, $pageSize: Int!, $events: KubernetesEventFilterInput, $most: Int!
) {
  clusters(filter: $filter, page: $page, pageSize: $pageSize) {
    total
    items {
      id name
      kubernetesEvents(filter: $events, pageSize: $most) {
        total asOf
        items { type reason message count firstSeenAt lastSeenAt involved { kind namespace name } }
      }
    }
  }
}`;
const Event = z.object({
  type: text,
  reason: text,
  message: text,
  count: z.number().nullable(),
  firstSeenAt: text,
  lastSeenAt: text,
  involved: z.object({ kind: text, namespace: text, name: text }),
});
const ClusterEvents = z.object({
  id: z.string(),
  name: z.string(),
  kubernetesEvents: z.object({ total: z.number(), asOf: z.string(), items: z.array(Event) }).nullable(),
});

export const kubernetesEvents = defineTool({
  name: "kubernetes_events",
  title: "Kubernetes events",
  description:
    "What Kubernetes reported lately: scheduling, pulls, probes, evictions. Clusters keep these for about an hour.",
  readOnly: true,
  timeoutMs: TOOL_MS,
  input: z.strictObject({
    clusters,
    namespace,
    name: z.string().min(1).max(253).optional().describe("Only about the object of this name, such as a pod."),
    warningsOnly: z.boolean().default(false),
    range: range("1h"),
    limit: limit(50),
  }),
  run: async ({ clusters: named, namespace: ns, name, warningsOnly, range: back, limit: most }, kit) => {
    const { startTime: since } = stretchOf(back, kit.caller.now);
    const events = { namespace: ns, involvedName: name, since, ...(warningsOnly ? { type: "WARNING" } : {}) };
    const ids = await clusterIdsOf(kit, named);
    const question = { document: EVENTS, variables: { events, most: ofEach(ids, most) }, filter: { ids } };
    const answered = await askClusters(kit, { ...question, item: ClusterEvents });
    const rows = answered.clusters
      .flatMap(({ cluster }) => (cluster.kubernetesEvents?.items ?? []).map((event) => eventRow(cluster.name, event)))
      .sort((a, b) => ((a.last ?? "") < (b.last ?? "") ? 1 : -1))
      .slice(0, most);
    const total = sumOf(answered.clusters, ({ kubernetesEvents: own }) => own?.total ?? 0);
    const reasons = tally(rows.map(({ reason }) => reason ?? "?"));
    return listed(kit, {
      ...question,
      noun: warningsOnly ? "warning" : "event",
      name: "events",
      answered: answered.clusters,
      asOf: ({ kubernetesEvents: own }) => own?.asOf ?? null,
      rows,
      total,
      words: [spelled(reasons)],
      facts: { since, reasons },
      columns: ["last", "cluster", "type", "reason", "object", "count", "message"],
    });
  },
});

const eventRow = (cluster: string, { involved, message, ...event }: z.output<typeof Event>) => ({
  cluster,
  type: event.type,
  reason: event.reason,
  object: [involved.kind, involved.namespace, involved.name].filter(Boolean).join("/"),
  count: event.count,
  first: event.firstSeenAt,
  last: event.lastSeenAt,
  message: message === null ? null : clipped(message, 300),
});
