import type { AuthType } from "../../../prisma/generated/enums.ts";

/** What may be told of stored credentials. */
export interface CredentialsFacts {
  authType: AuthType;
  createdAt: Date;
  expiresAt: Date | null;
  serviceAccountTokenSecretRef: string | null;
  prometheusTokenSecretRef: string | null;
}

/** What the audit log keeps of credentials: never anything that is made from a secret. */
export const auditView = (facts: CredentialsFacts) => ({
  authType: facts.authType,
  createdAt: facts.createdAt.toISOString(),
  expiresAt: facts.expiresAt?.toISOString() ?? null,
  serviceAccountTokenSecretRef: facts.serviceAccountTokenSecretRef,
  prometheusTokenSecretRef: facts.prometheusTokenSecretRef,
});

/** What an event tells of a cluster's credentials; null where there are none any more. */
export const eventView = (name: string, facts: Pick<CredentialsFacts, "authType" | "expiresAt"> | null) => ({
  name,
  auth_type: facts?.authType ?? null,
  expires_at: facts?.expiresAt?.toISOString() ?? null,
});
