import { join } from "node:path";
import { PrismaPg } from "@prisma/adapter-pg";
import pg from "pg";
import type { Database } from "./client.ts";
import { type Migration, migrationList, prismaDirectory, readMigrations } from "./migration-files.ts";

/** The database cannot be brought to this version's tables; the message says which migration and what to do. */
export class MigrationError extends Error {
  readonly code = "MIGRATION_FAILED";
  readonly migration: string;

  constructor(migration: string, problem: string, cause?: unknown) {
    super(`Migration ${migration} ${problem}`, { cause });
    this.name = "MigrationError";
    this.migration = migration;
  }
}

/** Any constant will do, as long as every version of this product uses the same. */
const LOCK_KEY = "4711202611";
/** How long a process waits while another one migrates. */
const LOCK_WAIT = "120s";
/** PostgreSQL's code for a lock that was not to be had in that time. */
const LOCK_NOT_AVAILABLE = "55P03";

interface Row {
  readonly name: string;
  readonly checksum: string;
  readonly finished: boolean;
}

/**
 * Applies every migration the database has not had, each with its record in one transaction, and records it as `prisma migrate
 * deploy` would. Processes that start together take turns; where nothing is to be done this costs one query. One that failed, or
 * was cut off, left nothing behind: the next start tries it anew.
 * Migrations the database has and this version has not are left alone: a newer version runs beside this one.
 * @returns the names of the migrations applied now
 * @throws MigrationError when one fails, was changed after it was applied, or is another process's for longer than `lockWait`
 */
export async function migrate(
  database: Database,
  directory = join(prismaDirectory(), "migrations"),
  lockWait = LOCK_WAIT,
): Promise<{ applied: string[] }> {
  const migrations = await readMigrations(directory);
  if (isCurrent(migrations, await readRows(database.pool))) return { applied: [] };
  // The embedded database is this process's alone.
  if (database.kind === "embedded") return await apply(database.pool, directory, migrations);
  // A connection of its own holds the lock, because a pool drops one on which a query failed; and all that the engine leaves
  // behind on its connection ends with that.
  const lock = new pg.Client(database.pool.options);
  lock.on("error", () => {});
  await lock.connect();
  const pool = new pg.Pool({ ...database.pool.options, max: 1, idleTimeoutMillis: 0 });
  pool.on("error", () => {});
  try {
    await lock.query(`SET lock_timeout = '${lockWait}'`);
    await lock.query(`SELECT pg_advisory_lock(${LOCK_KEY})`).catch((cause: unknown) => {
      if (!(cause instanceof pg.DatabaseError && cause.code === LOCK_NOT_AVAILABLE)) throw cause;
      throw new MigrationError(migrations.at(-1)?.name ?? "", `has waited ${lockWait} ${BUSY}`, cause);
    });
    return await apply(pool, directory, migrations);
  } finally {
    await Promise.all([lock.end(), pool.end()]);
  }
}

/** The caller holds the lock: what has begun and not finished runs no more. */
async function apply(pool: pg.Pool, directory: string, migrations: Migration[]): Promise<{ applied: string[] }> {
  const rows = await readRows(pool);
  if (isCurrent(migrations, rows)) return { applied: [] };
  if (rows.some(({ finished }) => !finished))
    await pool.query(`UPDATE _prisma_migrations SET rolled_back_at = now() WHERE ${UNFINISHED}`);

  // Loaded here, because a start that has nothing to migrate shall not pay for it.
  const { openSchemaEngine, withWholeScripts } = await import("./schema-engine.ts");
  // In PostgreSQL's own words: the engine has none for some failures.
  let problem: unknown;
  const adapter = withWholeScripts(await new PrismaPg(pool).connect(), async (script) => {
    try {
      // The engine's own record follows in a transaction of its own, and does not where the process dies in between.
      await pool.query(`${script}\n;UPDATE _prisma_migrations SET finished_at = now() WHERE ${UNFINISHED}`);
    } catch (error) {
      problem = error;
      throw error;
    }
  });
  try {
    using engine = await openSchemaEngine({
      connect: async () => adapter,
      connectToShadowDb: () => Promise.reject(new Error("Applying migrations needs no shadow database.")),
    });
    const { appliedMigrationNames } = await engine.applyMigrations({
      migrationsList: await migrationList(directory, migrations),
      filters: { externalTables: [], externalEnums: [] },
    });
    return { applied: appliedMigrationNames };
  } catch (cause) {
    const failed = (await readRows(pool)).find(({ finished }) => !finished);
    if (!failed) throw cause;
    throw new MigrationError(failed.name, `failed: ${wordsOf(problem ?? cause)}. ${ADVICE}`, cause);
  } finally {
    await adapter.dispose();
  }
}

async function readRows(pool: pg.Pool): Promise<Row[]> {
  try {
    const { rows } = await pool.query<Row>(
      `SELECT migration_name AS name, checksum, finished_at IS NOT NULL AS finished
       FROM _prisma_migrations WHERE rolled_back_at IS NULL`,
    );
    return rows;
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === "42P01") return [];
    throw error;
  }
}

function isCurrent(migrations: readonly Migration[], rows: readonly Row[]): boolean {
  const finished = new Map(rows.filter((row) => row.finished).map(({ name, checksum }) => [name, checksum]));
  for (const { name, checksum } of migrations) {
    const recorded = finished.get(name);
    if (recorded !== undefined && recorded !== checksum) {
      throw new MigrationError(
        name,
        "was changed after it was applied to this database: restore its file, and put the change in a migration of its own.",
      );
    }
  }
  return migrations.every(({ name }) => finished.has(name));
}

const UNFINISHED = "finished_at IS NULL AND rolled_back_at IS NULL";

const BUSY =
  "for another process that migrates this database. See what it waits for (pg_stat_activity), end it or let it finish, and " +
  "start again.";

const ADVICE =
  "Nothing of it was kept: the tables are as they were, and processes of the version before go on. Put right what it names " +
  "(column logs of _prisma_migrations has it in full) and start again: each start tries it anew.";

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
