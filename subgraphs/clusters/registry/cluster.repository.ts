import type { Prisma, PrismaClient, Cluster as Row } from "../../../prisma/generated/client.ts";
import type { ClusterState, ClusterType, Environment, Platform } from "../../../prisma/generated/enums.ts";
import { type ClusterSelector, livingWhere, selectorWhere, visibleWhere } from "../../shared/fleet/selector.ts";
import type { Identity } from "../../shared/kernel/auth-context.ts";
import { escapeLike } from "../../shared/kernel/escapes.ts";
import type { PageRequest } from "../../shared/kernel/page.ts";
import type { Columns } from "./cluster-columns.plan.ts";

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
  hasGpuNodes: boolean | null;
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

/** Clusters as the database has them. Whatever it reads for an identity is within the identity's tenant and scope. */
export class ClusterRepository {
  readonly #prisma: PrismaClient;

  constructor(prisma: PrismaClient) {
    this.#prisma = prisma;
  }

  /** In the order asked, in one statement; null for what is not to be seen. */
  async byIds(identity: Identity, ids: readonly string[]): Promise<(Row | null)[]> {
    const rows = await this.#prisma.cluster.findMany({
      where: { AND: [livingWhere(identity), { id: { in: [...ids] } }] },
    });
    const byId = new Map(rows.map((row) => [row.id, seenBy(identity, row)]));
    return ids.map((id) => byId.get(id) ?? null);
  }

  /** @param columns all, unless some are named: the row then lacks the others */
  async byName(identity: Identity, name: string, columns?: Columns): Promise<Row | null> {
    const where = { AND: [livingWhere(identity), { name }] };
    const row = await this.#prisma.cluster.findFirst({ where, ...some(columns) });
    return row && seenBy(identity, row);
  }

  /** Those there are, by name, in one statement. */
  async byNames(identity: Identity, names: readonly string[]): Promise<Map<string, Row>> {
    const rows = await this.#prisma.cluster.findMany({
      where: { AND: [livingWhere(identity), { name: { in: [...names] } }] },
    });
    return new Map(rows.map((row) => [row.name, row]));
  }

  /** @param columns as of `byName` */
  async page(
    identity: Identity,
    filter: ClusterFilter,
    order: Order,
    { page, pageSize }: PageRequest,
    columns?: Columns,
  ): Promise<{ rows: Row[]; total: number }> {
    const where = filterWhere(identity, filter);
    const direction = order.direction === "ASC" ? "asc" : "desc";
    // Nulls last both ways: what has no score yet is not the worst nor the best.
    const by = order.field === "HEALTH_SCORE" ? { sort: direction, nulls: "last" as const } : direction;
    const orderBy = [{ [COLUMNS[order.field]]: by }, { name: "asc" as const }, { id: "asc" as const }];
    const [rows, total] = await Promise.all([
      this.#prisma.cluster.findMany({ where, orderBy, skip: (page - 1) * pageSize, take: pageSize, ...some(columns) }),
      this.#prisma.cluster.count({ where }),
    ]);
    return { rows: rows.map((row) => seenBy(identity, row)), total };
  }

  /** One statement: a row for each combination that occurs. */
  async summary(identity: Identity, selector: ClusterSelector): Promise<SummaryRow[]> {
    const groups = await this.#prisma.cluster.groupBy({
      by: ["state", "clusterType", "environment", "platform", "region", "hasGpuNodes", "hasCnfWorkloads"],
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

  /** Deleted clusters that can still be restored, the last deleted first. */
  async deleted(identity: Identity, { page, pageSize }: PageRequest) {
    const where = { AND: [visibleWhere(identity), { deletedAt: { not: null } }] };
    const orderBy = [{ deletedAt: "desc" as const }, { id: "asc" as const }];
    const [rows, total] = await Promise.all([
      this.#prisma.cluster.findMany({ where, orderBy, skip: (page - 1) * pageSize, take: pageSize }),
      this.#prisma.cluster.count({ where }),
    ]);
    return { rows, total };
  }

  async credentialsOf(clusterIds: readonly string[]) {
    const rows = await this.#prisma.clusterCredentials.findMany({
      where: { clusterId: { in: [...clusterIds] } },
      select: { clusterId: true, authType: true, createdAt: true, expiresAt: true, validatedAt: true },
    });
    const byId = new Map(rows.map((row) => [row.clusterId, row]));
    return clusterIds.map((id) => byId.get(id) ?? null);
  }
}

/** Typed as none: who names columns reads no others. */
const some = (columns: Columns | undefined): object => (columns ? { select: columns } : {});

/** What was found inside of it is of all its namespaces. */
const seenBy = (identity: Identity, row: Row): Row =>
  identity.scope?.namespaces ? { ...row, capabilitiesAt: null, proposedEndpoints: [] } : row;

function filterWhere(identity: Identity, filter: ClusterFilter): Prisma.ClusterWhereInput {
  const { nameContains, platforms, states, hasGpuNodes, hasCnfWorkloads } = filter;
  // What is not shown is nothing to ask by either.
  const found = (fact: Prisma.ClusterWhereInput): Prisma.ClusterWhereInput =>
    identity.scope?.namespaces ? { id: { in: [] } } : fact;
  // Prisma hands LIKE's own signs through.
  const contains = { contains: escapeLike(nameContains ?? ""), mode: "insensitive" as const };
  return {
    AND: [
      livingWhere(identity),
      ...selectorWhere(filter),
      ...(nameContains ? [{ OR: [{ name: contains }, { displayName: contains }] }] : []),
      ...(platforms?.length ? [{ platform: { in: [...platforms] } }] : []),
      ...(states?.length ? [{ state: { in: [...states] } }] : []),
      ...(typeof hasGpuNodes === "boolean" ? [found({ hasGpuNodes })] : []),
      ...(typeof hasCnfWorkloads === "boolean" ? [found({ hasCnfWorkloads })] : []),
    ],
  };
}
