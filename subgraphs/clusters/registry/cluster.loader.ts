import DataLoader from "dataloader";
import type { Cluster as Row } from "../../../prisma/generated/client.ts";
import type { Identity } from "../../shared/kernel/auth-context.ts";
import type { ClusterRepository } from "./cluster.repository.ts";

export type ClusterById = DataLoader<string, Row | null>;

/** Clusters of one operation by id: one statement a batch, within the identity's scope. */
export const clusterById = (repository: ClusterRepository, identity: Identity): ClusterById =>
  new DataLoader((ids) => repository.byIds(identity, ids));

export type CredentialsByCluster = DataLoader<string, Awaited<ReturnType<ClusterRepository["credentialsOf"]>>[number]>;

export const credentialsByCluster = (repository: ClusterRepository): CredentialsByCluster =>
  new DataLoader((ids) => repository.credentialsOf(ids));

/** A later field of the same operation must see what a mutation wrote. */
export function remember(
  loaders: { clusterById: ClusterById; credentialsByCluster: CredentialsByCluster },
  row: Row,
): void {
  loaders.clusterById.clear(row.id).prime(row.id, row);
  loaders.credentialsByCluster.clear(row.id);
}
