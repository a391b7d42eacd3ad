import type { Prisma, PrismaClient } from "../../../prisma/generated/client.ts";
import type { CredentialsFacts } from "./credentials.mapper.ts";

type Transaction = Prisma.TransactionClient;

const FACTS = {
  authType: true,
  createdAt: true,
  expiresAt: true,
  serviceAccountTokenSecretRef: true,
  prometheusTokenSecretRef: true,
} as const;
const EXPIRING = {
  ...FACTS,
  clusterId: true,
  warnedOf: true,
  cluster: { select: { id: true, tenantId: true, name: true } },
} as const;
const SEALED = {
  clusterId: true,
  createdAt: true,
  keyId: true,
  kubeconfigEncrypted: true,
  accessEncrypted: true,
  oidcEncrypted: true,
  cluster: { select: { tenantId: true } },
} as const;

export type Expiring = Prisma.ClusterCredentialsGetPayload<{ select: typeof EXPIRING }>;
export type SealedRecord = Prisma.ClusterCredentialsGetPayload<{ select: typeof SEALED }>;

/** Stored credentials. Whoever calls has found the cluster visible; jobs work for no identity, over all tenants. */
export class CredentialsRepository {
  readonly #prisma: PrismaClient;

  constructor(prisma: PrismaClient) {
    this.#prisma = prisma;
  }

  async facts(clusterId: string, tx: Transaction = this.#prisma): Promise<CredentialsFacts | null> {
    return await tx.clusterCredentials.findUnique({ where: { clusterId }, select: FACTS });
  }

  async remove(tx: Transaction, clusterId: string): Promise<void> {
    await tx.clusterCredentials.deleteMany({ where: { clusterId } });
  }

  /** Notes that all endpoints took the credentials stored at `createdAt`, if they still are those. */
  async markValidated(clusterId: string, createdAt: Date, at: Date): Promise<void> {
    await this.#prisma.clusterCredentials.updateMany({ where: { clusterId, createdAt }, data: { validatedAt: at } });
  }

  /** Credentials of living clusters that end before `end`, and of whose end nobody was warned, the first to end first. */
  async unwarned(end: Date, after: string, limit: number): Promise<Expiring[]> {
    const { expiresAt } = this.#prisma.clusterCredentials.fields;
    return await this.#prisma.clusterCredentials.findMany({
      where: {
        clusterId: { gt: after },
        cluster: { deletedAt: null },
        expiresAt: { lte: end },
        OR: [{ warnedOf: null }, { NOT: { warnedOf: { equals: expiresAt } } }],
      },
      select: EXPIRING,
      orderBy: { clusterId: "asc" },
      take: limit,
    });
  }

  /** False where another replica was faster, or the credentials are others by now. */
  async markWarned(tx: Transaction, { clusterId, createdAt, expiresAt, warnedOf }: Expiring): Promise<boolean> {
    const where = { clusterId, createdAt, expiresAt, warnedOf };
    const { count } = await tx.clusterCredentials.updateMany({ where, data: { warnedOf: expiresAt } });
    return count > 0;
  }

  /** Notes the end of a token that was replaced where it is kept. */
  async markExpiry({ clusterId, createdAt }: Expiring, expiresAt: Date | null): Promise<void> {
    await this.#prisma.clusterCredentials.updateMany({ where: { clusterId, createdAt }, data: { expiresAt } });
  }

  async count(): Promise<number> {
    return await this.#prisma.clusterCredentials.count();
  }

  /** How many are not wrapped by the key. */
  async countForeign(keyId: string): Promise<number> {
    return await this.#prisma.clusterCredentials.count({ where: foreign(keyId) });
  }

  /** Some that are not wrapped by the key, by cluster id from `after` on. */
  async foreign(keyId: string, after: string, limit: number): Promise<SealedRecord[]> {
    return await this.#prisma.clusterCredentials.findMany({
      where: { AND: [foreign(keyId), { clusterId: { gt: after } }] },
      select: SEALED,
      orderBy: { clusterId: "asc" },
      take: limit,
    });
  }

  /** False where it was changed in the meantime: then it is not ours to overwrite. */
  async rewrap(
    { clusterId, createdAt, keyId }: SealedRecord,
    data: Prisma.ClusterCredentialsUncheckedUpdateManyInput,
  ): Promise<boolean> {
    const where = { clusterId, createdAt, keyId };
    return (await this.#prisma.clusterCredentials.updateMany({ where, data })).count > 0;
  }
}

const foreign = (keyId: string): Prisma.ClusterCredentialsWhereInput => ({
  OR: [{ keyId: null }, { keyId: { not: keyId } }],
});
