import type { Changes } from "../../shared/fleet/changes.ts";
import type { ClusterSelector } from "../../shared/fleet/selector.ts";
import type { EventBus } from "../../shared/kernel/bus/event-bus.ts";
import { WorkProgress, workHead } from "../../shared/kernel/bus/work.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import { type Page, type PageRequest, pageOf } from "../../shared/kernel/page.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import type { AskedRange } from "../../shared/kernel/time-range.ts";
import type { ReportParameters } from "./compose/index.ts";
import type { MakingService } from "./making.service.ts";
import type { ReportFormat, ReportType } from "./model/report.ts";
import { type OrderService, reportDeed } from "./order.service.ts";
import type { ReportFilter, ReportRepository, ReportRow } from "./report.repository.ts";
import type { ReportStore } from "./report.store.ts";
import { keptSeconds, reportRange } from "./report.window.ts";

export interface AskedReport {
  reportType: ReportType;
  format: ReportFormat;
  title?: string | null;
  clusterIds?: readonly string[] | null;
  selector?: ClusterSelector | null;
  range?: AskedRange | null;
  parameters?: ReportParameters | null;
  expiresIn: string;
}

export interface ReportServiceOptions {
  repository: ReportRepository;
  orders: OrderService;
  making: MakingService;
  store: ReportStore;
  changes: Changes;
  bus: EventBus;
  clock: Clock;
}

type By = Pick<Operation, "identity" | "requestId">;

/** Reports: who may ask for one, who may read it, and what becomes of it. */
export class ReportService {
  readonly #options: ReportServiceOptions;

  constructor(options: ReportServiceOptions) {
    this.#options = options;
  }

  /** Everybody may: it only reads, as who asks. @throws what it cannot be made of, LIMIT_EXCEEDED */
  async generate(operation: Operation, asked: AskedReport): Promise<ReportRow> {
    const { orders, making, changes, clock } = this.#options;
    const { reportType, format, title = null, clusterIds = null, selector = null, parameters } = asked;
    const order = {
      reportType,
      format,
      title,
      clusterIds,
      selector,
      range: reportRange(reportType, asked.range, operation.startedAt),
      parameters: { ...parameters },
      keptSeconds: keptSeconds(asked.expiresIn),
      generatedBy: operation.identity.user,
      scheduleId: null,
    };
    const data = await orders.prepare(operation, order, clock.now());
    const row = await changes.commit((tx, record) => orders.place(tx, record, operation, data));
    making.kick();
    return row;
  }

  /** @throws REPORT_NOT_FOUND, also where it tells of a cluster that is not to be seen */
  async one({ identity }: Pick<Operation, "identity">, id: string): Promise<ReportRow> {
    const { repository, clock } = this.#options;
    const [row] = await repository.byIds(await repository.reader(identity), [id], clock.now());
    if (row) return row;
    throw new CodedError("REPORT_NOT_FOUND", `No report ${JSON.stringify(id)}.`, { id });
  }

  async page({ identity }: Operation, filter: ReportFilter, page: PageRequest): Promise<Page<ReportRow>> {
    const { repository, clock } = this.#options;
    const bounds = { skip: (page.page - 1) * page.pageSize, take: page.pageSize };
    const { rows, total } = await repository.page(await repository.reader(identity), filter, clock.now(), bounds);
    return pageOf(rows, total, page);
  }

  /** Wherever it is made. @throws REPORT_NOT_FOUND, CONFLICT where it is over */
  async cancel(operation: Operation, id: string): Promise<ReportRow> {
    const { repository, making, changes, clock } = this.#options;
    const row = await this.one(operation, id);
    await changes.commit(async (tx, record) => {
      if (!(await repository.cancel(tx, id, clock.now()))) {
        throw new CodedError("CONFLICT", "The report is over already: deleteReport removes it.", { id });
      }
      await reportDeed(record, operation, "CANCEL_REPORT", row);
    });
    await making.cancel(id);
    return await this.one(operation, id);
  }

  /** Answers with it as it was. @throws REPORT_NOT_FOUND */
  async delete(operation: Operation, id: string): Promise<ReportRow> {
    const { making, store, changes } = this.#options;
    const row = await this.one(operation, id);
    await changes.commit(async (tx, record) => {
      await tx.report.deleteMany({ where: { id } });
      await reportDeed(record, operation, "DELETE_REPORT", row);
    });
    await making.cancel(id);
    // What cannot be removed now, the job that looks for what is nobody's removes later.
    if (row.storagePath) await store.delete(row.storagePath).catch(() => {});
    return row;
  }

  /** How it is, and then each time that it went on. @throws REPORT_NOT_FOUND, also later */
  async follow(operation: Operation, id: string): Promise<WorkProgress<ReportRow>> {
    const { bus } = this.#options;
    const after = await workHead(bus, id);
    const first = await this.one(operation, id);
    const isOver = ({ status }: ReportRow): boolean => status !== "QUEUED" && status !== "RUNNING";
    return new WorkProgress({ bus, after, first, load: () => this.one(operation, id), isOver });
  }

  /** Its bytes, which go on record. @throws REPORT_NOT_FOUND, also where there are none */
  async open(by: By, row: ReportRow, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const { store, changes } = this.#options;
    const bytes = row.storagePath === null ? null : await store.get(row.storagePath, signal);
    if (!bytes) throw new CodedError("REPORT_NOT_FOUND", `No report ${JSON.stringify(row.id)}.`, { id: row.id });
    try {
      await changes.commit((_, record) => reportDeed(record, by, "DOWNLOAD_REPORT", row));
      return bytes;
    } catch (error) {
      await bytes.cancel();
      throw error;
    }
  }
}
