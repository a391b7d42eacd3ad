import type { Platform } from "../platform.ts";
import type { Subgraph } from "../shared/kernel/subgraph.ts";
import { subgraphOf } from "../shared/kernel/subgraph-module.ts";
import { health } from "./health/index.ts";
import { history } from "./history/index.ts";
import { nodes } from "./nodes/index.ts";
import { processes } from "./processes/index.ts";
import { smi } from "./smi/index.ts";
import { summary } from "./summary/index.ts";
import { updates } from "./updates/index.ts";
import { waste } from "./waste/index.ts";

/** The fleet's GPUs. */
export const gpu: Subgraph<Platform> = subgraphOf("gpu", [
  nodes,
  smi,
  processes,
  summary,
  health,
  history,
  waste,
  updates,
]);
