import { z } from "zod";
import type { PrismaClient } from "../../../prisma/generated/client.ts";
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

export const kubeconfigBinding = (clusterId: string): string => `cluster_credentials/${clusterId}/kubeconfig`;
export const accessBinding = (clusterId: string): string => `cluster_credentials/${clusterId}/access`;

/** Opens stored credentials where they are used, and nowhere else: they travel in no answer and no event. */
export class FleetCredentials {
  readonly #prisma: PrismaClient;
  readonly #vault: Vault;

  constructor(prisma: PrismaClient, vault: Vault) {
    this.#prisma = prisma;
    this.#vault = vault;
  }

  /** In the order asked, in one SQL statement; null where none is stored. */
  async access(clusterIds: readonly string[]): Promise<((() => EndpointAccess) | null)[]> {
    const rows = await this.#prisma.clusterCredentials.findMany({
      where: { clusterId: { in: [...clusterIds] } },
      select: { clusterId: true, accessEncrypted: true },
    });
    const byId = new Map(rows.map((row) => [row.clusterId, row.accessEncrypted]));
    return clusterIds.map((id) => {
      const sealed = byId.get(id);
      // Opened by the caller that needs it: one record with a lost key must not fail the batch.
      return sealed ? () => EndpointAccess.parse(JSON.parse(this.#vault.open(sealed, accessBinding(id)))) : null;
    });
  }

  /** The kubeconfig's text, or null where none is stored. */
  async kubeconfig(clusterId: string): Promise<string | null> {
    const row = await this.#prisma.clusterCredentials.findUnique({
      where: { clusterId },
      select: { kubeconfigEncrypted: true },
    });
    return row?.kubeconfigEncrypted ? this.#vault.open(row.kubeconfigEncrypted, kubeconfigBinding(clusterId)) : null;
  }
}
