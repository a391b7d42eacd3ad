import { z } from "zod";
import { clusters, limit, namespace, search } from "../argument.input.ts";
import { askFor, clusterIdsOf } from "../question.loader.ts";
import { clipped, counted, fullOf, shownOf, spelled, tableOf, tally } from "../row.filter.ts";
import type { Source } from "../tool.contract.ts";
import { defineTool } from "../tool.contract.ts";

const ENDED_WITHIN = "24h";
const FIELDS = `total items {
  id clusterId clusterName alertname severity state namespace labels annotations startsAt endsAt staleSince silencedBy inhibitedBy
  acknowledgement { owner note }
}`;
const SOURCES = `clusters(filter: { ids: $clusterIds }, pageSize: 100) {
  items { id name alertSource { polledAt staleSince lastError } }
}`;
const CURRENT = `query Alerts($filter: AlertFilterInput, $pageSize: Int!, $clusterIds: [UUID!]) {
  found: alerts(filter: $filter, pageSize: $pageSize) { ${FIELDS} }
  ${SOURCES}
}`;
const ENDED = `query EndedAlerts($filter: AlertFilterInput, $pageSize: Int!, $clusterIds: [UUID!]) {
  found: alertHistory(filter: $filter, pageSize: $pageSize, range: { duration: "${ENDED_WITHIN}" }) { ${FIELDS} }
  ${SOURCES}
}`;
const labels = z.record(z.string(), z.string());
const Alerts = z.object({
  found: z.object({
    total: z.number(),
    items: z.array(
      z.object({
        id: z.string(),
        clusterId: z.string(),
        clusterName: z.string(),
        alertname: z.string(),
        severity: z.string(),
        state: z.string(),
        namespace: z.string().nullable(),
        labels,
        annotations: labels,
        startsAt: z.string(),
        endsAt: z.string().nullable(),
        staleSince: z.string().nullable(),
        silencedBy: z.array(z.string()),
        inhibitedBy: z.array(z.string()),
        acknowledgement: z.object({ owner: z.string(), note: z.string().nullable() }).nullable(),
      }),
    ),
  }),
  clusters: z
    .object({
      items: z.array(
        z.object({
          id: z.string(),
          name: z.string(),
          alertSource: z
            .object({
              polledAt: z.string().nullable(),
              staleSince: z.string().nullable(),
              lastError: z.string().nullable(),
            })
            .nullable(),
        }),
      ),
    })
    .nullable(),
});
type Told = z.output<typeof Alerts>;

export const getAlerts = defineTool({
  name: "get_alerts",
  title: "Get alerts",
  description:
    "Alerts of the clusters' Alertmanagers, the most severe first, with their ids. An alert's cause: find_root_cause with its id.",
  readOnly: true,
  timeoutMs: 15_000,
  input: z.strictObject({
    clusters,
    severity: z.enum(["CRITICAL", "WARNING", "INFO"]).optional(),
    namespace,
    search: search("its name, labels or annotations"),
    state: z.enum(["FIRING", "PENDING", "RESOLVED"]).default("FIRING").describe("RESOLVED: those of the last day."),
    limit: limit(50),
  }),
  run: async ({ clusters: named, severity, namespace: ns, search: found, state, limit: pageSize }, kit) => {
    const clusterIds = await clusterIdsOf(kit, named);
    const filter = {
      clusterIds,
      states: [state],
      ...(severity ? { severities: [severity] } : {}),
      ...(ns === undefined ? {} : { namespaces: [ns] }),
      search: found,
    };
    const document = state === "RESOLVED" ? ENDED : CURRENT;
    const variables = { filter, pageSize, clusterIds };
    const { data } = await askFor(kit, { document, variables, answer: Alerts });
    const { items, total } = data.found;
    const rows = items.map(toRow);
    const severities = tally(items.map((each) => each.severity));
    const names = tally(items.map(({ alertname }) => alertname));
    const silent = (data.clusters?.items ?? []).filter(({ alertSource }) => isUnsure(alertSource));
    const shown = shownOf(rows);
    const cut = total > items.length ? `, of which ${items.length} are listed` : "";
    const unsure =
      silent.length > 0
        ? ` Not sure: ${silent
            .slice(0, 5)
            .map(({ name }) => name)
            .join(", ")}, whose Alertmanager does not answer.`
        : "";
    return {
      summary: `${counted(total, `${state.toLowerCase()} alert`)}${cut}${total > 0 ? `: ${spelled(severities)}; by name ${spelled(names)}` : ""}.${unsure}`,
      result: {
        total,
        severities,
        names,
        alerts: shown,
        ...(silent.length > 0
          ? {
              notSure: silent.slice(0, 20).map(({ name, alertSource }) => ({
                cluster: name,
                staleSince: alertSource?.staleSince ?? null,
                reason: alertSource?.lastError ?? "its alerts were never read",
              })),
            }
          : {}),
      },
      full: total > shown.length ? fullOf(rows, total) : null,
      table: tableOf(rows, ["severity", "alert", "cluster", "namespace", "since", "summary"]),
      sources: sourcesOf(data, `alerts ${state}`, kit.caller.now.toISOString()),
      operation: { document, variables },
    };
  },
});

type Source0 = NonNullable<Told["clusters"]>["items"][number]["alertSource"];
const isUnsure = (source: Source0): boolean =>
  source === null || source.staleSince !== null || source.polledAt === null;

function toRow(alert: Told["found"]["items"][number]): Record<string, unknown> {
  const { annotations, alertname, startsAt, endsAt, silencedBy, inhibitedBy, acknowledgement } = alert;
  const { alertname: _name, severity: _severity, namespace: _namespace, ...labels } = alert.labels;
  const words = annotations["summary"] ?? annotations["description"] ?? annotations["message"];
  return {
    id: alert.id,
    alert: alertname,
    severity: alert.severity,
    cluster: alert.clusterName,
    namespace: alert.namespace,
    since: startsAt,
    ...(endsAt === null ? {} : { ended: endsAt }),
    summary: words === undefined ? null : clipped(words, 240),
    labels,
    ...(silencedBy.length > 0 ? { silenced: true } : {}),
    ...(inhibitedBy.length > 0 ? { inhibited: true } : {}),
    ...(acknowledgement ? { acknowledgedBy: acknowledgement.owner } : {}),
    ...(alert.staleSince === null ? {} : { staleSince: alert.staleSince }),
  };
}

/** The clusters whose alerts are kept, and when they were read last; of a large fleet, the first hundred and those that have alerts. */
function sourcesOf({ clusters: kept, found }: Told, query: string, now: string): Source[] {
  const outcomes = new Map<string, Omit<Source, "id" | "language" | "query">>();
  for (const { id, name, alertSource } of kept?.items ?? []) {
    outcomes.set(id, {
      clusterId: id,
      clusterName: name,
      at: alertSource?.polledAt ?? now,
      outcome: isUnsure(alertSource) ? "STALE" : "SUCCESS",
    });
  }
  for (const { clusterId, clusterName, staleSince } of found.items) {
    if (outcomes.has(clusterId)) continue;
    outcomes.set(clusterId, { clusterId, clusterName, at: now, outcome: staleSince === null ? "SUCCESS" : "STALE" });
  }
  return [...outcomes.values()].map((source, index) => ({
    id: `s${index + 1}`,
    ...source,
    language: "GRAPHQL",
    query,
  }));
}
