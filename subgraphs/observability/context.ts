import type DataLoader from "dataloader";
import type { Target } from "../shared/fleet/directory.ts";
import type { Operation } from "../shared/kernel/subgraph.ts";
import type { MetricsService } from "./metrics/metrics.service.ts";

/** What one operation's resolvers work with. */
export interface ObservabilityContext {
  operation: Operation;
  /** Null for a cluster that is not to be seen. */
  targetById: DataLoader<string, Target | null>;
  metrics: MetricsService;
}
