import type { Platform } from "../../platform.ts";
import { SmiReadings } from "../smi/smi.watch.ts";
import { CollectionRepository } from "../updates/collection.repository.ts";
import { ExporterReadings } from "./exporters.watch.ts";
import { GpuClusterRepository } from "./gpu-cluster.repository.ts";
import { GpuInventories } from "./inventory.watch.ts";
import type { ReadingSources } from "./readings.loader.ts";

/** Where GPUs are read from. */
export interface Sources extends ReadingSources {
  clusters: GpuClusterRepository;
  smi: SmiReadings;
  collections: CollectionRepository;
}

/** Less than exporters are scraped apart: what is read again so soon would be the same. */
const FRESH_MS = 5000;
const CLAIMS_FRESH_MS = 10_000;

const known = new WeakMap<Platform, Sources>();

/** The same for all modules of a subgraph: what one has read, the others need not read again. */
export function sourcesOf(platform: Platform): Sources {
  const { config, fleet, changes, clock, database } = platform;
  const sources = known.get(platform) ?? {
    exporters: new ExporterReadings({
      clients: fleet.clients,
      clock,
      freshMs: Math.min(FRESH_MS, config.AIOPS_GPU_POLL_MS / 2),
    }),
    inventories: new GpuInventories(fleet.clients, Math.min(CLAIMS_FRESH_MS, config.AIOPS_GPU_POLL_MS / 2)),
    smi: new SmiReadings({ clients: fleet.clients, changes, clock }),
    clusters: new GpuClusterRepository(database.prisma),
    collections: new CollectionRepository(database.prisma),
    clock,
  };
  known.set(platform, sources);
  return sources;
}
