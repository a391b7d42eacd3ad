// npm run migration -- <name>: writes the next folder of prisma/migrations from what the schema has and they have not.
import { mkdir, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { prismaDirectory } from "../prisma/migration-files.ts";
import { migrationDiff } from "./migration-diff.ts";

const name = process.argv[2] ?? "";
if (!/^[a-z][a-z0-9_]*$/.test(name)) {
  process.stderr.write("Usage: npm run migration -- <name>, in snake_case, for example add_chat_sessions\n");
  process.exit(2);
}

const sql = await migrationDiff();
if (sql === "") {
  process.stdout.write("Nothing to do: the migrations lead to prisma/schema.prisma already.\n");
} else {
  const timestamp = new Date().toISOString().replaceAll(/\D/g, "").slice(0, 14);
  const directory = join(prismaDirectory(), "migrations", `${timestamp}_${name}`);
  const path = join(directory, "migration.sql");
  await mkdir(directory);
  await writeFile(path, sql);
  process.stdout.write(`Wrote ${relative(process.cwd(), path)}. Read it before you commit it:\n\n${sql}`);
}
