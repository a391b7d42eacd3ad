import type { PrismaClient } from "../../../prisma/generated/client.ts";

/**
 * Whose turn it is: repeated duties of clusters, shared out over the replicas. What one replica has taken, another passes over
 * (SKIP LOCKED), so that nothing is done twice; the next turn does not wait for this one, so that a replica which dies loses one.
 */
export class Schedule {
  readonly #prisma: PrismaClient;
  readonly #task: string;

  /** @param task the duty's name, for example "observability.alert-poll". */
  constructor(prisma: PrismaClient, task: string) {
    this.#prisma = prisma;
    this.#task = task;
  }

  /** From now on exactly these have turns; a new one's first is due at once. */
  async keep(subjectIds: readonly string[], now: Date): Promise<void> {
    await this.#prisma.$executeRaw`
      INSERT INTO scheduled_tasks (task, subject_id, next_at)
      SELECT ${this.#task}, id, ${now}::timestamptz FROM unnest(${subjectIds}::uuid[]) AS id
      ON CONFLICT DO NOTHING`;
    await this.#prisma.$executeRaw`
      DELETE FROM scheduled_tasks WHERE task = ${this.#task} AND NOT subject_id = ANY(${subjectIds}::uuid[])`;
  }

  /** Make a subject's next turn due now. */
  async hurry(subjectId: string, now: Date): Promise<void> {
    await this.#prisma.$executeRaw`
      INSERT INTO scheduled_tasks (task, subject_id, next_at) VALUES (${this.#task}, ${subjectId}::uuid, ${now}::timestamptz)
      ON CONFLICT (task, subject_id) DO UPDATE SET next_at = least(scheduled_tasks.next_at, EXCLUDED.next_at)`;
  }

  /** Let a subject rest: its next turn comes no sooner. */
  async postpone(subjectId: string, until: Date): Promise<void> {
    await this.#prisma.$executeRaw`
      UPDATE scheduled_tasks SET next_at = greatest(next_at, ${until}::timestamptz)
      WHERE task = ${this.#task} AND subject_id = ${subjectId}::uuid`;
  }

  /**
   * Take up to `limit` that are due, longest waiting first, and put each one's next turn `everySeconds` later: on its rhythm
   * while it is punctual, on a new one where it is late.
   */
  async take(now: Date, everySeconds: number, limit: number): Promise<string[]> {
    const taken = await this.#prisma.$queryRaw<{ id: string }[]>`
      WITH due AS MATERIALIZED (
        SELECT subject_id FROM scheduled_tasks WHERE task = ${this.#task} AND next_at <= ${now}::timestamptz
        ORDER BY next_at LIMIT ${limit}::int FOR UPDATE SKIP LOCKED
      )
      UPDATE scheduled_tasks SET next_at = CASE
          WHEN next_at > ${now}::timestamptz - make_interval(secs => least(2, ${everySeconds}::float8)) THEN next_at
          ELSE ${now}::timestamptz END + make_interval(secs => ${everySeconds}::float8)
      FROM due WHERE task = ${this.#task} AND scheduled_tasks.subject_id = due.subject_id
      RETURNING scheduled_tasks.subject_id::text AS id`;
    return taken.map(({ id }) => id);
  }
}
