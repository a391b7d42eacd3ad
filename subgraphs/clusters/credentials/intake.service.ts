import { X509Certificate } from "node:crypto";
import { type Credentials, sealCredentials } from "../../shared/fleet/credentials.ts";
import type { SecretReferences } from "../../shared/fleet/secret-references.ts";
import type { Vault } from "../../shared/fleet/vault.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import { kubeconfigForToken, loadKubeconfig } from "../../shared/upstreams/kubernetes/kubeconfig.ts";
import type { OidcClient } from "../../shared/upstreams/oidc/client.ts";
import type { TargetGuard } from "../../shared/upstreams/target-guard.ts";
import type { SealedCredentials } from "../registry/cluster-writes.repository.ts";

export interface CredentialsGiven {
  kubeconfig?: string | null;
  token?: string | null;
  caCertificate?: string | null;
  prometheusToken?: string | null;
  serviceAccountTokenSecretRef?: string | null;
  prometheusTokenSecretRef?: string | null;
  oidc?: OidcGiven | null;
}

interface OidcGiven {
  issuerUrl: string;
  clientId: string;
  clientSecret: string;
  scopes?: readonly string[] | null;
  audience?: string | null;
  caCertificate?: string | null;
}

/** The cluster that credentials are given for. */
interface Owner {
  id: string;
  tenantId: string;
  apiServerUrl: string;
}

/** What was given, checked and in the form that is used. */
export interface Taken {
  credentials: Credentials;
  /** When the token or client certificate ends, if it says so. Tokens of an OIDC issuer are replaced before they do. */
  expiresAt: Date | null;
}

/** A Secret is read within this time. */
const PATIENCE_MS = 10_000;

/** Turns what a cluster's owner gave into what is used and stored: checked, and sealed for this one record. */
export class CredentialsIntake {
  readonly #vault: Vault;
  readonly #secrets: SecretReferences;
  readonly #guard: TargetGuard;

  constructor({ vault, secrets, guard }: { vault: Vault; secrets: SecretReferences; guard: TargetGuard }) {
    this.#vault = vault;
    this.#secrets = secrets;
    this.#guard = guard;
  }

  /** @throws CREDENTIALS_INVALID with the reason, TARGET_NOT_ALLOWED for the issuer, and what hinders reading a Secret. */
  async take(owner: Owner, given: CredentialsGiven): Promise<Taken> {
    const { prometheusTokenSecretRef = null, serviceAccountTokenSecretRef = null, oidc } = given;
    if (prometheusTokenSecretRef) await this.#expiryOf(prometheusTokenSecretRef, owner.tenantId);
    const access = { prometheusToken: given.prometheusToken ?? null, caCertificate: readable(given.caCertificate) };
    const common = { kubeconfig: null, oidc: null, serviceAccountTokenSecretRef: null, prometheusTokenSecretRef };
    if (serviceAccountTokenSecretRef) {
      return {
        credentials: {
          ...common,
          authType: "SERVICE_ACCOUNT",
          serviceAccountTokenSecretRef,
          access: { ...access, clusterToken: null },
        },
        expiresAt: await this.#expiryOf(serviceAccountTokenSecretRef, owner.tenantId),
      };
    }
    if (oidc) {
      this.#guard.checkUrls({ issuerUrl: oidc.issuerUrl });
      const credentials = { ...common, oidc: client(oidc), access: { ...access, clusterToken: null } };
      return { credentials: { ...credentials, authType: "OIDC" }, expiresAt: null };
    }
    const { apiServerUrl: server } = owner;
    const { caCertificate } = access;
    const kubeconfig = given.kubeconfig ?? kubeconfigForToken({ server, token: given.token ?? "", caCertificate });
    const { facts } = await loadKubeconfig(kubeconfig);
    return {
      credentials: {
        ...common,
        authType: "KUBECONFIG",
        kubeconfig,
        access: { ...access, clusterToken: facts.token, caCertificate: caCertificate ?? facts.caCertificate },
      },
      expiresAt: facts.expiresAt,
    };
  }

  /** As it is stored: nobody was warned yet, and no endpoint asked. */
  seal(clusterId: string, { credentials, expiresAt }: Taken, createdAt: Date): SealedCredentials {
    const sealed = sealCredentials(this.#vault, clusterId, credentials);
    return { ...sealed, createdAt, expiresAt, validatedAt: null, warnedOf: null };
  }

  async #expiryOf(reference: string, tenantId: string): Promise<Date | null> {
    const { endsAt } = await this.#secrets.read(reference, tenantId, AbortSignal.timeout(PATIENCE_MS));
    return Number.isFinite(endsAt) ? new Date(endsAt) : null;
  }
}

const client = ({ scopes, audience, caCertificate, issuerUrl, clientId, clientSecret }: OidcGiven): OidcClient => ({
  issuerUrl,
  clientId,
  clientSecret,
  scopes: [...(scopes ?? [])],
  audience: audience ?? null,
  caCertificate: readable(caCertificate),
});

function readable(pem: string | null | undefined): string | null {
  if (!pem) return null;
  try {
    new X509Certificate(pem);
    return pem;
  } catch {
    throw new CodedError("CREDENTIALS_INVALID", "The caCertificate is no certificate in PEM.", {
      field: "caCertificate",
    });
  }
}
