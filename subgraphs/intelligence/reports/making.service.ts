import type { EventBus } from "../../shared/kernel/bus/event-bus.ts";
import { hearWork, MISSED } from "../../shared/kernel/bus/work.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import { heartbeat } from "../../shared/kernel/heartbeat.ts";
import type { Logger } from "../../shared/kernel/log.ts";
import type { QueueRepository } from "./queue.repository.ts";
import type { Progress, ReportRow } from "./report.repository.ts";
import { decodeNews, tellReport } from "./report-news.contract.ts";
import type { WritingService } from "./writing.service.ts";

/** A report that takes longer would tell of a fleet that is another one by then. */
const LONGEST_MS = 30 * 60_000;
/** While the gateway or a subgraph starts anew: how often a report is tried meanwhile, and for how long. */
const REST_MS = 10_000;
const PATIENCE_MS = 10 * 60_000;

export interface MakingOptions {
  queue: QueueRepository;
  writing: Pick<WritingService, "write" | "finish">;
  bus: EventBus;
  clock: Clock;
  log: Logger;
}

/** The report that this process makes: one at a time, since drawing one takes memory. */
export class MakingService {
  readonly #options: MakingOptions;
  #making: { id: string; controller: AbortController } | null = null;
  #run: Promise<void> | null = null;
  #again = false;
  #closed = false;

  constructor(options: MakingOptions) {
    this.#options = options;
  }

  /** There may be something to do. In the background. */
  kick(): void {
    this.#again = true;
    if (this.#closed) return;
    this.#run ??= this.#empty().finally(() => {
      this.#run = null;
      if (this.#again) this.kick();
    });
  }

  /** Wherever it is made. */
  async cancel(id: string): Promise<void> {
    if (this.#making?.id === id) this.#making.controller.abort(cancelled());
    await tellReport(this.#options.bus, id, "CANCEL");
  }

  /** What is under way, another process begins anew. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#making?.controller.abort(new CodedError("SHUTTING_DOWN", "The server that made it stopped."));
    await this.#run;
  }

  async #empty(): Promise<void> {
    const { queue, clock, log } = this.#options;
    while (!this.#closed) {
      this.#again = false;
      const row = await queue.take(clock.now()).catch((error: unknown) => {
        log.error({ err: error }, "reports could not be looked for");
        return null;
      });
      if (!row) return;
      await this.#make(row);
    }
  }

  async #make(row: ReportRow): Promise<void> {
    const { writing, bus, log } = this.#options;
    const controller = new AbortController();
    this.#making = { id: row.id, controller };
    // close() came while it was taken.
    if (this.#closed) controller.abort(new CodedError("SHUTTING_DOWN", "The server that made it stopped."));
    let progress: Progress = { step: "Beginning", done: 0, total: 1 };
    const beat = heartbeat({
      say: () => this.#say(row, progress),
      lost: () => controller.abort(cancelled()),
      failed: (error) => log.warn({ err: error, report: row.id }, "a report could not say how far it is"),
    });
    const late = setTimeout(
      () => controller.abort(new CodedError("UPSTREAM_TIMEOUT", "It was not done within half an hour.")),
      LONGEST_MS,
    );
    // Somebody cancels in another process. Where that is missed, the next beat finds it.
    const stopHearing = hearWork({
      bus,
      workId: row.id,
      decode: decodeNews,
      heard: (news) => {
        if (news !== MISSED && news.kind === "CANCEL") controller.abort(cancelled());
      },
      failed: (error) => log.warn({ err: error }, "a report hears nobody"),
    });
    try {
      controller.signal.throwIfAborted();
      beat.now();
      const ending = await writing.write(row, controller.signal, (reached) => {
        progress = reached;
        beat.now();
      });
      await writing.finish(row, ending);
    } catch (error) {
      await this.#fail(row, controller.signal.aborted ? controller.signal.reason : error);
    } finally {
      beat.stop();
      clearTimeout(late);
      this.#making = null;
      await stopHearing();
      await tellReport(bus, row.id, "PROGRESS").catch((error: unknown) => {
        log.warn({ err: error, report: row.id }, "the end of a report could not be told");
      });
    }
  }

  async #say(row: ReportRow, progress: Progress): Promise<boolean> {
    const { queue, clock, bus } = this.#options;
    const goesOn = await queue.beat(row, progress, clock.now());
    if (goesOn) await tellReport(bus, row.id, "PROGRESS");
    return goesOn;
  }

  /** Who was cancelled, or has lost its turn, has nothing to write any more. */
  async #fail(row: ReportRow, error: unknown): Promise<void> {
    const { queue, writing, clock, log } = this.#options;
    const code = error instanceof CodedError ? error.code : null;
    const now = clock.now().getTime();
    const isTooEarly = code === "SUBGRAPH_UNAVAILABLE" && now < row.createdAt.getTime() + PATIENCE_MS;
    try {
      if (code === "SHUTTING_DOWN") await queue.release(row, new Date(now));
      else if (isTooEarly) await queue.release(row, new Date(now + REST_MS));
      else await writing.finish(row, { status: "FAILED", error: this.#wordsOf(error, row) });
    } catch (unsaid) {
      log.error({ err: unsaid, report: row.id }, "the end of a report could not be kept");
    }
  }

  #wordsOf(error: unknown, { id }: ReportRow): string {
    if (error instanceof CodedError) return error.message;
    this.#options.log.error({ err: error, report: id }, "a report failed here");
    return "Something failed here; the log has it under the report's id.";
  }
}

const cancelled = (): CodedError => new CodedError("CANCELLED", "The report was cancelled.");
