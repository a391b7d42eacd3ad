import type { Operation } from "../shared/kernel/subgraph.ts";
import type { GpuTargets } from "./readings/targets.loader.ts";

/** What every module's resolvers find in an operation's context; each module adds its own (`<module>/index.ts`). */
export interface FleetContext {
  operation: Operation;
  targets: GpuTargets;
}
