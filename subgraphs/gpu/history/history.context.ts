import type { HistoryService } from "./history.service.ts";

/** What this module brings to an operation's context. */
export interface HistoryContext {
  gpuHistory: HistoryService;
}
