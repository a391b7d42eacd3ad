import { parentPort, workerData } from "node:worker_threads";
import type { ReportFormat, ReportModel } from "../model/report.ts";
import { draw } from "./render.ts";

// The thread that draws one report, and ends.

const { model, format } = workerData as { model: ReportModel; format: ReportFormat };
// A copy of its own can be handed over; what Node lends from its pool cannot.
const bytes = new Uint8Array(await draw(model, format));
parentPort?.postMessage(bytes, [bytes.buffer]);
