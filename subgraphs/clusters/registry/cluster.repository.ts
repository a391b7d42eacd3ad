import { Prisma, type PrismaClient, type Cluster as Row } from "../../../prisma/generated/client.ts";
import type { ClusterState, ClusterType, Environment, Platform } from "../../../prisma/generated/enums.ts";
import { type ClusterSelector, livingWhere, selectorWhere, visibleWhere } from "../../shared/fleet/selector.ts";
import type { Identity } from "../../shared/kernel/auth-context.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import type { PageRequest } from "../../shared/kernel/page.ts";

/** Credentials as they are stored. */
export type SealedCredentials = Omit<Prisma.ClusterCredentialsUncheckedCreateInput, "clusterId">;

export interface ClusterFilter extends ClusterSelector {
  nameContains?: string | null;
  platforms?: readonly Platform[] | null;
  states?: readonly ClusterState[] | null;
  hasGpuNodes?: boolean | null;
  hasCnfWorkloads?: boolean | null;
}

export interface Order {
  field: "NAME" | "CREATED_AT" | "UPDATED_AT" | "HEALTH_SCORE";
  direction: "ASC" | "DESC";
}

export interface SummaryRow {
  state: ClusterState;
  clusterType: ClusterType;
  environment: Environment;
  platform: Platform;
  region: string | null;
  hasCnfWorkloads: boolean | null;
  clusters: number;
  checked: number;
  scores: number;
  gpus: number;
}

const COLUMNS = {
  NAME: "name",
  CREATED_AT: "createdAt",
  UPDATED_AT: "updatedAt",
  HEALTH_SCORE: "healthScore",
} as const;

/** Clusters in the database. Whatever it reads or changes for an identity is within the identity's tenant and scope. */
export class ClusterRepository {
  readonly #prisma: PrismaClient;

  constructor(prisma: PrismaClient) {
    this.#prisma = prisma;
  }

  /** @throws CLUSTER_ALREADY_EXISTS, and FORBIDDEN where the identity could not see what it made. */
  async create(
    identity: Identity,
    data: Prisma.ClusterUncheckedCreateInput,
    credentials: SealedCredentials | null,
  ): Promise<Row> {
    return await refusingTwins(data.name, () =>
      this.#prisma.$transaction(async (tx) => {
        const row = await tx.cluster.create({
          data: { ...data, ...(credentials ? { credentials: { create: credentials } } : {}) },
        });
        await requireVisible(tx, identity, row.id);
        return row;
      }),
    );
  }

  /** In the order asked, in one statement; null for what is not to be seen. */
  async byIds(identity: Identity, ids: readonly string[]): Promise<(Row | null)[]> {
    const rows = await this.#prisma.cluster.findMany({
      where: { AND: [livingWhere(identity), { id: { in: [...ids] } }] },
    });
    const byId = new Map(rows.map((row) => [row.id, row]));
    return ids.map((id) => byId.get(id) ?? null);
  }

  async byName(identity: Identity, name: string): Promise<Row | null> {
    return await this.#prisma.cluster.findFirst({ where: { AND: [livingWhere(identity), { name }] } });
  }

  async page(identity: Identity, filter: ClusterFilter, order: Order, { page, pageSize }: PageRequest) {
    const where = filterWhere(identity, filter);
    const direction = order.direction === "ASC" ? "asc" : "desc";
    // Nulls last both ways: what has no score yet is not the worst nor the best.
    const by = order.field === "HEALTH_SCORE" ? { sort: direction, nulls: "last" as const } : direction;
    const orderBy = [{ [COLUMNS[order.field]]: by }, { name: "asc" as const }, { id: "asc" as const }];
    const [rows, total] = await Promise.all([
      this.#prisma.cluster.findMany({ where, orderBy, skip: (page - 1) * pageSize, take: pageSize }),
      this.#prisma.cluster.count({ where }),
    ]);
    return { rows, total };
  }

  /** One statement: a row for each combination that occurs. */
  async summary(identity: Identity, selector: ClusterSelector): Promise<SummaryRow[]> {
    const groups = await this.#prisma.cluster.groupBy({
      by: ["state", "clusterType", "environment", "platform", "region", "hasCnfWorkloads"],
      where: { AND: [livingWhere(identity), ...selectorWhere(selector)] },
      _count: { _all: true, healthScore: true },
      _sum: { healthScore: true, gpuCount: true },
    });
    return groups.map(({ _count, _sum, ...values }) => ({
      ...values,
      clusters: _count._all,
      checked: _count.healthScore,
      scores: _sum.healthScore ?? 0,
      gpus: _sum.gpuCount ?? 0,
    }));
  }

  /**
   * Change a cluster, and its credentials if given, in one transaction.
   * @returns the row, or null where it is not to be seen. @throws CONFLICT when `expected` is no longer its updatedAt.
   */
  async update(
    identity: Identity,
    id: string,
    expected: Date | null,
    data: Prisma.ClusterUncheckedUpdateManyInput & { name?: string },
    credentials: SealedCredentials | null,
  ): Promise<Row | null> {
    return await refusingTwins(data.name ?? "", () =>
      this.#prisma.$transaction(async (tx) => {
        const where = { AND: [livingWhere(identity), { id }] };
        const [row] = await tx.cluster.updateManyAndReturn({
          where: expected ? { AND: [where, { updatedAt: expected }] } : where,
          data,
        });
        if (!row) return await this.#unchanged(tx, where);
        await requireVisible(tx, identity, id);
        if (credentials) {
          const create = { clusterId: id, ...credentials };
          await tx.clusterCredentials.upsert({ where: { clusterId: id }, create, update: credentials });
        }
        return row;
      }),
    );
  }

  /** Nothing was written: because there is no such cluster, or because it is no longer the one that was read. */
  async #unchanged(tx: Prisma.TransactionClient, where: Prisma.ClusterWhereInput): Promise<null> {
    const row = await tx.cluster.findFirst({ where });
    if (!row) return null;
    const updatedAt = row.updatedAt.toISOString();
    const message = "The cluster was changed since expectedUpdatedAt. Read it again, and repeat the change.";
    throw new CodedError("CONFLICT", message, { updatedAt });
  }

  async credentialsOf(clusterIds: readonly string[]) {
    const rows = await this.#prisma.clusterCredentials.findMany({
      where: { clusterId: { in: [...clusterIds] } },
      select: { clusterId: true, authType: true, createdAt: true, expiresAt: true },
    });
    const byId = new Map(rows.map((row) => [row.clusterId, row]));
    return clusterIds.map((id) => byId.get(id) ?? null);
  }
}

function filterWhere(identity: Identity, filter: ClusterFilter): Prisma.ClusterWhereInput {
  const { nameContains, platforms, states, hasGpuNodes, hasCnfWorkloads } = filter;
  const contains = { contains: nameContains ?? "", mode: "insensitive" as const };
  return {
    AND: [
      livingWhere(identity),
      ...selectorWhere(filter),
      ...(nameContains ? [{ OR: [{ name: contains }, { displayName: contains }] }] : []),
      ...(platforms?.length ? [{ platform: { in: [...platforms] } }] : []),
      ...(states?.length ? [{ state: { in: [...states] } }] : []),
      ...(typeof hasGpuNodes === "boolean" ? [{ hasGpuNodes }] : []),
      ...(typeof hasCnfWorkloads === "boolean" ? [{ hasCnfWorkloads }] : []),
    ],
  };
}

/** Nobody may put a cluster where they cannot see it: the transaction is undone. */
async function requireVisible(tx: Prisma.TransactionClient, identity: Identity, id: string): Promise<void> {
  if (!identity.scope || (await tx.cluster.count({ where: { AND: [visibleWhere(identity), { id }] } }))) return;
  throw new CodedError("FORBIDDEN", "The cluster would be out of your own scope.", { field: "input" });
}

/** The database decides who was first: no check before the write could. */
async function refusingTwins<T>(name: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (error instanceof Prisma.PrismaClientKnownRequestError && error.code === "P2002") {
      throw new CodedError("CLUSTER_ALREADY_EXISTS", `A cluster named ${JSON.stringify(name)} exists already.`, {
        name,
      });
    }
    throw error;
  }
}
