import { appendFile, cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { migrationDiff } from "../scripts/migration-diff.ts";
import { describeDatabases, openTestDatabase, postgresqlProblem, type TestDatabase } from "../test/support/database.ts";
import { openDatabase } from "./client.ts";
import { MigrationError, migrate } from "./migrate.ts";
import { prismaDirectory, readMigrations } from "./migration-files.ts";

const noPostgresql = process.env["REQUIRE_SERVICES"] === "1" ? undefined : await postgresqlProblem();
const OURS = join(prismaDirectory(), "migrations");

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "aiops-migrations-"));
  await cp(OURS, directory, { recursive: true });
});
afterEach(() => rm(directory, { recursive: true }));

/** Adds a migration after ours to the copy of the folder. */
async function add(name: string, sql: string): Promise<void> {
  await mkdir(join(directory, name), { recursive: true });
  await writeFile(join(directory, name, "migration.sql"), sql);
}

await describeDatabases("migrate", (open, kind) => {
  let test: TestDatabase;
  beforeAll(async () => {
    test = await open();
  });
  afterAll(() => test.dispose());

  it("has recorded each migration as Prisma would", async () => {
    const { rows } = await test.database.executeSql("SELECT * FROM _prisma_migrations ORDER BY migration_name");
    const ours = await readMigrations(OURS);
    expect(ours.length).toBeGreaterThan(0);
    expect(rows).toEqual(
      ours.map(({ name, checksum }) => ({
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        migration_name: name,
        checksum,
        started_at: expect.any(Date),
        finished_at: expect.any(Date),
        rolled_back_at: null,
        applied_steps_count: 1,
        logs: null,
      })),
    );
  });

  it("applies what is missing, in order, and then nothing more", async () => {
    // Semicolons in comments, strings and bodies must not cut a statement.
    await add(
      "29990101000000_one",
      `-- first; then
       CREATE FUNCTION one() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN 'a;b'; END $$;
       CREATE TABLE numbers (n int)`,
    );
    await add("29990102000000_two", "INSERT INTO numbers VALUES (2);");
    expect(await migrate(test.database, directory)).toEqual({ applied: ["29990101000000_one", "29990102000000_two"] });
    expect(await migrate(test.database, directory)).toEqual({ applied: [] });
    expect(await test.database.executeSql("SELECT one(), n FROM numbers")).toEqual({ rows: [{ one: "a;b", n: 2 }] });
  });

  it("leaves the migrations of a newer version alone", async () => {
    await add("29990103000000_newer", "CREATE TABLE newer (n int)");
    await migrate(test.database, directory);
    expect(await migrate(test.database, OURS)).toEqual({ applied: [] });
    expect(await test.database.executeSql("SELECT * FROM newer")).toEqual({ rows: [] });
  });

  it("names the migration that was changed after it was applied", async () => {
    const [{ name } = { name: "" }] = await readMigrations(OURS);
    await appendFile(join(directory, name, "migration.sql"), "\n-- an afterthought");
    const attempt = migrate(test.database, directory);
    await expect(attempt).rejects.toThrow(MigrationError);
    await expect(attempt).rejects.toThrow(`Migration ${name} was changed after it was applied`);
  });

  it("takes a failing migration back as a whole, tries it anew at each start, and goes on once it is mended", async () => {
    const [name, next] = ["29990104000000_bad", "29990104000001_next"];
    await add(name, "CREATE TABLE half_done (n int); SELECT 1 / 0;");
    await add(next, "CREATE TABLE next (n int)");
    for (let attempt = 0; attempt < 2; attempt += 1) {
      await expect(migrate(test.database, directory)).rejects.toThrow(`Migration ${name} failed: division by zero.`);
      await expect(test.database.executeSql("SELECT * FROM half_done")).rejects.toMatchObject({ code: "42P01" });
      // The version before starts as ever.
      expect(await migrate(test.database, OURS)).toEqual({ applied: [] });
    }
    await add(name, "CREATE TABLE half_done (n int)");
    expect(await migrate(test.database, directory)).toEqual({ applied: [name, next] });
    expect(await migrate(test.database, directory)).toEqual({ applied: [] });
  });

  it("goes on where a start was cut off, and does nothing twice that was done", async () => {
    const name = "29990106000000_cut_off";
    await add(name, "CREATE TABLE cut_off (n int)");
    const begun = `INSERT INTO _prisma_migrations (id, checksum, migration_name) VALUES ('cut-off', 'any', '${name}')`;
    await test.database.executeSql(begun);
    expect(await migrate(test.database, directory)).toEqual({ applied: [name] });
  });

  // The embedded database belongs to one process.
  it.runIf(kind === "postgresql")("waits while another process migrates, and applies nothing twice", async () => {
    const name = "29990105000000_slow";
    await add(name, "CREATE TABLE once (n int); SELECT pg_sleep(0.5);");
    const [first, second] = [await openDatabase(test.options), await openDatabase(test.options)];
    try {
      const migrating = migrate(first, directory);
      const begun = `SELECT count(*)::int AS n FROM _prisma_migrations WHERE migration_name = '${name}' AND finished_at IS NULL`;
      await expect.poll(() => test.database.executeSql(begun), { interval: 10 }).toEqual({ rows: [{ n: 1 }] });
      await expect(migrate(second, directory, "10ms")).rejects.toThrow("has waited 10ms for another process");
      expect(await migrate(second, directory)).toEqual({ applied: [] });
      expect(await migrating).toEqual({ applied: [name] });
    } finally {
      await Promise.all([first.close(), second.close()]);
    }
  });
});

it.skipIf(noPostgresql)(
  "lets many that start at once on an empty PostgreSQL take turns, time and again",
  async () => {
    await using test = await openTestDatabase("postgresql");
    const names = (await readMigrations(OURS)).map(({ name }) => name);
    const starters = await Promise.all(Array.from({ length: 6 }, () => openDatabase(test.options)));
    try {
      for (let round = 0; round < 5; round += 1) {
        await test.database.executeSql("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
        const applied = await Promise.all(starters.map((database) => migrate(database)));
        // One has done it all, the others had to wait for it.
        expect(applied.flatMap((each) => each.applied)).toEqual(names);
        expect(applied.filter((each) => each.applied.length > 0)).toHaveLength(1);
      }
    } finally {
      await Promise.all(starters.map((database) => database.close()));
    }
  },
  60_000,
);

describe("the migrations", () => {
  it("lead to exactly the tables of the schema", async () => {
    expect(await migrationDiff()).toBe("");
  });

  it("are found wanting when the schema has more", async () => {
    const schema = join(directory, "schema.prisma");
    const text = await readFile(join(prismaDirectory(), "schema.prisma"), "utf8");
    await writeFile(schema, text.replace("model Cluster {", "model Cluster {\n  colour String?"));
    expect(await migrationDiff(directory, schema)).toContain('ALTER TABLE "clusters" ADD COLUMN     "colour" TEXT');
  });
});
