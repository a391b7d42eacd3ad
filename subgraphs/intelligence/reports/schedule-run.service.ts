import type { Changes } from "../../shared/fleet/changes.ts";
import { unattended } from "../../shared/kernel/auth-context.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import type { MakingService } from "./making.service.ts";
import type { OrderService } from "./order.service.ts";
import type { ReportRow } from "./report.repository.ts";
import type { ScheduleRepository, ScheduleRow } from "./schedule.repository.ts";
import { orderOf, type ScheduleService } from "./schedule.service.ts";
import { nextRun } from "./schedule.window.ts";

const AT_ONCE = 10;
/** As long as a run may take to begin a report; one whose process is gone by then is another's. */
const LENT_MS = 120_000;

export interface ScheduleRunOptions {
  repository: ScheduleRepository;
  schedules: ScheduleService;
  orders: Pick<OrderService, "prepare" | "place">;
  making: Pick<MakingService, "kick">;
  changes: Changes;
  clock: Clock;
  onError: (error: unknown) => void;
}

/** What schedules lead to: reports of whoever created them, made with what they may see. */
export class ScheduleRunService {
  readonly #options: ScheduleRunOptions;

  constructor(options: ScheduleRunOptions) {
    this.#options = options;
  }

  /** A run that was missed, however often, is made once. @returns whether there may be more to do */
  async runDue(signal: AbortSignal): Promise<boolean> {
    const { repository, clock, onError } = this.#options;
    const now = clock.now();
    const due = await repository.takeDue(now, new Date(now.getTime() + LENT_MS), AT_ONCE);
    for (const row of due) await this.#runDue(row, now, signal).catch(onError);
    return due.length === AT_ONCE && !signal.aborted;
  }

  /** Now, beside its times. @throws REPORT_SCHEDULE_NOT_FOUND, what the report cannot be made of */
  async runNow(operation: Operation, id: string): Promise<ReportRow> {
    const { schedules, orders, making, changes, clock } = this.#options;
    const schedule = await schedules.own(operation, id);
    const now = clock.now();
    const identity = unattended(schedule.identity);
    const order = orderOf(schedule, now, operation.identity.user);
    const data = await orders.prepare({ ...operation, identity }, order, now);
    const row = await changes.commit(async (tx, record) => {
      await tx.reportSchedule.updateMany({ where: { id }, data: { lastRunAt: now, lastError: null } });
      return await orders.place(tx, record, operation, data);
    });
    making.kick();
    return row;
  }

  async #runDue(schedule: ScheduleRow, now: Date, signal: AbortSignal): Promise<void> {
    const { repository, orders, making, changes } = this.#options;
    const by = { identity: unattended(schedule.identity), requestId: `report-schedule-${schedule.id}`, signal };
    const run = { nextRunAt: nextRun(schedule.cron, schedule.timeZone, now), lastRunAt: now };
    const data = await orders.prepare(by, orderOf(schedule, now, "system"), now).catch((error: unknown) => {
      // A cluster that it names is gone, there is no room, or an alert is no more: the next time is another try.
      if (error instanceof CodedError && !signal.aborted) return error;
      throw error;
    });
    await changes.commit(async (tx, record) => {
      const lastError = data instanceof CodedError ? data.message : null;
      if (!(await repository.ran(tx, schedule, { ...run, lastError })) || data instanceof CodedError) return;
      await orders.place(tx, record, by, data);
    });
    making.kick();
  }
}
