import type { KnownPersona } from "./persona.service.ts";
import type { Persona } from "./persona.type.ts";

export const toPersona = ({
  id,
  name,
  description,
  systemPrompt,
  capabilities,
  icon,
  createdBy,
}: KnownPersona): Persona => ({
  id,
  name,
  description,
  systemPrompt,
  capabilities,
  icon,
  createdBy,
  isBuiltin: createdBy === null,
});
