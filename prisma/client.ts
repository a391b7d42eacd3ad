import { PrismaPg } from "@prisma/adapter-pg";
import pg from "pg";
import { type Log, startEmbedded } from "./embedded.ts";
import { PrismaClient } from "./generated/client.ts";

export { DatabaseLockedError } from "./data-dir-lock.ts";

/** Where the rows of this process live; embedded and PostgreSQL differ in nothing a caller may rely on. */
export interface Database {
  readonly kind: "embedded" | "postgresql";
  readonly prisma: PrismaClient;
  /** The very pool Prisma uses. Embedded it holds ONE connection: never keep a client, never wait for another inside. */
  readonly pool: pg.Pool;
  /**
   * Runs SQL as it stands, for libraries that bring their own (pg-boss).
   * @returns the rows; of several statements in one text (without values) the rows of all, in order
   */
  executeSql(text: string, values?: readonly unknown[]): Promise<{ rows: Record<string, unknown>[] }>;
  /** One round trip; rejects when the database cannot answer. */
  ping(): Promise<void>;
  /** Closes every connection and, embedded, stops the database. May be called twice. */
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** PostgreSQL connection string; without one the embedded database is used. */
  readonly url?: string | undefined;
  /** Directory of the embedded database, created when missing; not touched when `url` is given. */
  readonly dataDir: string;
  /** Connections to PostgreSQL at most, default 10; embedded it is always 1. */
  readonly poolSize?: number | undefined;
  readonly log?: Log | undefined;
}

/** The PostgreSQL server of DATABASE_URL does not answer, or refuses us. */
export class DatabaseUnreachableError extends Error {
  readonly code = "DATABASE_UNREACHABLE";

  constructor(url: string, cause: unknown) {
    super(`Cannot connect to PostgreSQL at ${withoutSecrets(url)} (DATABASE_URL): ${reason(cause)}`, { cause });
    this.name = "DatabaseUnreachableError";
  }
}

/**
 * Opens the database and proves that it answers. Its tables are `migrate`'s business (migrate.ts).
 * @throws DatabaseLockedError when another process has the embedded database open
 * @throws DatabaseUnreachableError when PostgreSQL does not answer within 5 s, or refuses
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const log = options.log ?? (() => {});
  return options.url === undefined
    ? openEmbedded(options.dataDir, log)
    : openPostgresql(options.url, options.poolSize ?? 10, log);
}

async function openPostgresql(url: string, max: number, log: Log): Promise<Database> {
  const pool = new pg.Pool({
    connectionString: url,
    max,
    application_name: "aiops-nextgen",
    connectionTimeoutMillis: 5000,
    keepAlive: true,
  });
  const database = overPool("postgresql", pool, log, async () => {});
  try {
    await database.ping();
  } catch (cause) {
    await database.close();
    throw new DatabaseUnreachableError(url, cause);
  }
  return database;
}

async function openEmbedded(dataDir: string, log: Log): Promise<Database> {
  const server = await startEmbedded(dataDir, log);
  const pool = new pg.Pool({
    host: server.socketDirectory,
    port: 5432,
    user: "postgres",
    database: "postgres",
    password: "",
    ssl: false,
    // One backend serves every connection of PGlite: on two, their SETs and prepared statements would mix.
    max: 1,
    idleTimeoutMillis: 0,
    // Includes the wait for the one connection, which a long statement of another caller may hold.
    connectionTimeoutMillis: 30_000,
  });
  return overPool("embedded", pool, log, () => server.close());
}

function overPool(kind: Database["kind"], pool: pg.Pool, log: Log, stop: () => Promise<void>): Database {
  // Without a listener an idle connection's end (a restart of the server) would end this process.
  pool.on("error", (error) => log("idle database connection lost", { error: error.message }));
  const prisma = new PrismaClient({
    adapter: new PrismaPg(pool),
    // Prisma's own 2 s to begin are short where all share one connection.
    transactionOptions: { maxWait: 10_000, timeout: 10_000 },
  });
  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await prisma.$disconnect();
    await pool.end();
    await stop();
  };
  return {
    kind,
    prisma,
    pool,
    executeSql: async (text, values) => {
      const result: pg.QueryResult<Record<string, unknown>> | pg.QueryResult<Record<string, unknown>>[] =
        await pool.query(text, values === undefined ? undefined : [...values]);
      return { rows: [result].flat().flatMap(({ rows }) => rows) };
    },
    ping: async () => {
      await pool.query("SELECT 1");
    },
    close: () => {
      closed ??= close();
      return closed;
    },
  };
}

function withoutSecrets(url: string): string {
  try {
    const { host, pathname } = new URL(url);
    return `${host}${pathname}`;
  } catch {
    return "an address that is no URL";
  }
}

function reason(cause: unknown): string {
  // Several addresses of one name fail together, with an empty message of their own.
  if (cause instanceof AggregateError) return cause.errors.map(reason).join("; ");
  return cause instanceof Error ? cause.message : String(cause);
}
