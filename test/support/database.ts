import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import pg from "pg";
import { describe } from "vitest";
import { type Database, type DatabaseOptions, openDatabase } from "../../prisma/client.ts";
import { migrate } from "../../prisma/migrate.ts";
import { prismaDirectory, readMigrations } from "../../prisma/migration-files.ts";

/** A migrated, empty database of this test alone. Dispose of it, or take it by `await using`. */
export interface TestDatabase extends AsyncDisposable {
  readonly database: Database;
  /** To open the same database again (after closing it, if embedded). */
  readonly options: DatabaseOptions;
  /** Closes the database and removes every trace of it. */
  dispose(): Promise<void>;
}

const POSTGRESQL_URL = process.env["TEST_DATABASE_URL"] ?? "postgresql://postgres@127.0.0.1:5432/test";

/** Opens an empty, migrated database: embedded takes about half a second, PostgreSQL (TEST_DATABASE_URL) a tenth. */
export async function openTestDatabase(kind: Database["kind"]): Promise<TestDatabase> {
  return kind === "embedded" ? openEmbedded() : openPostgresql();
}

/**
 * Declares the same tests for the embedded database and for PostgreSQL. Where no PostgreSQL answers, its half is skipped
 * by name, unless REQUIRE_SERVICES=1: then it fails. Await it at the top level of a test file:
 *
 *     await describeDatabases("ClusterRepository", (open) => {
 *       let test: TestDatabase;
 *       beforeAll(async () => { test = await open(); });
 *       afterAll(() => test.dispose());
 */
export async function describeDatabases(
  title: string,
  body: (open: (migrations?: string) => Promise<TestDatabase>, kind: Database["kind"]) => void,
): Promise<void> {
  describe(`${title} on the embedded database`, () => body(openEmbedded, "embedded"));
  const problem = process.env["REQUIRE_SERVICES"] === "1" ? undefined : await postgresqlProblem();
  const suffix = problem === undefined ? "" : ` (skipped: ${problem}; set TEST_DATABASE_URL)`;
  describe.skipIf(problem !== undefined)(`${title} on PostgreSQL${suffix}`, () => body(openPostgresql, "postgresql"));
}

/** @param migrations a folder of them; the product's unless given */
async function openEmbedded(migrations?: string): Promise<TestDatabase> {
  const dataDir = await mkdtemp(join(tmpdir(), "aiops-test-"));
  if (migrations === undefined) await cp(await embeddedTemplate(), dataDir, { recursive: true });
  const options = { dataDir };
  const database = await openDatabase(options);
  await migrate(database, migrations);
  return testDatabase(database, options, () => rm(dataDir, { recursive: true, force: true }));
}

async function openPostgresql(migrations?: string): Promise<TestDatabase> {
  const name = `aiops_test_${randomBytes(6).toString("hex")}`;
  await administer(`CREATE DATABASE ${name}`);
  const url = new URL(POSTGRESQL_URL);
  url.pathname = `/${name}`;
  const options = { url: url.href, dataDir: tmpdir() };
  const database = await openDatabase(options);
  await migrate(database, migrations);
  return testDatabase(database, options, () => administer(`DROP DATABASE ${name} WITH (FORCE)`));
}

function testDatabase(database: Database, options: DatabaseOptions, remove: () => Promise<void>): TestDatabase {
  const dispose = async (): Promise<void> => {
    await database.close();
    await remove();
  };
  return { database, options, dispose, [Symbol.asyncDispose]: dispose };
}

/** A migrated data directory to copy, made once per set of migrations: half the time of a first start. */
async function embeddedTemplate(): Promise<string> {
  const migrations = await readMigrations(join(prismaDirectory(), "migrations"));
  const pglite = createRequire(import.meta.url).resolve("@electric-sql/pglite");
  const key = createHash("sha256")
    .update(JSON.stringify([pglite, process.version, migrations]))
    .digest("hex");
  const directory = join(dirname(prismaDirectory()), "node_modules", ".cache", "aiops-test-database", key.slice(0, 16));
  if (existsSync(directory)) return directory;

  await mkdir(dirname(directory), { recursive: true });
  const dataDir = await mkdtemp(`${directory}-`);
  const database = await openDatabase({ dataDir });
  await migrate(database);
  await database.close();
  try {
    await rename(dataDir, directory);
  } catch {
    // Another test file was quicker; its template is as good.
    await rm(dataDir, { recursive: true });
  }
  return directory;
}

async function administer(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: POSTGRESQL_URL, connectionTimeoutMillis: 5000 });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** Why PostgreSQL cannot be used here, or undefined. */
export async function postgresqlProblem(): Promise<string | undefined> {
  try {
    await administer("SELECT 1");
    return undefined;
  } catch (error) {
    const { host } = new URL(POSTGRESQL_URL);
    return `no PostgreSQL at ${host}: ${error instanceof Error ? error.message : String(error)}`;
  }
}
