import { ConfigError } from "./config.ts";

/** Failures of the surroundings, which the operator mends: their message says how, and a stack would only hide it. */
const OPERATOR_CODES = new Set(["DATA_DIR_LOCKED", "DATABASE_UNREACHABLE", "MIGRATION_FAILED"]);

/** Run a process's start: a failure that is the operator's to mend ends it with the message alone. */
export async function exitOnOperatorError(start: () => Promise<void>): Promise<void> {
  try {
    await start();
  } catch (error) {
    const message = messageForOperator(error);
    if (message === null) throw error;
    console.error(message);
    process.exit(1);
  }
}

function messageForOperator(error: unknown): string | null {
  if (error instanceof ConfigError) return error.message;
  if (!(error instanceof Error)) return null;
  const { code = "" } = error as NodeJS.ErrnoException;
  if (code === "EADDRINUSE") return `${error.message}. Another process listens there: stop it, or set PORT.`;
  return OPERATOR_CODES.has(code) ? error.message : null;
}
