import type { Identity } from "./auth-context.ts";
import { CodedError } from "./errors.ts";

/** viewer reads; operator also acts on what runs (refresh, silence, acknowledge); admin also changes the fleet. */
export const ROLES = ["viewer", "operator", "admin"] as const;
export type Role = (typeof ROLES)[number];

/** @throws FORBIDDEN unless the identity has the role or a higher one. */
export function requireRole(identity: Identity, role: Role): void {
  if (identity.roles.some((held) => ROLES.indexOf(held) >= ROLES.indexOf(role))) return;
  throw new CodedError("FORBIDDEN", `This needs the role "${role}".`, { requiredRole: role });
}
