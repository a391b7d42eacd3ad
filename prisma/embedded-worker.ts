// Runs PGlite on its own thread, so that SQL never blocks GraphQL, and serves it on a Unix socket, so that embedded
// and production use one driver. Imports packages only: from source, Node itself strips the types of this file.
import { existsSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { parentPort, workerData } from "node:worker_threads";
import { PGlite } from "@electric-sql/pglite";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";

if (!parentPort) throw new Error("prisma/embedded-worker runs as a worker thread only");
const { directory, socketPath } = workerData as { directory: string; socketPath: string };

// A first start that was cut off leaves half a database, which looks like a whole one: the marker tells, and nothing
// of the user's can be in it yet.
const marker = `${directory}.initialising`;
if (existsSync(marker)) await rm(directory, { recursive: true, force: true });
const fresh = !existsSync(`${directory}/PG_VERSION`);
if (fresh) await writeFile(marker, "");

const database = await PGlite.create(directory, {
  // Of PostgreSQL's usual 128 MB every page is resident from the start, and one connection does not read faster by them.
  startParams: [...PGlite.defaultStartParams, "-c", "shared_buffers=16MB"],
  // A ready-made cluster: running initdb would cost seconds of CPU.
  ...(fresh ? { loadDataDir: await (await import("@electric-sql/pglite-prepopulatedfs")).dataDir() } : {}),
});
if (fresh) await rm(marker);

endOnlyOnSync(database);

// The pool holds one connection; room for more only covers the moment in which it replaces a broken one.
const server = new PGLiteSocketServer({ db: database, path: socketPath, maxConnections: 4 });
await server.start();

const READY = "Z".charCodeAt(0);
const READY_BYTES = 6;
/** Parse, Bind, Describe, Execute, Close, Flush: what comes before a Sync. */
const BEFORE_SYNC = new Set([..."PBDECH"].map((type) => type.charCodeAt(0)));

/**
 * After an error in the extended protocol PGlite says ReadyForQuery at once, and again at the Sync, where PostgreSQL says it
 * once. A client takes the second for the end of its next statement, and from then on every answer for that of the statement
 * before. So the first one, always the last frame of its answer, is left out.
 */
function endOnlyOnSync(database: PGlite): void {
  const execute = database.execProtocolRawStream.bind(database);
  database.execProtocolRawStream = async (message, options) => {
    const { onRawData } = options;
    if (!onRawData || !BEFORE_SYNC.has(message[0] ?? 0)) return await execute(message, options);
    let tail = Buffer.alloc(0);
    await execute(message, {
      ...options,
      onRawData: (data) => {
        const held = Buffer.concat([tail, data]);
        tail = held.subarray(Math.max(0, held.length - READY_BYTES));
        if (held.length > READY_BYTES) onRawData(held.subarray(0, held.length - READY_BYTES));
      },
    });
    const early = tail.length === READY_BYTES && tail[0] === READY && tail.readInt32BE(1) === READY_BYTES - 1;
    if (!early && tail.length > 0) onRawData(tail);
  };
}

const stop = async (): Promise<void> => {
  await server.stop();
  await database.close();
  parentPort?.close();
};
parentPort.once("message", () => void stop());
parentPort.postMessage("ready");
