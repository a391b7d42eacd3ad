import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { dataDir } from "@electric-sql/pglite-prepopulatedfs";
import { PrismaPGlite } from "pglite-prisma-adapter";
import { migrationList, prismaDirectory, readMigrations } from "../prisma/migration-files.ts";
import { openSchemaEngine, withWholeScripts } from "../prisma/schema-engine.ts";

/**
 * The SQL that leads from the migrations to the schema; empty when nothing is missing. The migrations are replayed on a
 * database in memory, so that no server and no data of anyone's is touched.
 */
export async function migrationDiff(
  migrationsDirectory = join(prismaDirectory(), "migrations"),
  schemaPath = join(prismaDirectory(), "schema.prisma"),
): Promise<string> {
  const databases: PGlite[] = [];
  const connect = async () => {
    const database = await PGlite.create({ loadDataDir: await dataDir() });
    databases.push(database);
    return withWholeScripts(await new PrismaPGlite(database).connect(), (script) => database.exec(script));
  };
  try {
    using engine = await openSchemaEngine({ connect, connectToShadowDb: connect });
    const migrations = await readMigrations(migrationsDirectory);
    const { exitCode, stdout } = await engine.diff({
      from: { tag: "migrations", ...(await migrationList(migrationsDirectory, migrations)) },
      to: {
        tag: "schemaDatamodel",
        files: [{ path: "schema.prisma", content: await readFile(schemaPath, "utf8") }],
      },
      script: true,
      exitCode: true,
      filters: { externalTables: [], externalEnums: [] },
    });
    return exitCode === 0 ? "" : (stdout ?? "");
  } finally {
    await Promise.all(databases.map((database) => database.close()));
  }
}
