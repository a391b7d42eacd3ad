import type { SilenceDeedService } from "./silence-deed.service.ts";
import type { SilencesService } from "./silences.service.ts";

/** What this module brings to an operation's context. */
export interface SilencesContext {
  silences: SilencesService;
  silenceDeeds: SilenceDeedService;
}
