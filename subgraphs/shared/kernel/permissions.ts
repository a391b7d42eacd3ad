import type { Identity } from "./auth-context.ts";
import { CodedError } from "./errors.ts";

/** viewer reads; operator also acts on what runs (refresh, silence, acknowledge); admin also changes the fleet. */
export const ROLES = ["viewer", "operator", "admin"] as const;
export type Role = (typeof ROLES)[number];

/** Whether the identity has the role or a higher one. */
export const isAllowed = (identity: Identity, role: Role): boolean =>
  identity.roles.some((held) => ROLES.indexOf(held) >= ROLES.indexOf(role));

/** @throws FORBIDDEN for whoever sees only some namespaces. @param what is asked for */
export function requireAllNamespaces({ scope }: Identity, what: string): void {
  if (!scope?.namespaces) return;
  throw new CodedError("FORBIDDEN", `${what} is not told by namespace: it needs a scope without namespaces.`);
}

/** @throws FORBIDDEN unless the identity has the role or a higher one. */
export function requireRole(identity: Identity, role: Role): void {
  if (isAllowed(identity, role)) return;
  throw new CodedError("FORBIDDEN", `This needs the role "${role}".`, { requiredRole: role });
}
