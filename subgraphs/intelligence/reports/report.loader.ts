import DataLoader from "dataloader";
import type { Clock } from "../../shared/kernel/clock.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import type { ReportRepository, ReportRow } from "./report.repository.ts";

/** What one operation reads of reports. Null for what is not there, or not to be seen. */
export interface ReportLoaders {
  byId: DataLoader<string, ReportRow | null>;
}

export const reportLoaders = (
  { identity }: Pick<Operation, "identity">,
  repository: ReportRepository,
  clock: Clock,
): ReportLoaders => ({
  byId: new DataLoader(async (ids) => await repository.byIds(await repository.reader(identity), ids, clock.now())),
});
