import { type WorkerSpec, workBeside } from "../../../shared/kernel/worker-thread.ts";
import type { ReportFormat, ReportModel } from "../model/report.ts";
import { FORMATS } from "./words.ts";

const DRAWING: WorkerSpec = {
  source: new URL("./report.worker.ts", import.meta.url),
  name: "report",
  // More than a report of a thousand clusters takes, and little enough beside all else in the process.
  memory: { maxOldGenerationSizeMb: 384, maxYoungGenerationSizeMb: 32 },
  tooMuch: "The report is too large to be drawn: ask for fewer clusters or less time.",
};

/** The drawing under way, if any: two at once would take twice the memory. */
let turn: Promise<unknown> = Promise.resolve();

/**
 * The report in a format: the same bytes for the same model. It is drawn on a thread of its own, one report at a time, which ends with the
 * signal.
 * @throws LIMIT_EXCEEDED where it takes more memory than there is for it; the signal's reason
 */
export function renderReport(
  model: ReportModel,
  format: ReportFormat,
  { signal }: { signal: AbortSignal },
): Promise<Uint8Array> {
  const drawn = turn.then(() => workBeside<Uint8Array>(DRAWING, { model, format }, signal));
  turn = drawn.catch(() => undefined);
  return drawn;
}

export const contentTypeOf = (format: ReportFormat): string => FORMATS[format].contentType;

/** Plain ASCII, so that every system and every header takes it: "weekly-gpu-report-2026-11-23.pdf". */
export function fileNameOf(report: Pick<ReportModel, "title" | "createdAt">, format: ReportFormat): string {
  const words = report.title
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 60)
    .replace(/^-+|-+$/g, "");
  return `${words || "report"}-${report.createdAt.slice(0, 10)}.${FORMATS[format].extension}`;
}
