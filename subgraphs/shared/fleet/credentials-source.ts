import DataLoader from "dataloader";
import { LRUCache } from "lru-cache";
import type { PrismaClient } from "../../../prisma/generated/client.ts";
import { RenewedToken, type TokenSource } from "../upstreams/bearer-token.ts";
import type { UpstreamHttp } from "../upstreams/http.ts";
import { fetchOidcToken, type OidcClient } from "../upstreams/oidc/client.ts";
import { type Credentials, kubeconfigBinding, openAccess, openOidc } from "./credentials.ts";
import type { Target } from "./directory.ts";
import type { SecretReferences } from "./secret-references.ts";
import { SIGNED_OUT, type SignIn, signInOf } from "./sign-in.ts";
import type { Vault } from "./vault.ts";

const MAX_SIGN_INS = 2000;

interface Options {
  prisma: PrismaClient;
  vault: Vault;
  http: UpstreamHttp;
  secrets: Pick<SecretReferences, "read">;
  /** Milliseconds since 1970. */
  now?: () => number;
}

/**
 * The one place that answers how to sign in to a cluster now: from what is stored sealed, a Secret that it refers to, or an OIDC
 * issuer. Opened where it is used, and nowhere else: credentials travel in no answer and no event.
 */
export class CredentialsSource {
  readonly #options: Options;
  readonly #now: () => number;
  readonly #signIns = new LRUCache<string, Promise<SignIn>>({ max: MAX_SIGN_INS });
  readonly #records: DataLoader<string, StoredRecord | null>;

  constructor(options: Options) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#records = new DataLoader((ids) => this.#load(ids), { cache: false });
  }

  /** With what is stored. Kept until that changes, so that all clients of a cluster share its tokens. */
  signIn({ id, credentialsAt }: Pick<Target, "id" | "credentialsAt">): Promise<SignIn> {
    const key = `${id} ${credentialsAt?.getTime()}`;
    const known = this.#signIns.get(key);
    if (known) return known;
    const forget = (): void => void this.#signIns.delete(key);
    const made = this.#records.load(id).then((record) => {
      // Not remembered: some may be stored before the key changes.
      if (!record) forget();
      return record ? this.#stored(record) : SIGNED_OUT;
    });
    this.#signIns.set(key, made);
    made.catch(forget);
    return made;
  }

  /** With what is not stored yet. */
  candidate(credentials: Credentials, tenantId: string): SignIn {
    const { access, kubeconfig, oidc, serviceAccountTokenSecretRef, prometheusTokenSecretRef } = credentials;
    return signInOf({
      access: () => access,
      kubeconfig: () => Promise.resolve(kubeconfig),
      clusterToken: this.#referred(serviceAccountTokenSecretRef, tenantId) ?? (oidc && this.#issued(() => oidc)),
      prometheusToken: this.#referred(prometheusTokenSecretRef, tenantId),
    });
  }

  #stored({ clusterId, cluster, accessEncrypted, oidcEncrypted, ...record }: StoredRecord): SignIn {
    const { prisma, vault } = this.#options;
    const { tenantId } = cluster;
    return signInOf({
      access: () => openAccess(vault, clusterId, accessEncrypted),
      kubeconfig: async () => {
        const where = { clusterId };
        const row = await prisma.clusterCredentials.findUnique({ where, select: { kubeconfigEncrypted: true } });
        return row?.kubeconfigEncrypted ? vault.open(row.kubeconfigEncrypted, kubeconfigBinding(clusterId)) : null;
      },
      clusterToken:
        this.#referred(record.serviceAccountTokenSecretRef, tenantId) ??
        (oidcEncrypted && this.#issued(() => openOidc(vault, clusterId, oidcEncrypted))),
      prometheusToken: this.#referred(record.prometheusTokenSecretRef, tenantId),
    });
  }

  #referred(reference: string | null, tenantId: string): TokenSource | null {
    const { secrets } = this.#options;
    return reference === null
      ? null
      : new RenewedToken((signal) => secrets.read(reference, tenantId, signal), this.#now);
  }

  #issued(client: () => OidcClient): TokenSource {
    const { http } = this.#options;
    return new RenewedToken(async (signal) => await fetchOidcToken(http, client(), signal), this.#now);
  }

  /** In the order asked, in one SQL statement; the kubeconfigs, which are long and only for the API server, are left out. */
  async #load(clusterIds: readonly string[]): Promise<(StoredRecord | null)[]> {
    const rows = await this.#options.prisma.clusterCredentials.findMany({
      where: { clusterId: { in: [...clusterIds] } },
      select: RECORD,
    });
    const byId = new Map(rows.map((row) => [row.clusterId, row]));
    return clusterIds.map((id) => byId.get(id) ?? null);
  }
}

const RECORD = {
  clusterId: true,
  accessEncrypted: true,
  oidcEncrypted: true,
  serviceAccountTokenSecretRef: true,
  prometheusTokenSecretRef: true,
  cluster: { select: { tenantId: true } },
} as const;

interface StoredRecord {
  clusterId: string;
  accessEncrypted: Uint8Array<ArrayBuffer> | null;
  oidcEncrypted: Uint8Array<ArrayBuffer> | null;
  serviceAccountTokenSecretRef: string | null;
  prometheusTokenSecretRef: string | null;
  cluster: { tenantId: string };
}
