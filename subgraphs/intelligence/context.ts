import type DataLoader from "dataloader";
import type { Target } from "../shared/fleet/directory.ts";
import type { Operation } from "../shared/kernel/subgraph.ts";

/** What every module's resolvers find in an operation's context; each module adds its own (`<module>/index.ts`). */
export interface FleetContext {
  operation: Operation;
  /** Null for a cluster that is not to be seen. */
  targetById: DataLoader<string, Target | null>;
}
