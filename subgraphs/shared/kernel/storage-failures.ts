import { CodedError } from "./errors.ts";

/** Prisma's codes for a database that is not reached, ends the connection, has none left, or does not answer in time. */
const PRISMA = new Set(["P1001", "P1002", "P1008", "P1017", "P2024", "P2028", "P2037"]);
/** PostgreSQL's: broken connections (08), none left (53300), stopping, crashed or starting (57P01 to 57P03), not the primary any more (25006). */
const POSTGRESQL = /^(08...|53300|57P0[123]|25006)$/;
/** Node-postgres gives these no code, and Prisma none of its own where the query was raw. */
const WORDS =
  /Connection terminated|timeout exceeded when trying to connect|is not queryable|Client was closed|Can't reach database server|Server has closed the connection|Too many database connections/;

export const storageUnavailable = (cause: unknown): CodedError =>
  new CodedError("STORAGE_UNAVAILABLE", "What this is kept in does not answer now. Try again in a moment.", undefined, {
    cause,
  });

/** What a caller is told where the database was not there to answer, whatever met it; undefined for any other failure. */
export function storageFailure(error: unknown): CodedError | undefined {
  return isAway(error) ? storageUnavailable(error) : undefined;
}

function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code = "", message, name } = error as NodeJS.ErrnoException;
  if (!name.startsWith("PrismaClient")) return POSTGRESQL.test(code) || WORDS.test(message);
  const [, raw = ""] = /\bCode: `(\w{5})`/.exec(message) ?? [];
  return PRISMA.has(code) || POSTGRESQL.test(raw) || WORDS.test(message);
}
