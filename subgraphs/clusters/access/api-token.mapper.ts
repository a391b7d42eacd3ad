import { ROLES, type Role } from "../../shared/kernel/permissions.ts";
import type { ApiTokenRow } from "./api-token.repository.ts";
import type { ApiToken, Role as RoleName } from "./api-token.type.ts";

export const toRole = (name: RoleName): Role => ROLES.find((role) => role === name.toLowerCase()) ?? "viewer";

export const toApiToken = ({ role, scope, ...row }: ApiTokenRow): ApiToken => ({
  id: row.id,
  name: row.name,
  hint: row.hint,
  createdBy: row.createdBy,
  role: role.toUpperCase() as RoleName,
  scope: scope as Record<string, unknown> | null,
  createdAt: row.createdAt,
  expiresAt: row.expiresAt,
  lastUsedAt: row.lastUsedAt,
  revokedAt: row.revokedAt,
});
