import type { EventBus } from "../../shared/kernel/bus/event-bus.ts";
import { tellWork } from "../../shared/kernel/bus/work.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import { DAY_MS, pruning } from "../../shared/kernel/pruning.ts";
import type { Job } from "../../shared/kernel/subgraph.ts";
import type { AnalysisRepository } from "./analysis.repository.ts";

const EVERY_MS = 15_000;
/** Whoever works on a search says so every other second. */
const SILENT_MS = 60_000;

export interface UpkeepOptions {
  repository: AnalysisRepository;
  bus: EventBus;
  clock: Clock;
}

/** Ends the searches of processes that are gone. */
export const interruptAnalyses = ({ repository, bus, clock }: UpkeepOptions): Job => ({
  name: "intelligence.interrupt-root-causes",
  everyMs: EVERY_MS,
  run: async () => {
    const now = clock.now();
    const error = "INTERRUPTED: the process that worked on it is gone; ask again.";
    const ids = await repository.interrupt(new Date(now.getTime() - SILENT_MS), error, now);
    await Promise.all(ids.map((id) => tellWork(bus, id, {})));
  },
});

/** Removes searches that were finished longer ago than they are kept, and those of clusters that are gone. */
export const pruneAnalyses = ({
  repository,
  clock,
  keepDays,
}: Pick<UpkeepOptions, "repository" | "clock"> & { keepDays: number }): Job =>
  pruning({
    name: "intelligence.prune-root-causes",
    clock,
    keepMs: keepDays * DAY_MS,
    batch: 1000,
    remove: [(before, batch) => repository.prune(before, batch)],
  });
