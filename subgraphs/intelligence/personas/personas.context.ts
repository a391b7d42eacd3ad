import type { PersonaService } from "./persona.service.ts";

/** What this module brings to an operation's context. */
export interface PersonasContext {
  personas: PersonaService;
}
