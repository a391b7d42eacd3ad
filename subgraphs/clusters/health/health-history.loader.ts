import DataLoader from "dataloader";
import type { ClusterSelector } from "../../shared/fleet/selector.ts";
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

const windowKey = ({ start, end, step }: Window): string => `${start} ${end} ${step}`;

const histories = (repository: HealthHistoryRepository): History =>
  new DataLoader(
    async (asked) => {
      const found = new Map<AskedHistory, Bucket[] | Error>();
      await Promise.all(
        [...Map.groupBy(asked, ({ window }) => windowKey(window)).values()].map((alike) => load(alike, found)),
      );
      return asked.map((each) => found.get(each) ?? []);

      async function load(alike: readonly AskedHistory[], into: Map<AskedHistory, Bucket[] | Error>): Promise<void> {
        const [first] = alike;
        if (!first) return;
        try {
          requireFewTogether(first.window, alike.length);
          const series = await repository.buckets(
            alike.map(({ clusterId }) => clusterId),
            first.window,
          );
          for (const [index, each] of alike.entries()) into.set(each, series[index] ?? []);
        } catch (error) {
          // Another stretch of the same operation must not fail with it.
          for (const each of alike) into.set(each, error as Error);
        }
      }
    },
    { cacheKeyFn: ({ clusterId, window }) => `${clusterId} ${windowKey(window)}` },
  );
