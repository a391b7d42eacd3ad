import DataLoader from "dataloader";
import type { Outcome } from "../../shared/kernel/outcome.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import type { GpuTarget } from "../readings/gpu-cluster.repository.ts";
import type { SmiReading, SmiReadings } from "./smi.watch.ts";

/** One node. */
export interface SmiNode {
  target: GpuTarget;
  node: string;
}

export type SmiLoader = DataLoader<SmiNode, Outcome<SmiReading>, string>;

/** What nvidia-smi tells of nodes, within one operation. */
export const smiLoader = (
  operation: Operation,
  smi: SmiReadings,
  onInternalError: (error: unknown) => void,
): SmiLoader =>
  new DataLoader(
    async (asked) => {
      const byCluster = Map.groupBy(asked, ({ target }) => target.id);
      const read = await Promise.all(
        [...byCluster.values()].map(async (nodes) => {
          const names = nodes.map(({ node }) => node);
          const [first] = nodes;
          const options = { signal: operation.signal, onInternalError };
          const outcomes = first ? await smi.read(first.target, names, operation, options) : [];
          return nodes.map((node, index) => [node, outcomes[index]] as const);
        }),
      );
      const outcomes = new Map(read.flat());
      return asked.map((node) => outcomes.get(node) ?? new Error("A node was not read."));
    },
    { cacheKeyFn: ({ target, node }) => `${target.id} ${node}` },
  );
