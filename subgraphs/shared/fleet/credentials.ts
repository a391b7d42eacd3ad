import { z } from "zod";
import type { AuthType } from "../../../prisma/generated/enums.ts";
import { OidcClient } from "../upstreams/oidc/client.ts";
import type { Vault } from "./vault.ts";

/** What signs in to a cluster's endpoints other than the API server. */
export const EndpointAccess = z.object({
  /** For Prometheus alone, if the owner gave one. */
  prometheusToken: z.string().nullable(),
  /** The cluster's own bearer token, which OpenShift's monitoring accepts. Only ever sent over TLS. */
  clusterToken: z.string().nullable(),
  /** PEM, trusted beside the public authorities. */
  caCertificate: z.string().nullable(),
});
export type EndpointAccess = z.infer<typeof EndpointAccess>;

/** Credentials in clear, for as long as they are used. */
export interface Credentials {
  authType: AuthType;
  kubeconfig: string | null;
  access: EndpointAccess;
  oidc: OidcClient | null;
  serviceAccountTokenSecretRef: string | null;
  prometheusTokenSecretRef: string | null;
}

/** The columns that hold them, sealed for the one record. */
export interface SealedFields {
  authType: AuthType;
  kubeconfigEncrypted: Uint8Array<ArrayBuffer> | null;
  accessEncrypted: Uint8Array<ArrayBuffer> | null;
  oidcEncrypted: Uint8Array<ArrayBuffer> | null;
  serviceAccountTokenSecretRef: string | null;
  prometheusTokenSecretRef: string | null;
  keyId: string | null;
}

export const kubeconfigBinding = (clusterId: string): string => `cluster_credentials/${clusterId}/kubeconfig`;
export const accessBinding = (clusterId: string): string => `cluster_credentials/${clusterId}/access`;
export const oidcBinding = (clusterId: string): string => `cluster_credentials/${clusterId}/oidc`;

export function sealCredentials(vault: Vault, clusterId: string, credentials: Credentials): SealedFields {
  const { kubeconfig, access, oidc, ...open } = credentials;
  return {
    ...open,
    kubeconfigEncrypted: kubeconfig === null ? null : vault.seal(kubeconfig, kubeconfigBinding(clusterId)),
    accessEncrypted: vault.seal(JSON.stringify(access), accessBinding(clusterId)),
    oidcEncrypted: oidc && vault.seal(JSON.stringify(oidc), oidcBinding(clusterId)),
    keyId: vault.keyId,
  };
}

/** The same secrets under the key that seals now. @throws KEY_UNAVAILABLE, naming the record. */
export function rewrapCredentials(
  vault: Vault,
  clusterId: string,
  sealed: Pick<SealedFields, "kubeconfigEncrypted" | "accessEncrypted" | "oidcEncrypted">,
): Pick<SealedFields, "kubeconfigEncrypted" | "accessEncrypted" | "oidcEncrypted" | "keyId"> {
  const { kubeconfigEncrypted, accessEncrypted, oidcEncrypted } = sealed;
  return {
    kubeconfigEncrypted: kubeconfigEncrypted && vault.rewrap(kubeconfigEncrypted, kubeconfigBinding(clusterId)),
    accessEncrypted: accessEncrypted && vault.rewrap(accessEncrypted, accessBinding(clusterId)),
    oidcEncrypted: oidcEncrypted && vault.rewrap(oidcEncrypted, oidcBinding(clusterId)),
    keyId: vault.keyId,
  };
}

const NO_ACCESS: EndpointAccess = { prometheusToken: null, clusterToken: null, caCertificate: null };

/** @throws KEY_UNAVAILABLE, naming the record and field. */
export const openAccess = (vault: Vault, clusterId: string, sealed: Uint8Array | null): EndpointAccess =>
  sealed ? EndpointAccess.parse(JSON.parse(vault.open(sealed, accessBinding(clusterId)))) : NO_ACCESS;

/** @throws KEY_UNAVAILABLE, naming the record and field. */
export const openOidc = (vault: Vault, clusterId: string, sealed: Uint8Array): OidcClient =>
  OidcClient.parse(JSON.parse(vault.open(sealed, oidcBinding(clusterId))));
