import type { HealthService } from "./health.service.ts";

/** What this module brings to an operation's context. */
export interface HealthContext {
  gpuHealth: HealthService;
}
