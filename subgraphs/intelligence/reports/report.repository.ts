import type { Prisma, PrismaClient } from "../../../prisma/generated/client.ts";
import { madeWithin } from "../../shared/fleet/namespaces.ts";
import { visibleWhere } from "../../shared/fleet/selector.ts";
import type { Identity } from "../../shared/kernel/auth-context.ts";
import type { NamespaceScope } from "../../shared/kernel/namespaces.ts";
import type { ReportParameters } from "./compose/index.ts";
import type { ReportFormat, ReportType } from "./model/report.ts";
import type { ReportStatus } from "./report-enums.type.ts";

export interface Progress {
  step: string;
  done: number;
  total: number;
}

type Stored = Prisma.ReportGetPayload<object>;
export type ReportRow = Omit<Stored, "progress" | "parameters"> & {
  progress: Progress | null;
  parameters: ReportParameters;
};

export interface ReportFilter {
  reportTypes?: readonly ReportType[] | null;
  formats?: readonly ReportFormat[] | null;
  statuses?: readonly ReportStatus[] | null;
  scheduleId?: string | null;
}

/** Whose eyes a question is asked with: one's own reports, or everybody's; and none of clusters that are hidden from them, nor made with more namespaces. */
export interface Reader {
  tenantId: string;
  owner: string | null;
  hidden: readonly string[];
  namespaces: NamespaceScope;
}

/** Reports in the database, as long as they are kept. */
export class ReportRepository {
  readonly #prisma: PrismaClient;

  constructor(prisma: PrismaClient) {
    this.#prisma = prisma;
  }

  /** Administrators read everybody's; nobody reads of clusters that they may not see. Those that are gone are nobody's. */
  async reader(identity: Identity): Promise<Reader> {
    const owner = identity.roles.includes("admin") ? null : identity.user;
    const namespaces = identity.scope?.namespaces;
    return { tenantId: identity.tenant, owner, hidden: await this.#hidden(identity), namespaces };
  }

  async #hidden(identity: Identity): Promise<string[]> {
    if (!identity.scope) return [];
    const [all, seen] = await this.#prisma.$transaction([
      this.#prisma.cluster.findMany({ where: { tenantId: identity.tenant }, select: { id: true } }),
      this.#prisma.cluster.findMany({ where: visibleWhere(identity), select: { id: true } }),
    ]);
    const visible = new Set(seen.map(({ id }) => id));
    return all.flatMap(({ id }) => (visible.has(id) ? [] : [id]));
  }

  /** In the order asked; null for what is not there, or not the reader's to see. */
  async byIds(reader: Reader, ids: readonly string[], now: Date): Promise<(ReportRow | null)[]> {
    const where = { AND: [readable(reader, now), { id: { in: [...ids] } }] };
    const rows = await this.#prisma.report.findMany({ where });
    const byId = new Map(rows.map((row) => [row.id, toRow(row)]));
    return ids.map((id) => byId.get(id) ?? null);
  }

  /** The latest first. */
  async page(
    reader: Reader,
    { reportTypes, formats, statuses, scheduleId }: ReportFilter,
    now: Date,
    { skip, take }: { skip: number; take: number },
  ): Promise<{ rows: ReportRow[]; total: number }> {
    const where: Prisma.ReportWhereInput = {
      AND: [
        readable(reader, now),
        reportTypes?.length ? { reportType: { in: [...reportTypes] } } : {},
        formats?.length ? { format: { in: [...formats] } } : {},
        statuses?.length ? { status: { in: [...statuses] } } : {},
        scheduleId ? { scheduleId } : {},
      ],
    };
    const [rows, total] = await this.#prisma.$transaction([
      this.#prisma.report.findMany({ where, orderBy: [{ createdAt: "desc" }, { id: "asc" }], skip, take }),
      this.#prisma.report.count({ where }),
    ]);
    return { rows: rows.map(toRow), total };
  }

  /** How many one user has, and how many of them are not made yet. */
  async countOf({ tenant, user }: Identity): Promise<{ kept: number; waiting: number }> {
    const where = { tenantId: tenant, owner: user };
    const [kept, waiting] = await this.#prisma.$transaction([
      this.#prisma.report.count({ where }),
      this.#prisma.report.count({ where: { ...where, status: { in: ["QUEUED", "RUNNING"] } } }),
    ]);
    return { kept, waiting };
  }

  /** Of names, the clusters that there are. */
  async clusterIds(tenantId: string, names: readonly string[]): Promise<string[]> {
    const where = { tenantId, name: { in: [...names] } };
    return (await this.#prisma.cluster.findMany({ where, select: { id: true } })).map(({ id }) => id);
  }

  async cancel(tx: Pick<Prisma.TransactionClient, "report">, id: string, now: Date): Promise<boolean> {
    const { count } = await tx.report.updateMany({
      where: { id, status: { in: ["QUEUED", "RUNNING"] } },
      data: { status: "CANCELLED", finishedAt: now },
    });
    return count > 0;
  }

  /** At most so many that are no longer kept. */
  async expired(now: Date, limit: number): Promise<ReportRow[]> {
    const where = { expiresAt: { lte: now } };
    return (await this.#prisma.report.findMany({ where, orderBy: { expiresAt: "asc" }, take: limit })).map(toRow);
  }

  async remove(ids: readonly string[]): Promise<void> {
    await this.#prisma.report.deleteMany({ where: { id: { in: [...ids] } } });
  }

  /** What of reports lies in the storage, or is being put there now. */
  async stored(ids: readonly string[]): Promise<Pick<ReportRow, "id" | "status" | "storagePath">[]> {
    const select = { id: true, status: true, storagePath: true } as const;
    return await this.#prisma.report.findMany({ where: { id: { in: [...ids] } }, select });
  }
}

const readable = ({ tenantId, owner, hidden, namespaces }: Reader, now: Date): Prisma.ReportWhereInput => ({
  tenantId,
  expiresAt: { gt: now },
  ...(owner === null ? {} : { owner }),
  ...madeWithin(namespaces, "identity"),
  ...(hidden.length > 0 ? { NOT: { clusterScope: { hasSome: [...hidden] } } } : {}),
});

/** What its JSON columns hold is written by this module alone. */
export const toRow = ({ progress, parameters, ...row }: Stored): ReportRow => ({
  ...row,
  progress: progress as Progress | null,
  parameters: parameters as unknown as ReportParameters,
});
