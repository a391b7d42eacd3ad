import DataLoader from "dataloader";
import type { Target } from "../../shared/fleet/directory.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import type { AnalysisRepository, AnalysisRow } from "./analysis.repository.ts";

/** What one operation reads of searches. Null for what is not there, or of a cluster that is not to be seen. */
export interface AnalysisLoaders {
  byId: DataLoader<string, AnalysisRow | null>;
  ofAlert: DataLoader<string, AnalysisRow | null>;
  ofAnomaly: DataLoader<string, AnalysisRow | null>;
}

export function analysisLoaders(
  { identity: { tenant, scope } }: Operation,
  repository: AnalysisRepository,
  targetsByIds: (ids: readonly string[]) => Promise<(Target | null)[]>,
): AnalysisLoaders {
  const seen = async (rows: readonly (AnalysisRow | null)[]): Promise<(AnalysisRow | null)[]> => {
    const clusterIds = [...new Set(rows.flatMap((row) => row?.clusterId ?? []))];
    const visible = new Set((await targetsByIds(clusterIds)).flatMap((target) => target?.id ?? []));
    return rows.map((row) => (row && visible.has(row.clusterId) ? row : null));
  };
  const within = scope?.namespaces;
  return {
    byId: new DataLoader(async (ids) => await seen(await repository.byIds(tenant, ids, within))),
    ofAlert: new DataLoader(async (ids) => await seen(await repository.latestOf("alertId", tenant, ids, within))),
    ofAnomaly: new DataLoader(async (ids) => await seen(await repository.latestOf("anomalyId", tenant, ids, within))),
  };
}
