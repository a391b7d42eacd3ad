import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { MigrationList } from "@prisma/schema-engine-wasm/schema_engine_bg";

/** One folder of prisma/migrations. */
export interface Migration {
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the file in hexadecimal, as in `_prisma_migrations`. */
  readonly checksum: string;
}

/** The repository's prisma folder, whether this runs from source or from dist/. */
export function prismaDirectory(): string {
  let directory = import.meta.dirname;
  while (!existsSync(join(directory, "package.json"))) {
    const parent = dirname(directory);
    if (parent === directory) throw new Error(`No package.json above ${import.meta.dirname}: prisma/ cannot be found.`);
    directory = parent;
  }
  return join(directory, "prisma");
}

/** Every migration in the folder, oldest first (their names start with a timestamp). */
export async function readMigrations(directory: string): Promise<Migration[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  return Promise.all(
    names.sort().map(async (name) => {
      const bytes = await readFile(join(directory, name, "migration.sql"));
      return { name, sql: bytes.toString(), checksum: createHash("sha256").update(bytes).digest("hex") };
    }),
  );
}

/** The same as the schema engine wants it. */
export async function migrationList(directory: string, migrations: readonly Migration[]): Promise<MigrationList> {
  return {
    baseDir: directory,
    lockfile: {
      path: "migration_lock.toml",
      content: await readFile(join(directory, "migration_lock.toml"), "utf8"),
    },
    shadowDbInitScript: "",
    migrationDirectories: migrations.map(({ name, sql }) => ({
      path: name,
      migrationFile: { path: "migration.sql", content: { tag: "ok", value: sql } },
    })),
  };
}
