import type { Changes } from "../../shared/fleet/changes.ts";
import type { Identity } from "../../shared/kernel/auth-context.ts";
import type { EventBus } from "../../shared/kernel/bus/event-bus.ts";
import type { RootCausePayload } from "../../shared/kernel/bus/payloads.ts";
import { tellWork } from "../../shared/kernel/bus/work.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import { heartbeat } from "../../shared/kernel/heartbeat.ts";
import type { Logger } from "../../shared/kernel/log.ts";
import type { AnalysisProgress, AnalysisRepository, AnalysisRow, Ending } from "./analysis.repository.ts";
import type { Investigations } from "./investigation.service.ts";
import type { Subject } from "./subject.service.ts";

const MOST = { here: 8, perUser: 2 };
/** A search that takes longer would tell of a fleet that is another one by then. */
const LONGEST_MS = 5 * 60_000;
const RETRY_SECONDS = 10;

interface Running {
  user: string;
  controller: AbortController;
  done: Promise<void>;
}

export interface RunServiceOptions {
  repository: AnalysisRepository;
  investigations: Investigations;
  changes: Changes;
  bus: EventBus;
  clock: Clock;
  log: Logger;
}

/** The searches that this process works on. */
export class RunService {
  readonly #options: RunServiceOptions;
  readonly #running = new Map<string, Running>();
  #closed = false;

  constructor(options: RunServiceOptions) {
    this.#options = options;
  }

  /** @throws RATE_LIMITED where there is no room for another one of this user, SHUTTING_DOWN */
  requireRoom({ user, tenant }: Identity): void {
    if (this.#closed) throw new CodedError("SHUTTING_DOWN", "The server is stopping; ask again.");
    const own = [...this.#running].filter(([, running]) => running.user === `${tenant}/${user}`).map(([id]) => id);
    if (own.length >= MOST.perUser) {
      throw new CodedError(
        "RATE_LIMITED",
        `You have ${own.length} searches under way: wait for one, or end it with cancelRootCauseAnalysis.`,
        { retryAfterSeconds: RETRY_SECONDS, running: own },
      );
    }
    if (this.#running.size >= MOST.here) {
      throw new CodedError("RATE_LIMITED", "Too many searches are under way; try again in some seconds.", {
        retryAfterSeconds: RETRY_SECONDS,
      });
    }
  }

  /** Begins to work on it; what becomes of it is in the database. */
  start(row: AnalysisRow, subject: Subject, by: { identity: Identity; requestId: string }): void {
    const controller = new AbortController();
    const done = this.#run(row, subject, { ...by, controller }).finally(() => this.#running.delete(row.id));
    this.#running.set(row.id, { user: `${by.identity.tenant}/${by.identity.user}`, controller, done });
  }

  /** Where it is worked on here, it ends at once; elsewhere with its next beat. */
  cancel(id: string): void {
    this.#running.get(id)?.controller.abort(cancelled());
  }

  async close(): Promise<void> {
    this.#closed = true;
    const error = new CodedError("SHUTTING_DOWN", "The server that worked on it stopped; ask again.");
    for (const { controller } of this.#running.values()) controller.abort(error);
    await Promise.all([...this.#running.values()].map(({ done }) => done));
  }

  async #run(
    row: AnalysisRow,
    subject: Subject,
    { identity, requestId, controller }: { identity: Identity; requestId: string; controller: AbortController },
  ): Promise<void> {
    const { investigations, clock, log } = this.#options;
    let progress: AnalysisProgress = row.progress ?? { step: "", done: 0, total: 0 };
    const beat = heartbeat({
      say: () => this.#say(row.id, progress),
      lost: () => controller.abort(cancelled()),
      failed: (error) => log.warn({ err: error, analysis: row.id }, "a search could not say how far it is"),
    });
    const late = setTimeout(
      () => controller.abort(new CodedError("UPSTREAM_TIMEOUT", "It was not done within five minutes.")),
      LONGEST_MS,
    );
    try {
      const { onset, verdict, result, end } = await investigations.run(
        subject,
        { identity, requestId, signal: controller.signal },
        (reached) => {
          progress = reached;
          beat.now();
        },
      );
      const ending = { status: "COMPLETE", onset: new Date(onset), windowEnd: new Date(end), verdict, result } as const;
      await this.#finish(row, subject, ending, clock.now());
    } catch (error) {
      await this.#fail(row, subject, error);
    } finally {
      beat.stop();
      clearTimeout(late);
    }
  }

  async #say(id: string, progress: AnalysisProgress): Promise<boolean> {
    const { repository, clock, bus } = this.#options;
    const goesOn = await repository.beat(id, progress, clock.now());
    if (goesOn) await tellWork(bus, id, {});
    return goesOn;
  }

  async #fail(row: AnalysisRow, subject: Subject, error: unknown): Promise<void> {
    const { log, clock } = this.#options;
    const coded = error instanceof CodedError;
    if (!coded) log.error({ err: error, analysis: row.id }, "a search for a root cause failed here");
    const message = coded ? error.message : "Something failed here; the log has it under the analysis' id.";
    await this.#finish(row, subject, { status: "FAILED", error: message }, clock.now()).catch((unsaid: unknown) => {
      log.error({ err: unsaid, analysis: row.id }, "the end of a search could not be kept");
    });
  }

  /** What somebody cancelled stays so. */
  async #finish(row: AnalysisRow, { title }: Subject, ending: Ending, now: Date): Promise<void> {
    const { changes, repository, bus } = this.#options;
    await changes.commit(async (tx, record) => {
      if (!(await repository.end(tx, row.id, ending, now)) || ending.status !== "COMPLETE") return;
      const cause = ending.result?.causes[0]?.entity;
      const payload: RootCausePayload = {
        analysis_id: row.id,
        owner: null,
        cluster_id: row.clusterId,
        subject: title,
        verdict: ending.verdict ?? "INCONCLUSIVE",
        top_cause: cause ? `${cause.kind} ${cause.namespace ? `${cause.namespace}/` : ""}${cause.name}` : null,
        finished_at: now.toISOString(),
      };
      await record.event({
        type: "RCA_COMPLETE",
        cluster: { id: row.clusterId, tenantId: row.tenantId },
        namespace: row.namespace,
        payload,
      });
    });
    await tellWork(bus, row.id, {});
  }
}

const cancelled = (): CodedError => new CodedError("CANCELLED", "The search was cancelled.");
