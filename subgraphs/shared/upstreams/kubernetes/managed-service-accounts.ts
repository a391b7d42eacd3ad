import { z } from "zod";
import { CodedError } from "../../kernel/errors.ts";
import { type KubernetesClient, orAbsent } from "./client.ts";
import { listOrAbsent } from "./managed-clusters.ts";

/** A service account that a hub has made in a managed cluster, whose token it keeps in a Secret of its own. */
export interface ManagedServiceAccount {
  name: string;
  /** Its cluster's. */
  namespace: string;
  /** Name of the Secret with its token, in the same namespace. */
  secret: string;
  /** Whether the hub copies the token to the ClusterProfiles' namespaces, as `<cluster>-<name>`. */
  synced: boolean;
}

export interface AccountToken {
  token: string;
  /** PEM: what the cluster's own pods trust. */
  caCertificate: string | null;
}

const SYNCED_LABEL = "authentication.open-cluster-management.io/sync-to-clusterprofile";

/** https://open-cluster-management.io/docs/getting-started/integration/managed-serviceaccount/ */
const AccountObject = z.object({
  metadata: z.object({
    name: z.string(),
    namespace: z.string(),
    labels: z.record(z.string(), z.string()).nullish(),
  }),
  status: z.object({ tokenSecretRef: z.object({ name: z.string() }).nullish() }).nullish(),
});
const SecretObject = z.object({ data: z.record(z.string(), z.string()).nullish() });

/** Those whose token is there; none where the hub has no such API, or does not let us list them. */
export async function listManagedServiceAccounts(
  client: KubernetesClient,
  signal: AbortSignal,
): Promise<ManagedServiceAccount[]> {
  const path = "/apis/authentication.open-cluster-management.io/v1beta1/managedserviceaccounts";
  const found = await orForbidden(() => listOrAbsent(client, path, AccountObject, { labelSelector: null, signal }));
  return (found ?? []).flatMap(({ metadata: { name, namespace, labels }, status }) => {
    const secret = status?.tokenSecretRef?.name;
    return secret ? [{ name, namespace, secret, synced: labels?.[SYNCED_LABEL] === "true" }] : [];
  });
}

/** The token in a Secret; null where it is not there, or not for us to read. */
export async function readAccountToken(
  client: KubernetesClient,
  namespace: string,
  name: string,
  signal: AbortSignal,
): Promise<AccountToken | null> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets/${encodeURIComponent(name)}`;
  const secret = await orForbidden(() => orAbsent(() => client.read(SecretObject, path, { signal })));
  const token = decoded(secret?.data?.["token"]);
  return token ? { token, caCertificate: decoded(secret?.data?.["ca.crt"]) } : null;
}

/** Null where the credentials may not do this (403). */
async function orForbidden<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof CodedError && error.details?.["status"] === 403) return null;
    throw error;
  }
}

const decoded = (base64: string | undefined): string | null =>
  base64 ? Buffer.from(base64, "base64").toString("utf8").trim() : null;
