import DataLoader from "dataloader";
import type { FleetDirectory } from "../../shared/fleet/directory.ts";
import { alike } from "../../shared/kernel/alike.ts";
import type { PageRequest } from "../../shared/kernel/page.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import { type AnomalyFilter, anomalyWhere } from "./anomaly.filter.ts";
import type { AnomalyRepository, AnomalyRow } from "./anomaly.repository.ts";
import type { AnomalyRelationRepository, Occasion, RelatedAlert } from "./anomaly-relation.repository.ts";

export interface AnomalyRows {
  rows: AnomalyRow[];
  total: number;
}

interface ClusterPage extends PageRequest {
  clusterId: string;
  filter: AnomalyFilter;
}

interface OfAlert {
  id: string;
  limit: number;
}

interface OfAnomaly extends Occasion {
  limit: number;
}

/** What one operation reads of anomalies, a statement for all that are asked about alike. */
export interface AnomalyLoaders {
  /** Null for what is not there or of a cluster that is not to be seen. */
  byId: DataLoader<string, AnomalyRow | null>;
  pageOf: DataLoader<ClusterPage, AnomalyRows, string>;
  ofAlert: DataLoader<OfAlert, AnomalyRow[], string>;
  alertsOf: DataLoader<OfAnomaly, RelatedAlert[], string>;
}

export function anomalyLoaders(
  { identity }: Pick<Operation, "identity">,
  directory: FleetDirectory,
  { anomalies, relations }: { anomalies: AnomalyRepository; relations: AnomalyRelationRepository },
): AnomalyLoaders {
  const within = identity.scope?.namespaces;
  const seenOf = async (rows: readonly { clusterId: string }[]): Promise<ReadonlySet<string>> => {
    const ids = [...new Set(rows.map(({ clusterId }) => clusterId))];
    return ids.length > 0 ? await directory.living(identity, ids, {}) : new Set();
  };
  return {
    byId: new DataLoader(async (ids) => {
      const rows = await anomalies.byIds(identity.tenant, ids, within);
      const seen = await seenOf(rows.filter((row) => row !== null));
      return rows.map((row) => (row && seen.has(row.clusterId) ? row : null));
    }),
    pageOf: alike<ClusterPage, AnomalyRows>(
      ({ clusterId: _clusterId, ...rest }) => rest,
      (asked, { filter, page, pageSize }) => {
        const ids = asked.map(({ clusterId }) => clusterId);
        return anomalies.pagesOf(ids, anomalyWhere(ids, filter, within), { page, pageSize });
      },
    ),
    // An alert's id is only a claim: what is of a cluster that is not to be seen is left out.
    ofAlert: alike<OfAlert, AnomalyRow[]>(
      ({ limit }) => limit,
      async (asked, { limit }) => {
        const found = await relations.anomaliesOf(
          asked.map(({ id }) => id),
          limit,
          within,
        );
        const seen = await seenOf(found.flat());
        return found.map((rows) => rows.filter(({ clusterId }) => seen.has(clusterId)));
      },
    ),
    alertsOf: alike<OfAnomaly, RelatedAlert[]>(
      ({ limit }) => limit,
      (asked, { limit }) => relations.alertsNear(asked, limit, within),
    ),
  };
}
