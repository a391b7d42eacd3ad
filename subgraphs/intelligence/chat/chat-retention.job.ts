import type { Clock } from "../../shared/kernel/clock.ts";
import { DAY_MS, pruning } from "../../shared/kernel/pruning.ts";
import type { Job } from "../../shared/kernel/subgraph.ts";
import type { SessionRepository } from "./session.repository.ts";

/** Removes conversations that ended or were deleted a day ago: whoever deleted one by mistake asks an operator until then. */
export const pruneSessions = ({ repository, clock }: { repository: SessionRepository; clock: Clock }): Job =>
  pruning({
    name: "intelligence.prune-chat-sessions",
    clock,
    keepMs: DAY_MS,
    batch: 200,
    remove: [(before, batch) => repository.purge(before, batch)],
  });
