import { join } from "node:path";
import { expect, it } from "vitest";
import { prismaDirectory, readMigrations } from "../../prisma/migration-files.ts";

/**
 * Versions run side by side during a roll-out, and migrations are not undone: what processes of the version before read and write
 * has to work on the new tables. Statements that keep that promise are of these kinds, or of tables that the same migration makes.
 */
const ADDITIVE = [/^CREATE TABLE /, /^CREATE TYPE "\w+" AS ENUM /, /^CREATE INDEX /];
/** Of a table that was there: a column that an old INSERT need not name, and for which what it reads has a value. */
const ADDED_COLUMN = /^ADD COLUMN +"\w+" (?!.*\bNOT NULL\b(?!.*\bDEFAULT\b)).*$/;
const OF_TABLE = /^(?:ALTER TABLE|CREATE UNIQUE INDEX "\w+" ON) "(\w+)"/;

/** Statements of another kind that are meant: `<migration>: <how it begins>`, and why no process of the version before minds. */
const MEANT: Record<string, string> = {};

const statementsIn = (sql: string): string[] =>
  sql
    .replaceAll(/^\s*--.*$/gm, "")
    .split(";")
    .map((statement) => statement.replaceAll(/\s+/g, " ").trim())
    .filter(Boolean);

/** What of a migration a process of the version before might mind. */
function breaking(name: string, sql: string): string[] {
  const made = new Set([...sql.matchAll(/CREATE TABLE "(\w+)"/g)].map(([, table]) => table));
  return statementsIn(sql)
    .filter((statement) => {
      if (ADDITIVE.some((kind) => kind.test(statement))) return false;
      const [head = "", table = ""] = OF_TABLE.exec(statement) ?? [];
      if (made.has(table)) return false;
      if (!head.startsWith("ALTER TABLE")) return true;
      const parts = statement.slice(head.length).split(/,(?= (?:ADD|ALTER|DROP|RENAME) )/);
      return !parts.every((part) => ADDED_COLUMN.test(part.trim()));
    })
    .map((statement) => `${name}: ${statement}`)
    .filter((found) => !Object.keys(MEANT).some((meant) => found.startsWith(meant)));
}

const migrations = await readMigrations(join(prismaDirectory(), "migrations"));

it("every migration only adds, so that processes of the version before go on beside those of the new one", () => {
  const found = migrations.flatMap(({ name, sql }) => breaking(name, sql));
  expect(
    found,
    "Add beside what there is, and take away in a later version; or name it in MEANT, with the reason.",
  ).toEqual([]);
});

it("what is named as meant is there", () => {
  const all = migrations.flatMap(({ name, sql }) => statementsIn(sql).map((statement) => `${name}: ${statement}`));
  expect(Object.keys(MEANT).filter((meant) => !all.some((statement) => statement.startsWith(meant)))).toEqual([]);
});

it("no migration ends its transaction, in which its record is as well", () => {
  expect(
    migrations.filter(({ sql }) => /\b(BEGIN|COMMIT|ROLLBACK|CONCURRENTLY)\b/.test(sql)).map(({ name }) => name),
  ).toEqual([]);
});

it.each([
  'DROP TABLE "clusters"',
  'ALTER TABLE "clusters" DROP COLUMN "name"',
  'ALTER TABLE "clusters" RENAME COLUMN "name" TO "title"',
  'ALTER TABLE "clusters" ADD COLUMN "size" INTEGER NOT NULL',
  'ALTER TABLE "clusters" ADD COLUMN "a" TEXT,\nADD COLUMN "b" NUMERIC(1,2) NOT NULL',
  'ALTER TABLE "clusters" ALTER COLUMN "name" SET DATA TYPE VARCHAR(10)',
  'ALTER TABLE "clusters" ALTER COLUMN "region" SET NOT NULL',
  'ALTER TABLE "clusters" ADD CONSTRAINT "named" CHECK (name <> \'\')',
  'CREATE UNIQUE INDEX "one" ON "clusters"("name")',
  // Who does not know it cannot read a row that has it.
  `ALTER TYPE "ClusterState" ADD VALUE 'LOST'`,
  "UPDATE clusters SET name = 'a'",
  "TRUNCATE clusters",
])("refuses %s", (sql) => {
  expect(breaking("new", `-- a comment; with a semicolon\n${sql};`)).toHaveLength(1);
});

it.each([
  'CREATE TABLE "new" ("id" UUID NOT NULL)',
  'ALTER TABLE "clusters" ADD COLUMN     "size" INTEGER,\nADD COLUMN "c" TEXT NOT NULL DEFAULT \'a, b\'',
  'CREATE TABLE "new" ("id" UUID); CREATE UNIQUE INDEX "one" ON "new"("id"); ALTER TABLE "new" ADD CONSTRAINT "c" CHECK (true)',
])("allows %s", (sql) => {
  expect(breaking("new", sql)).toEqual([]);
});
