import type { GraphQLSchema } from "graphql";
import type { Config } from "../../subgraphs/shared/kernel/config.ts";
import type { LimitsConfig } from "../../subgraphs/shared/kernel/limits-config.ts";
import type { Logger } from "../../subgraphs/shared/kernel/log.ts";
import { Admission } from "./admission.ts";
import { CostModel } from "./cost.ts";
import { FleetSizes, type FleetSizesOptions } from "./fleet-sizes.ts";
import { PersistedDocuments, readTrustedDocuments } from "./persisted-documents.ts";
import { openRates } from "./rates.ts";

export interface LimitsOptions {
  config: LimitsConfig & Pick<Config, "REDIS_URL" | "AIOPS_REDIS_PREFIX">;
  keeper: FleetSizesOptions["keeper"];
  log: Logger;
  onCost?: (cost: number) => void;
}

export interface OpenLimits {
  admission: Admission;
  persisted: PersistedDocuments;
  /** A new supergraph: operations are counted by it from now on. */
  use(loaded: { sdl: string; apiSchema: GraphQLSchema }): void;
  readonly sharedRates: boolean | null;
  close(): void;
}

/** What decides which operations run, as configured. @throws ConfigError for documents that cannot be read */
export async function openLimits({ config, keeper, log, onCost }: LimitsOptions): Promise<OpenLimits> {
  const { AIOPS_TRUSTED_DOCUMENTS: file, REDIS_URL: url, AIOPS_REDIS_PREFIX: prefix } = config;
  const persisted = new PersistedDocuments(file === undefined ? null : await readTrustedDocuments(file));
  const rates = await openRates({ url, prefix, log });
  let graph: { schema: GraphQLSchema; model: CostModel } | undefined;
  const admission = new Admission({
    config,
    graph() {
      if (!graph) throw new Error("An operation came before the supergraph.");
      return graph;
    },
    documents: persisted,
    fleetSizes: new FleetSizes({ keeper, log }),
    rates,
    onCost,
  });
  return {
    admission,
    persisted,
    use({ sdl, apiSchema }) {
      graph = { schema: apiSchema, model: new CostModel(apiSchema, sdl) };
    },
    get sharedRates() {
      return rates.shared;
    },
    close: () => rates.close(),
  };
}
