import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Worker } from "node:worker_threads";
import { lockDataDir } from "./data-dir-lock.ts";

/** Writes one structured line; every part of the storage layer takes one. */
export type Log = (message: string, fields?: object) => void;

/** PostgreSQL inside this process (PGlite on a worker thread), reachable on a private Unix socket. */
export interface EmbeddedServer {
  /** Directory of the socket, as node-postgres' `host`; the port is 5432. */
  readonly socketDirectory: string;
  /** Flushes, stops the thread and frees the data directory. */
  close(): Promise<void>;
}

/** Milliseconds a shutdown may take before the thread is killed; the write-ahead log makes that safe. */
const CLOSE_MS = 10_000;

/**
 * Opens (on first use: creates) the embedded database in `<dataDir>/pg`.
 * @throws DatabaseLockedError when another process has it open
 */
export async function startEmbedded(dataDir: string, log: Log): Promise<EmbeddedServer> {
  const directory = resolve(dataDir);
  let worker: Worker | undefined;
  const release = await lockDataDir(directory, (cause) => {
    log("the data directory's lock was lost: the embedded database stops", { directory, error: cause.message });
    void worker?.terminate();
  });
  // Node makes it 0700, which keeps other users out; not in the data directory, whose path may exceed the 107 bytes
  // a socket's name may have.
  const socketDirectory = await mkdtemp(join(tmpdir(), "aiops-pg-"));
  let closing = false;
  const cleanUp = async (): Promise<void> => {
    await rm(socketDirectory, { recursive: true, force: true });
    await release().catch((error: unknown) => {
      // A lock that was lost cannot be released; that has been reported when it happened.
      if (!(error instanceof Error && "code" in error && error.code === "ERELEASED")) throw error;
    });
  };

  const source = new URL("./embedded-worker.ts", import.meta.url);
  const compiled = new URL("./embedded-worker.js", import.meta.url);
  worker = new Worker(import.meta.url.endsWith(".ts") ? source : compiled, {
    name: "embedded-database",
    // A loader or a coverage hook of the parent has no business in there.
    execArgv: [],
    workerData: { directory: join(directory, "pg"), socketPath: join(socketDirectory, ".s.PGSQL.5432") },
  });
  const exited = once(worker, "exit").catch(() => undefined);
  try {
    await Promise.race([
      once(worker, "message"),
      exited.then(() => {
        throw new Error("the database thread ended while starting");
      }),
    ]);
  } catch (cause) {
    await worker.terminate();
    await cleanUp();
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new Error(
      `The embedded database in ${directory} could not be opened: ${problem}. If it is damaged or of another version, restore it from a backup, or set DATA_DIR to an empty directory.`,
      { cause },
    );
  }

  worker.on("error", (error: Error) => log("embedded database failed", { directory, error: error.message }));
  worker.on("exit", () => {
    if (!closing) log("embedded database ended; restart this process", { directory });
  });

  return {
    socketDirectory,
    close: async () => {
      if (closing) return;
      closing = true;
      worker.postMessage("close");
      const killer = setTimeout(() => void worker.terminate(), CLOSE_MS);
      await exited;
      clearTimeout(killer);
      await cleanUp();
    },
  };
}
