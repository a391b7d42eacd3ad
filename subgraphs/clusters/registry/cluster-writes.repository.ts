import type { Prisma, Cluster as Row } from "../../../prisma/generated/client.ts";
import { isTaken } from "../../../prisma/unique.ts";
import type { SealedFields } from "../../shared/fleet/credentials.ts";
import { livingWhere, visibleWhere } from "../../shared/fleet/selector.ts";
import type { Identity } from "../../shared/kernel/auth-context.ts";
import { CodedError } from "../../shared/kernel/errors.ts";

/** Credentials as they are stored. */
export interface SealedCredentials extends SealedFields {
  createdAt: Date;
  expiresAt: Date | null;
  validatedAt: Date | null;
  warnedOf: Date | null;
}

type Transaction = Prisma.TransactionClient;

/** Changes to clusters, each within a caller's transaction, and within the identity's tenant and scope. */

/** @throws CLUSTER_ALREADY_EXISTS, and FORBIDDEN where the identity could not see what it made. */
export async function createCluster(
  tx: Transaction,
  identity: Identity,
  data: Prisma.ClusterUncheckedCreateInput,
  credentials: SealedCredentials | null,
): Promise<Row> {
  const row = await refusingTwins(data.name, () =>
    tx.cluster.create({ data: { ...data, ...(credentials ? { credentials: { create: credentials } } : {}) } }),
  );
  await requireVisible(tx, identity, row.id);
  return row;
}

/**
 * @returns the row, or null where there is none to be seen.
 * @throws CLUSTER_ALREADY_EXISTS, FORBIDDEN, and CONFLICT when `expected` is no longer its updatedAt.
 */
export async function updateCluster(
  tx: Transaction,
  identity: Identity,
  id: string,
  expected: Date | null,
  data: Prisma.ClusterUncheckedUpdateManyInput & { name?: string },
): Promise<Row | null> {
  const where = { AND: [livingWhere(identity), { id }] };
  const [row] = await refusingTwins(data.name ?? "", () =>
    tx.cluster.updateManyAndReturn({ where: expected ? { AND: [where, { updatedAt: expected }] } : where, data }),
  );
  if (!row) return await unchanged(tx, where);
  await requireVisible(tx, identity, id);
  return row;
}

/** @returns the row, or null where no deleted cluster is to be seen. @throws CLUSTER_ALREADY_EXISTS when its name is taken. */
export async function restoreCluster(tx: Transaction, identity: Identity, id: string, now: Date): Promise<Row | null> {
  const where = { AND: [visibleWhere(identity), { id, deletedAt: { not: null } }] };
  const deleted = await tx.cluster.findFirst({ where });
  if (!deleted) return null;
  const data = { deletedAt: null, updatedAt: now, nextCheckAt: now, state: "PROVISIONING" as const, stateSince: null };
  return await refusingTwins(deleted.name, () => tx.cluster.update({ where: { id }, data }));
}

/** Removes a deleted cluster with its credentials and history. @returns the row as it was, or null where there is none. */
export async function purgeCluster(tx: Transaction, identity: Identity, id: string): Promise<Row | null> {
  const where = { AND: [visibleWhere(identity), { id, deletedAt: { not: null } }] };
  const deleted = await tx.cluster.findFirst({ where });
  if (deleted) await tx.cluster.delete({ where: { id } });
  return deleted;
}

export async function storeCredentials(
  tx: Transaction,
  clusterId: string,
  credentials: SealedCredentials,
): Promise<void> {
  const create = { clusterId, ...credentials };
  await tx.clusterCredentials.upsert({ where: { clusterId }, create, update: credentials });
}

/** Nothing was written: because there is no such cluster, or because it is no longer the one that was read. */
async function unchanged(tx: Transaction, where: Prisma.ClusterWhereInput): Promise<null> {
  const row = await tx.cluster.findFirst({ where });
  if (!row) return null;
  const updatedAt = row.updatedAt.toISOString();
  const message = "The cluster was changed since expectedUpdatedAt. Read it again, and repeat the change.";
  throw new CodedError("CONFLICT", message, { updatedAt });
}

/** Nobody may put a cluster where they cannot see it: the transaction is undone. */
async function requireVisible(tx: Transaction, identity: Identity, id: string): Promise<void> {
  if (!identity.scope || (await tx.cluster.count({ where: { AND: [visibleWhere(identity), { id }] } }))) return;
  throw new CodedError("FORBIDDEN", "The cluster would be out of your own scope.", { field: "input" });
}

async function refusingTwins<T>(name: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!isTaken(error)) throw error;
    throw new CodedError("CLUSTER_ALREADY_EXISTS", `A cluster named ${JSON.stringify(name)} exists already.`, { name });
  }
}
