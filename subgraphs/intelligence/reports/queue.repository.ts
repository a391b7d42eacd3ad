import type { Prisma, PrismaClient } from "../../../prisma/generated/client.ts";
import { ReportStatus } from "../../../prisma/generated/enums.ts";
import { type Progress, type ReportRow, toRow } from "./report.repository.ts";

/** A report that loses its process so often may be what ends them. */
export const MOST_ATTEMPTS = 3;

/** Somebody's turn at making a report: whoever was silent for too long has lost it to the next. */
export type Turn = Pick<ReportRow, "id" | "attempts">;

/** How a turn ends. */
export type Ending =
  | {
      status: "READY";
      clusterScope: string[];
      storagePath: string;
      sizeBytes: number;
      sha256: string;
    }
  | { status: "FAILED"; error: string };

/** The reports that wait and are being made: a queue that outlives processes. */
export class QueueRepository {
  readonly #prisma: PrismaClient;

  constructor(prisma: PrismaClient) {
    this.#prisma = prisma;
  }

  /** The one that has waited longest: what one replica has taken, another passes over. */
  async take(now: Date): Promise<ReportRow | null> {
    const [taken] = await this.#prisma.$queryRaw<{ id: string }[]>`
      WITH next AS MATERIALIZED (
        SELECT id FROM reports
        WHERE status = 'QUEUED' AND beat_at <= ${now}::timestamptz AND expires_at > ${now}::timestamptz
        ORDER BY created_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
      )
      UPDATE reports SET status = 'RUNNING', attempts = attempts + 1, beat_at = ${now}::timestamptz
      FROM next WHERE reports.id = next.id
      RETURNING reports.id::text`;
    const row = taken ? await this.#prisma.report.findUnique({ where: { id: taken.id } }) : null;
    return row && toRow(row);
  }

  /** How many there are by status, and since when the oldest one waits. */
  async load(): Promise<{ counts: { status: ReportStatus; count: number }[]; waitsSince: Date | null }> {
    const groups = await this.#prisma.report.groupBy({ by: ["status"], _count: true, _min: { createdAt: true } });
    return {
      counts: Object.values(ReportStatus).map((status) => ({
        status,
        count: groups.find((group) => group.status === status)?._count ?? 0,
      })),
      waitsSince: groups.find(({ status }) => status === "QUEUED")?._min.createdAt ?? null,
    };
  }

  /** Says that it is still worked on. @returns false where it is not to be: it was cancelled or deleted, or is another's now */
  async beat(turn: Turn, progress: Progress, now: Date): Promise<boolean> {
    const { count } = await this.#prisma.report.updateMany({
      where: of(turn),
      data: { beatAt: now, progress: { ...progress } },
    });
    return count > 0;
  }

  /** @returns false where it is not this turn's to end */
  async end(tx: Pick<Prisma.TransactionClient, "report">, turn: Turn, ending: Ending, now: Date): Promise<boolean> {
    const { count } = await tx.report.updateMany({ where: of(turn), data: { ...ending, finishedAt: now } });
    return count > 0;
  }

  /** It is begun anew, by whoever comes then: no process was lost over it, and it does not count. */
  async release(turn: Turn, from: Date): Promise<void> {
    await this.#prisma.report.updateMany({
      where: of(turn),
      data: { status: "QUEUED", beatAt: from, attempts: { decrement: 1 } },
    });
  }

  /** Those of processes that are gone are begun anew, and fail where that was in vain too often. @returns their ids */
  async recover(silentSince: Date, error: string, now: Date): Promise<string[]> {
    const silent = { status: "RUNNING", beatAt: { lt: silentSince } } as const;
    const select = { id: true } as const;
    const [given, begun] = await this.#prisma.$transaction([
      this.#prisma.report.updateManyAndReturn({
        where: { ...silent, attempts: { gte: MOST_ATTEMPTS } },
        data: { status: "FAILED", error, finishedAt: now },
        select,
      }),
      this.#prisma.report.updateManyAndReturn({
        where: { ...silent, attempts: { lt: MOST_ATTEMPTS } },
        data: { status: "QUEUED", beatAt: now },
        select,
      }),
    ]);
    return [...given, ...begun].map(({ id }) => id);
  }
}

const of = ({ id, attempts }: Turn) => ({ id, attempts, status: "RUNNING" as const });
