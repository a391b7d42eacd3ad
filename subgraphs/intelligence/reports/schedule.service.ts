import { randomUUID } from "node:crypto";
import type { Prisma } from "../../../prisma/generated/client.ts";
import { isTaken } from "../../../prisma/unique.ts";
import type { Changes } from "../../shared/fleet/changes.ts";
import type { FleetDirectory } from "../../shared/fleet/directory.ts";
import type { ClusterSelector } from "../../shared/fleet/selector.ts";
import { Identity, unattended } from "../../shared/kernel/auth-context.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import { type Page, type PageRequest, pageOf } from "../../shared/kernel/page.ts";
import { requireRole } from "../../shared/kernel/permissions.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import type { ReportParameters } from "./compose/index.ts";
import type { ReportFormat, ReportType } from "./model/report.ts";
import type { Order } from "./order.service.ts";
import { scheduledSeconds } from "./report.window.ts";
import type { ScheduleRepository, ScheduleRow } from "./schedule.repository.ts";
import { nextRun } from "./schedule.window.ts";

export interface ScheduleSpec {
  name: string;
  title?: string | null;
  reportType: ReportType;
  format: ReportFormat;
  selector?: ClusterSelector | null;
  parameters?: ReportParameters | null;
  cron: string;
  timeZone: string;
  range?: string | null;
  retentionDays: number;
  enabled: boolean;
}

const MOST_OF_ONE_USER = 100;
const DAY_SECONDS = 86_400;

/** Reports that are made again and again: who may have them, and what becomes of them. */
export class ScheduleService {
  readonly #repository: ScheduleRepository;
  readonly #directory: FleetDirectory;
  readonly #changes: Changes;
  readonly #clock: Clock;

  constructor(options: { repository: ScheduleRepository; directory: FleetDirectory; changes: Changes; clock: Clock }) {
    this.#repository = options.repository;
    this.#directory = options.directory;
    this.#changes = options.changes;
    this.#clock = options.clock;
  }

  async page({ identity }: Operation, page: PageRequest): Promise<Page<ScheduleRow>> {
    const { rows, total } = await this.#repository.page(identity.tenant, ownerOf(identity), {
      skip: (page.page - 1) * page.pageSize,
      take: page.pageSize,
    });
    return pageOf(rows, total, page);
  }

  async create(operation: Operation, spec: ScheduleSpec): Promise<ScheduleRow> {
    const { identity } = operation;
    requireRole(identity, "operator");
    if ((await this.#repository.countOf(identity.tenant, identity.user)) >= MOST_OF_ONE_USER) {
      throw new CodedError("LIMIT_EXCEEDED", `One user has at most ${MOST_OF_ONE_USER} report schedules.`);
    }
    const now = this.#clock.now();
    const data = {
      ...(await this.#checked(identity, spec, now)),
      id: randomUUID(),
      tenantId: identity.tenant,
      createdBy: identity.user,
      identity: asViewer(identity),
      createdAt: now,
    };
    return await this.#commit(operation, "CREATE_REPORT_SCHEDULE", null, spec.name, (tx) =>
      tx.reportSchedule.create({ data }),
    );
  }

  /** Whose it is stays, and what they may see is what it sees. */
  async update(operation: Operation, id: string, spec: ScheduleSpec): Promise<ScheduleRow> {
    const { identity } = operation;
    const before = await this.own(operation, id);
    const isOwn = before.createdBy === identity.user;
    const sees = isOwn ? identity : Identity.parse(before.identity);
    const checked = await this.#checked(sees, spec, this.#clock.now());
    const data = { ...checked, ...(isOwn ? { identity: asViewer(identity) } : {}), lastError: null };
    return await this.#commit(operation, "UPDATE_REPORT_SCHEDULE", before, spec.name, (tx) =>
      tx.reportSchedule.update({ where: { id }, data }),
    );
  }

  /** The reports that it made are kept as long as they would be. */
  async delete(operation: Operation, id: string): Promise<ScheduleRow> {
    const row = await this.own(operation, id);
    return await this.#commit(operation, "DELETE_REPORT_SCHEDULE", row, row.name, async (tx) => {
      await tx.reportSchedule.deleteMany({ where: { id } });
      return null;
    });
  }

  /** One's own, or as administrator anybody's. @throws FORBIDDEN, REPORT_SCHEDULE_NOT_FOUND */
  async own({ identity }: Operation, id: string): Promise<ScheduleRow> {
    requireRole(identity, "operator");
    const row = await this.#repository.byId(identity.tenant, ownerOf(identity), id);
    if (row) return row;
    throw new CodedError("REPORT_SCHEDULE_NOT_FOUND", `No report schedule ${JSON.stringify(id)}.`, { id });
  }

  /** @throws what its parts are refused with: when it runs there is nobody to tell. */
  async #checked(identity: Identity, spec: ScheduleSpec, now: Date) {
    const selector = spec.selector ?? {};
    await this.#directory.select(identity, selector);
    const { name, title = null, reportType, format, parameters, timeZone, retentionDays, enabled } = spec;
    const cron = spec.cron.trim();
    return {
      name,
      title: title?.trim() ?? null,
      reportType,
      format,
      selector: selector as Prisma.InputJsonObject,
      parameters: { ...parameters } as Prisma.InputJsonObject,
      cron,
      timeZone,
      rangeSeconds: scheduledSeconds(reportType, spec.range),
      retentionDays,
      enabled,
      nextRunAt: nextRun(cron, timeZone, now),
      updatedAt: now,
    };
  }

  /** The deed is told as it was before and is now; a write that leaves nothing answers with what there was. */
  async #commit(
    operation: Operation,
    action: string,
    before: ScheduleRow | null,
    name: string,
    write: (tx: Prisma.TransactionClient) => Promise<ScheduleRow | null>,
  ): Promise<ScheduleRow> {
    const { tenant: tenantId } = operation.identity;
    try {
      return await this.#changes.commit(async (tx, record) => {
        const row = await write(tx);
        await record.deed(operation, {
          action,
          cluster: { id: null, tenantId, name },
          before: before && auditView(before),
          after: row && auditView(row),
        });
        // One of the two is there.
        return row ?? (before as ScheduleRow);
      });
    } catch (error) {
      if (!isTaken(error)) throw error;
      throw new CodedError("CONFLICT", `Another report schedule is called ${JSON.stringify(name)}.`, { field: "name" });
    }
  }
}

/** What a schedule asks for at a time. @param by who has it run: a user, or "system" */
export const orderOf = (row: ScheduleRow, now: Date, by: string): Order => ({
  reportType: row.reportType,
  format: row.format,
  title: row.title,
  clusterIds: null,
  selector: Object.keys(row.selector as object).length > 0 ? (row.selector as ClusterSelector) : null,
  range: { start: new Date(now.getTime() - row.rangeSeconds * 1000), end: now },
  parameters: row.parameters as unknown as ReportParameters,
  keptSeconds: row.retentionDays * DAY_SECONDS,
  generatedBy: by,
  scheduleId: row.id,
});

/** What it reads, a viewer may: it is never to do more. */
const asViewer = (identity: Identity) => unattended({ ...identity, roles: ["viewer"] });

/** Who may see only part of the fleet sees no schedule but their own. */
const ownerOf = ({ scope, roles, user }: Identity) =>
  roles.includes("admin") && scope === null ? null : { user, namespaces: scope?.namespaces };

const auditView = (row: ScheduleRow): Prisma.InputJsonObject => ({
  id: row.id,
  name: row.name,
  title: row.title,
  reportType: row.reportType,
  format: row.format,
  selector: row.selector,
  parameters: row.parameters,
  cron: row.cron,
  timeZone: row.timeZone,
  rangeSeconds: row.rangeSeconds,
  retentionDays: row.retentionDays,
  enabled: row.enabled,
});
