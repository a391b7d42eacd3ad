import type DataLoader from "dataloader";
import type { ClusterSelector } from "../../shared/fleet/selector.ts";
import { alike } from "../../shared/kernel/alike.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import type { Window } from "../../shared/kernel/time-range.ts";
import type { Bucket, FleetRow, HealthHistoryRepository } from "./health-history.repository.ts";
import { requireFewTogether } from "./health-history.window.ts";

export interface AskedHistory {
  clusterId: string;
  window: Window;
}

type History = DataLoader<AskedHistory, Bucket[], string>;

/** What one operation reads of the health checks' samples. */
export interface HealthReader {
  /** One statement for all clusters that are asked about for the same stretch. */
  history: History;
  /** Every selected cluster that is to be seen. */
  fleet(selector: ClusterSelector): Promise<FleetRow[]>;
}

export const healthReader = (repository: HealthHistoryRepository, { identity }: Operation): HealthReader => ({
  history: histories(repository),
  fleet: (selector) => repository.fleet(identity, selector),
});

const histories = (repository: HealthHistoryRepository): History =>
  alike(
    ({ window }) => window,
    async (asked, { window }) => {
      requireFewTogether(window, asked.length);
      return await repository.buckets(
        asked.map(({ clusterId }) => clusterId),
        window,
      );
    },
  );
