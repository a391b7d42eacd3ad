import { accessBinding, type EndpointAccess, kubeconfigBinding } from "../../shared/fleet/credentials.ts";
import type { Vault } from "../../shared/fleet/vault.ts";
import { kubeconfigForToken, loadKubeconfig } from "../../shared/upstreams/kubernetes/kubeconfig.ts";
import type { SealedCredentials } from "../registry/cluster-writes.repository.ts";

export interface CredentialsGiven {
  kubeconfig?: string | null;
  token?: string | null;
  caCertificate?: string | null;
  prometheusToken?: string | null;
}

/** Turns what the owner gave into what is stored: checked, in one form (a kubeconfig), and sealed for this one record. */
export class CredentialsService {
  readonly #vault: Vault;

  constructor(vault: Vault) {
    this.#vault = vault;
  }

  /** @throws CREDENTIALS_INVALID with the reason. */
  async seal(clusterId: string, server: string, given: CredentialsGiven, now: Date): Promise<SealedCredentials> {
    const kubeconfig =
      given.kubeconfig ??
      kubeconfigForToken({ server, token: given.token ?? "", caCertificate: given.caCertificate ?? null });
    const { facts } = await loadKubeconfig(kubeconfig);
    const access: EndpointAccess = {
      prometheusToken: given.prometheusToken ?? null,
      clusterToken: facts.token,
      caCertificate: given.caCertificate ?? facts.caCertificate,
    };
    return {
      authType: "KUBECONFIG",
      kubeconfigEncrypted: this.#vault.seal(kubeconfig, kubeconfigBinding(clusterId)),
      accessEncrypted: this.#vault.seal(JSON.stringify(access), accessBinding(clusterId)),
      createdAt: now,
      expiresAt: facts.expiresAt,
    };
  }
}
