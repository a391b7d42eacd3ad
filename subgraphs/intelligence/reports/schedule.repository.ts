import type { Prisma, PrismaClient } from "../../../prisma/generated/client.ts";
import { madeWithin } from "../../shared/fleet/namespaces.ts";
import type { NamespaceScope } from "../../shared/kernel/namespaces.ts";

export type ScheduleRow = Prisma.ReportScheduleGetPayload<object>;

/** Whose schedules alone are meant, where not everybody's, and of which of their scopes. */
type Owner = { user: string; namespaces: NamespaceScope } | null;

/** Report schedules in the database. */
export class ScheduleRepository {
  readonly #prisma: PrismaClient;

  constructor(prisma: PrismaClient) {
    this.#prisma = prisma;
  }

  /** By name. @param owner only this one's; everybody's where null. */
  async page(
    tenantId: string,
    owner: Owner,
    { skip, take }: { skip: number; take: number },
  ): Promise<{ rows: ScheduleRow[]; total: number }> {
    const where = { tenantId, ...ownedBy(owner) };
    const [rows, total] = await this.#prisma.$transaction([
      this.#prisma.reportSchedule.findMany({ where, orderBy: { name: "asc" }, skip, take }),
      this.#prisma.reportSchedule.count({ where }),
    ]);
    return { rows, total };
  }

  async byId(tenantId: string, owner: Owner, id: string): Promise<ScheduleRow | null> {
    return await this.#prisma.reportSchedule.findFirst({ where: { tenantId, id, ...ownedBy(owner) } });
  }

  async countOf(tenantId: string, createdBy: string): Promise<number> {
    return await this.#prisma.reportSchedule.count({ where: { tenantId, createdBy } });
  }

  /** Some that are due, lent to whoever takes them until then: what one replica has taken, another passes over. */
  async takeDue(now: Date, until: Date, limit: number): Promise<ScheduleRow[]> {
    const taken = await this.#prisma.$queryRaw<{ id: string }[]>`
      WITH due AS MATERIALIZED (
        SELECT id FROM report_schedules WHERE enabled AND next_run_at <= ${now}::timestamptz
        ORDER BY next_run_at LIMIT ${limit}::int FOR UPDATE SKIP LOCKED
      )
      UPDATE report_schedules SET next_run_at = ${until}::timestamptz FROM due WHERE report_schedules.id = due.id
      RETURNING report_schedules.id::text`;
    if (taken.length === 0) return [];
    return await this.#prisma.reportSchedule.findMany({ where: { id: { in: taken.map(({ id }) => id) } } });
  }

  /** @returns false where it is lent to somebody else by now, was changed or is gone: then this run is not one */
  async ran(
    tx: Pick<Prisma.TransactionClient, "reportSchedule">,
    { id, nextRunAt }: Pick<ScheduleRow, "id" | "nextRunAt">,
    run: { nextRunAt: Date; lastRunAt: Date; lastError: string | null },
  ): Promise<boolean> {
    const { count } = await tx.reportSchedule.updateMany({ where: { id, nextRunAt }, data: run });
    return count > 0;
  }
}

const ownedBy = (owner: Owner) =>
  owner === null ? {} : { createdBy: owner.user, ...madeWithin(owner.namespaces, "identity") };
