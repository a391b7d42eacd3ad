import { clusters } from "./clusters/index.ts";
import { events } from "./events/index.ts";
import { gpu } from "./gpu/index.ts";
import { intelligence } from "./intelligence/index.ts";
import { observability } from "./observability/index.ts";
import type { Platform } from "./platform.ts";
import type { Subgraph } from "./shared/kernel/subgraph.ts";

export interface ListedSubgraph {
  subgraph: Subgraph<Platform>;
  /** Where it listens in production unless PORT says otherwise, and where the committed supergraph finds it. */
  port: number;
}

/** The one list of subgraphs. */
export const SUBGRAPHS: readonly ListedSubgraph[] = [
  { subgraph: clusters, port: 4001 },
  { subgraph: observability, port: 4002 },
  { subgraph: gpu, port: 4003 },
  { subgraph: intelligence, port: 4004 },
  { subgraph: events, port: 4005 },
];
