import { createHash } from "node:crypto";
import type { Changes } from "../../shared/fleet/changes.ts";
import { unattended } from "../../shared/kernel/auth-context.ts";
import type { ReportPayload } from "../../shared/kernel/bus/payloads.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import type { Graph } from "../../shared/kernel/graph.ts";
import { composeReport } from "./compose/index.ts";
import type { ReportModel } from "./model/report.ts";
import type { Ending, QueueRepository } from "./queue.repository.ts";
import { contentTypeOf, fileNameOf, renderReport } from "./render/index.ts";
import type { Progress, ReportRepository, ReportRow } from "./report.repository.ts";
import type { ReportStore } from "./report.store.ts";

const MOST_BYTES = 64 * 1024 * 1024;

export interface WritingOptions {
  repository: ReportRepository;
  queue: QueueRepository;
  store: ReportStore;
  graph: Graph;
  changes: Changes;
  clock: Clock;
}

/** How one report comes to be: gathered as whoever it is for, drawn, stored, and told of. */
export class WritingService {
  readonly #options: WritingOptions;

  constructor(options: WritingOptions) {
    this.#options = options;
  }

  /** @throws what the graph, the drawing or the storage fails with; the signal's reason */
  async write(row: ReportRow, signal: AbortSignal, progress: (reached: Progress) => void): Promise<Ending> {
    const { repository, store, graph, clock } = this.#options;
    const identity = unattended(row.identity);
    const requestId = `report-${row.id}`;
    let steps = 1;
    const model = await composeReport(
      {
        id: row.id,
        title: row.title,
        type: row.reportType,
        generatedBy: row.generatedBy,
        range: { start: row.rangeStart, end: row.rangeEnd },
        clusterIds: row.clusterScope,
        parameters: row.parameters,
      },
      {
        ask: (document, variables) => graph.ask({ document, variables, identity, signal, requestId }),
        clock,
        signal,
        progress: (reached) => {
          steps = reached.total;
          progress({ ...reached, total: reached.total + 2 });
        },
      },
    );
    progress({ step: "Drawing", done: steps, total: steps + 2 });
    const bytes = await renderReport(model, row.format, { signal });
    if (bytes.length > MOST_BYTES) {
      throw new CodedError("LIMIT_EXCEEDED", "The report is larger than 64 MiB: ask for fewer clusters or less time.");
    }
    progress({ step: "Storing", done: steps + 1, total: steps + 2 });
    const storagePath = nameOf(row, model);
    await store.put(storagePath, bytes, contentTypeOf(row.format));
    const told = await repository.clusterIds(row.tenantId, namesIn(model));
    return {
      status: "READY",
      clusterScope: [...new Set([...row.clusterScope, ...told])],
      storagePath,
      sizeBytes: bytes.length,
      sha256: createHash("sha256").update(bytes).digest("hex"),
    };
  }

  /** What somebody cancelled or deleted stays so, and another's turn is not ended here. */
  async finish(row: ReportRow, ending: Ending): Promise<void> {
    const { changes, queue, store, clock } = this.#options;
    const now = clock.now();
    const ended = await changes.commit(async (tx, record) => {
      if (!(await queue.end(tx, row, ending, now))) return false;
      if (ending.status === "FAILED") {
        const { scheduleId } = row;
        if (scheduleId)
          await tx.reportSchedule.updateMany({ where: { id: scheduleId }, data: { lastError: ending.error } });
        return true;
      }
      const payload: ReportPayload = {
        report_id: row.id,
        owner: row.owner,
        report_type: row.reportType,
        format: row.format,
        title: row.title,
        status: ending.status,
        size_bytes: ending.sizeBytes,
        created_at: row.createdAt.toISOString(),
      };
      await record.event({ type: "REPORT_GENERATED", cluster: { id: null, tenantId: row.tenantId }, payload });
      return true;
    });
    if (!ended && ending.status === "READY") await store.delete(ending.storagePath);
  }
}

/** Of this turn alone: who has lost its turn overwrites nothing of the next. */
function nameOf({ id, attempts, format }: ReportRow, model: ReportModel): string {
  const extension = fileNameOf(model, format).split(".").at(-1) ?? "";
  return `${id}-${attempts}.${extension}`;
}

/** An alert is related to others elsewhere: who may not see those clusters may not read what it says of them. */
function namesIn({ timeline, causes, gaps }: ReportModel): string[] {
  const named = [...timeline, ...causes].flatMap(({ cluster }) => cluster ?? []);
  return [...new Set([...named, ...gaps.flatMap(({ clusters }) => clusters)])];
}
