import type { WatchService } from "./watch.service.ts";

/** What this module brings to an operation's context. */
export interface WatchesContext {
  watches: WatchService;
}
