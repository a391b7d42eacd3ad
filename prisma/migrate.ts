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

interface Row {
  readonly name: string;
  readonly checksum: string;
  readonly finished: boolean;
}

/**
 * Applies every migration the database has not had, each in one transaction, and records it as `prisma migrate deploy`
 * would. Processes that start together take turns; where nothing is to be done this costs one query.
 * Migrations the database has and this version has not are left alone: a newer version runs beside this one.
 * @returns the names of the migrations applied now
 * @throws MigrationError when one fails, has failed before, or was changed after it was applied
 */
export async function migrate(
  database: Database,
  directory = join(prismaDirectory(), "migrations"),
): Promise<{ applied: string[] }> {
  const migrations = await readMigrations(directory);
  if (isCurrent(migrations, await readRows(database.pool))) return { applied: [] };
  if (database.kind === "embedded") {
    await forgetCutOffStart(database.pool);
    return apply(database.pool, directory, migrations);
  }
  // One connection for all: the lock is the session's, so whoever loses the connection loses the lock with the work.
  const pool = new pg.Pool({ ...database.pool.options, max: 1, idleTimeoutMillis: 0 });
  pool.on("error", () => {});
  try {
    await pool.query(`SET lock_timeout = '${LOCK_WAIT}'`);
    await pool.query(`SELECT pg_advisory_lock(${LOCK_KEY})`);
    await pool.query("RESET lock_timeout");
    return await apply(pool, directory, migrations);
  } finally {
    await pool.end();
  }
}

/** The caller holds the lock: a migration that has begun and not ended has failed. */
async function apply(pool: pg.Pool, directory: string, migrations: Migration[]): Promise<{ applied: string[] }> {
  const rows = await readRows(pool);
  const stuck = rows.find(({ finished }) => !finished);
  if (stuck) throw new MigrationError(stuck.name, `did not finish in an earlier start. ${advice(stuck.name)}`);
  if (isCurrent(migrations, rows)) return { applied: [] };

  // Loaded here, because a start that has nothing to migrate shall not pay for it.
  const { openSchemaEngine, withWholeScripts } = await import("./schema-engine.ts");
  const adapter = withWholeScripts(await new PrismaPg(pool).connect(), (script) => pool.query(script));
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
    throw new MigrationError(failed.name, `failed: ${firstWords(cause)}. ${advice(failed.name)}`, cause);
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

/**
 * Whoever interrupts the very first start would find the embedded database unusable for ever. Where no migration has
 * ever finished nobody has stored anything yet, and the database is ours alone: begin again.
 */
async function forgetCutOffStart(pool: pg.Pool): Promise<void> {
  const rows = await readRows(pool);
  if (rows.length === 0 || rows.some(({ finished }) => finished)) return;
  await pool.query("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
}

function advice(name: string): string {
  return (
    "Its statements take effect together or not at all. Find out why (column logs of _prisma_migrations), see that " +
    `nothing of it is there, then allow another try: UPDATE _prisma_migrations SET rolled_back_at = now() WHERE migration_name = '${name}' AND finished_at IS NULL`
  );
}

/** The engine's message without its trace. */
function firstWords(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const line = message.split("\n").find((text) => text.includes("ERROR: ")) ?? message.split("\n")[0] ?? "";
  return line.replace(/^.*ERROR: /, "");
}
