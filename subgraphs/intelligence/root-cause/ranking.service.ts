import { type WorkerSpec, workBeside } from "../../shared/kernel/worker-thread.ts";
import type { Case, Ranking } from "./core/index.ts";

const RANKING: WorkerSpec = {
  source: new URL("./ranking.worker.ts", import.meta.url),
  name: "root-cause",
  // A case holds some ten thousand lines and spans at most; weighing it takes a few times as much.
  memory: { maxOldGenerationSizeMb: 512 },
  tooMuch: "There is too much to weigh. Ask about one namespace, or a shorter time.",
};

/** Weighs a case beside the event loop. @throws LIMIT_EXCEEDED; the signal's reason */
export const rankBeside = (asked: Case, signal: AbortSignal): Promise<Ranking> => workBeside(RANKING, asked, signal);
