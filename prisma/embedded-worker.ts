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

const database = fresh
  ? await PGlite.create(directory, {
      // A ready-made cluster: running initdb would cost seconds of CPU.
      loadDataDir: await (await import("@electric-sql/pglite-prepopulatedfs")).dataDir(),
    })
  : await PGlite.create(directory);
if (fresh) await rm(marker);

// The pool holds one connection; room for more only covers the moment in which it replaces a broken one.
const server = new PGLiteSocketServer({ db: database, path: socketPath, maxConnections: 4 });
await server.start();

const stop = async (): Promise<void> => {
  await server.stop();
  await database.close();
  parentPort?.close();
};
parentPort.once("message", () => void stop());
parentPort.postMessage("ready");
