import type { AuditEntry, Prisma, PrismaClient } from "../../../prisma/generated/client.ts";
import { visibleWhere } from "../../shared/fleet/selector.ts";
import type { Identity } from "../../shared/kernel/auth-context.ts";
import type { PageRequest } from "../../shared/kernel/page.ts";

export interface AuditFilter {
  clusterId?: string | null;
  actor?: string | null;
  action?: string | null;
  since?: Date | null;
  until?: Date | null;
}

/** Entries that an export reads at once. */
const CHUNK = 500;

/** The audit log. A scoped identity reads of its own clusters alone, as long as they are there. */
export class AuditRepository {
  readonly #prisma: PrismaClient;

  constructor(prisma: PrismaClient) {
    this.#prisma = prisma;
  }

  /** Newest first. */
  async page(
    identity: Identity,
    filter: AuditFilter,
    { page, pageSize }: PageRequest,
  ): Promise<{ rows: AuditEntry[]; total: number }> {
    const where = await this.#where(identity, filter);
    const orderBy = [{ at: "desc" as const }, { id: "asc" as const }];
    const [rows, total] = await Promise.all([
      this.#prisma.auditEntry.findMany({ where, orderBy, skip: (page - 1) * pageSize, take: pageSize }),
      this.#prisma.auditEntry.count({ where }),
    ]);
    return { rows, total };
  }

  /** The next ones, oldest first; none where there are no more. */
  async after(identity: Identity, filter: AuditFilter, last: AuditEntry | null): Promise<AuditEntry[]> {
    const where = await this.#where(identity, filter);
    const later = last ? { OR: [{ at: { gt: last.at } }, { at: last.at, id: { gt: last.id } }] } : {};
    return await this.#prisma.auditEntry.findMany({
      where: { AND: [where, later] },
      orderBy: [{ at: "asc" }, { id: "asc" }],
      take: CHUNK,
    });
  }

  async #where(identity: Identity, filter: AuditFilter): Promise<Prisma.AuditEntryWhereInput> {
    return {
      AND: [
        { tenantId: identity.tenant },
        ...(identity.scope ? [{ clusterId: { in: await this.#visible(identity) } }] : []),
        ...(filter.clusterId ? [{ clusterId: filter.clusterId }] : []),
        ...(filter.actor ? [{ actor: filter.actor }] : []),
        ...(filter.action ? [{ action: filter.action }] : []),
        ...(filter.since ? [{ at: { gte: filter.since } }] : []),
        ...(filter.until ? [{ at: { lt: filter.until } }] : []),
      ],
    };
  }

  async #visible(identity: Identity): Promise<string[]> {
    const rows = await this.#prisma.cluster.findMany({ where: visibleWhere(identity), select: { id: true } });
    return rows.map(({ id }) => id);
  }
}
