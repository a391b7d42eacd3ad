import DataLoader from "dataloader";
import type { FleetDirectory } from "../../shared/fleet/directory.ts";
import { alike } from "../../shared/kernel/alike.ts";
import type { PageRequest } from "../../shared/kernel/page.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import { ACTIVE, type AlertFilter, alertWhere } from "./alert.filter.ts";
import type { AlertRepository, AlertRow } from "./alert.repository.ts";
import type { AlertCountRepository, Counts } from "./alert-count.repository.ts";
import type { AlertRelationRepository } from "./alert-relation.repository.ts";
import type { AlertSourceRepository, SourceRow } from "./alert-source.repository.ts";

export interface Repositories {
  alerts: AlertRepository;
  counts: AlertCountRepository;
  relations: AlertRelationRepository;
  sources: AlertSourceRepository;
}

export interface ClusterPage extends PageRequest {
  clusterId: string;
  filter: AlertFilter;
}

interface Limited {
  id: string;
  limit: number;
}

export interface Place {
  clusterId: string;
  namespace: string | null;
  name: string;
}

/** Active alerts of one pod, node or GPU that are shown. */
const MOST_OF_A_PLACE = 100;

/** What one operation reads of alerts, a statement for all that are asked about alike. */
export interface AlertLoaders {
  /** Null for what is not there or of a cluster that is not to be seen. */
  byId: DataLoader<string, AlertRow | null>;
  pageOf: DataLoader<ClusterPage, { rows: AlertRow[]; total: number }, string>;
  countsOf: DataLoader<string, Counts>;
  sourceOf: DataLoader<string, SourceRow | null>;
  ofPod: DataLoader<Place, AlertRow[], string>;
  ofNode: DataLoader<Place, AlertRow[], string>;
  ofGpu: DataLoader<Place, AlertRow[], string>;
  related: DataLoader<Limited, AlertRow[], string>;
  occurrences: DataLoader<Limited, { rows: AlertRow[]; total: number }, string>;
}

export function alertLoaders(
  { identity, startedAt: now }: Operation,
  directory: FleetDirectory,
  { alerts, counts, relations, sources }: Repositories,
): AlertLoaders {
  const within = identity.scope?.namespaces;
  const ofPlace = (kind: "pod" | "node" | "gpu") =>
    new DataLoader((keys: readonly Place[]) => alerts.activeOf(kind, { keys, limit: MOST_OF_A_PLACE }, within), {
      cacheKeyFn: ({ clusterId, namespace, name }) => JSON.stringify([clusterId, namespace, name]),
    });
  return {
    byId: new DataLoader(async (ids) => {
      const rows = await alerts.byIds(identity.tenant, ids, within);
      const clusterIds = [...new Set(rows.flatMap((row) => row?.clusterId ?? []))];
      const seen = new Set((await directory.byIds(identity, clusterIds)).flatMap((cluster) => cluster?.id ?? []));
      return rows.map((row) => (row && seen.has(row.clusterId) ? row : null));
    }),
    pageOf: alike<ClusterPage, { rows: AlertRow[]; total: number }>(
      ({ clusterId: _clusterId, ...rest }) => rest,
      (asked, { filter, page, pageSize }) => {
        const ids = asked.map(({ clusterId }) => clusterId);
        return alerts.pagesOf(ids, alertWhere(ids, filter, { now, states: ACTIVE, seen: within }), { page, pageSize });
      },
    ),
    countsOf: new DataLoader((ids) => counts.ofClusters(ids, now, within)),
    sourceOf: new DataLoader((ids) => sources.ofClusters(ids)),
    ofPod: ofPlace("pod"),
    ofNode: ofPlace("node"),
    ofGpu: ofPlace("gpu"),
    related: alike<Limited, AlertRow[]>(
      ({ limit }) => limit,
      (asked, { limit }) => relations.related({ keys: asked.map(({ id }) => id), limit }, within),
    ),
    occurrences: alike<Limited, { rows: AlertRow[]; total: number }>(
      ({ limit }) => limit,
      (asked, { limit }) => relations.occurrences({ keys: asked.map(({ id }) => id), limit }, within),
    ),
  };
}
