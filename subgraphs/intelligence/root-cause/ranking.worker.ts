// Weighs a case on a thread of its own: it may take long enough to hold up the event loop. From source, Node itself strips the types
// of this file and of all that it imports.
import { parentPort, workerData } from "node:worker_threads";
import { type Case, rankCauses } from "./core/index.ts";

if (!parentPort) throw new Error("root-cause/ranking.worker runs as a worker thread only");
parentPort.postMessage(rankCauses(workerData as Case));
