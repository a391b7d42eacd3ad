import type { TraceLookupService } from "./trace-lookup.service.ts";
import type { TraceTagsService } from "./trace-tags.service.ts";
import type { TracesService } from "./traces.service.ts";

/** What this module brings to an operation's context. */
export interface TracesContext {
  traces: TracesService;
  traceLookup: TraceLookupService;
  traceTags: TraceTagsService;
}
