import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Redis } from "ioredis";
import type { Platform } from "../../subgraphs/platform.ts";

/** What a platform keeps, piece by piece: each file of the embedded database, or each table of PostgreSQL and each key in Redis. */
export async function storedBytes({ database, config }: Platform): Promise<{ where: string; bytes: Buffer }[]> {
  const { REDIS_URL, AIOPS_REDIS_PREFIX, DATA_DIR } = config;
  const inRedis = REDIS_URL ? await redisBytes(REDIS_URL, AIOPS_REDIS_PREFIX) : [];
  if (database.kind === "postgresql") return [...(await tableBytes(database)), ...inRedis];
  await database.executeSql("CHECKPOINT");
  const files = await readdir(DATA_DIR, { recursive: true, withFileTypes: true });
  const read = files
    .filter((file) => file.isFile())
    .map(async (file) => {
      const path = join(file.parentPath, file.name);
      return { where: path, bytes: await readFile(path) };
    });
  return await Promise.all(read);
}

async function tableBytes({ executeSql }: Platform["database"]): Promise<{ where: string; bytes: Buffer }[]> {
  const { rows } = await executeSql(
    `SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) AS name FROM information_schema.tables
     WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')`,
  );
  const tables: { where: string; bytes: Buffer }[] = [];
  for (const { name } of rows as { name: string }[]) {
    const { rows: all } = await executeSql(`SELECT * FROM ${name}`);
    tables.push({ where: name, bytes: Buffer.concat(all.flatMap((row) => Object.values(row as object).map(asBytes))) });
  }
  return tables;
}

const asBytes = (value: unknown): Buffer =>
  Buffer.isBuffer(value) ? value : Buffer.from(`${JSON.stringify(value)}\n`);

async function redisBytes(url: string, prefix: string): Promise<{ where: string; bytes: Buffer }[]> {
  const client = new Redis(url);
  const found: { where: string; bytes: Buffer }[] = [];
  for (const key of await client.keys(`${prefix}*`)) {
    const kind = await client.type(key);
    const value = kind === "stream" ? await client.xrange(key, "-", "+") : await client.dump(key);
    found.push({ where: key, bytes: Buffer.from(JSON.stringify(value)) });
  }
  client.disconnect();
  return found;
}
