import { mkdir, readFile, rmdir, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import lockfile from "proper-lockfile";

/** Another process has the embedded database of this data directory open. */
export class DatabaseLockedError extends Error {
  readonly code = "DATA_DIR_LOCKED";
  readonly directory: string;

  constructor(directory: string, holder: string) {
    super(
      `The data directory ${directory} is in use by ${holder}. ` +
        "Stop that process, or set DATA_DIR to another directory, or set DATABASE_URL to use a PostgreSQL server.",
    );
    this.name = "DatabaseLockedError";
    this.directory = directory;
  }
}

/** Milliseconds without a heartbeat after which a lock whose holder cannot be asked counts as abandoned. */
const STALE_MS = 10_000;

interface Holder {
  readonly host: string;
  readonly pid: number;
  /** Start of the process in kernel ticks: a restarted container often meets its own old pid again. Empty where unknown. */
  readonly startedAt: string;
}

/**
 * Takes the data directory (created when missing) for this process alone; PGlite itself would let two processes
 * overwrite each other's pages. The lock of a dead process is taken over: at once when it died on this host, else when
 * its heartbeat has been silent for 10 s.
 * @param onLost called when the lock was lost while held: whoever holds it must stop writing
 * @returns the release, to be called once
 * @throws DatabaseLockedError when a living process holds it
 */
export async function lockDataDir(directory: string, onLost: (cause: Error) => void): Promise<() => Promise<void>> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const lockPath = join(directory, "lock");
  const holderPath = join(directory, "lock.json");
  // Looking at the old holder, removing its lock and taking our own must be one step, or two openers that find
  // the same dead holder could each remove what the other has just taken.
  const leave = await acquire(directory, join(directory, "lock.opening"), { attempts: 150, onLost });
  try {
    const holder = (await exists(lockPath)) ? await readHolder(holderPath) : undefined;
    const local = holder?.host === hostname();
    if (holder && local) {
      if (await isAlive(holder)) throw new DatabaseLockedError(directory, `process ${holder.pid}`);
      await rmdir(lockPath);
    }
    const release = await acquire(directory, lockPath, { attempts: 1 + (STALE_MS * 1.2) / 100, onLost });
    const self: Holder = { host: hostname(), pid: process.pid, startedAt: await startOf(process.pid) };
    await writeFile(holderPath, JSON.stringify(self), { mode: 0o600 });
    return release;
  } finally {
    await leave();
  }
}

async function acquire(
  directory: string,
  path: string,
  { attempts, onLost }: { attempts: number; onLost: (cause: Error) => void },
): Promise<() => Promise<void>> {
  try {
    return await lockfile.lock(path, {
      lockfilePath: path,
      realpath: false,
      stale: STALE_MS,
      update: 2000,
      retries: { retries: attempts - 1, factor: 1, minTimeout: 100, maxTimeout: 100 },
      onCompromised: onLost,
    });
  } catch (error) {
    if (codeOf(error) !== "ELOCKED") throw error;
    throw new DatabaseLockedError(directory, "another process (on another host, or just starting)");
  }
}

async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, "utf8"));
    if (typeof value !== "object" || value === null) return undefined;
    const { host, pid, startedAt } = value as Partial<Record<keyof Holder, unknown>>;
    if (typeof host !== "string" || typeof pid !== "number" || typeof startedAt !== "string") return undefined;
    return { host, pid, startedAt };
  } catch {
    // Not written yet, or half written when the machine went down: then only the heartbeat can tell.
    return undefined;
  }
}

async function isAlive({ pid, startedAt }: Holder): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives, but under another user.
    if (codeOf(error) !== "EPERM") return false;
  }
  return (await startOf(pid)) === startedAt;
}

async function startOf(pid: number): Promise<string> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, "utf8");
    // The command name (field 2) may hold spaces; the start time is field 22.
    return text.slice(text.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
