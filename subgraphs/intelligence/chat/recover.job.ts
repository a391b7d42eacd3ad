import type { Clock } from "../../shared/kernel/clock.ts";
import type { Job } from "../../shared/kernel/subgraph.ts";
import type { MakingService } from "./making.service.ts";
import type { MessageRepository } from "./message.repository.ts";

const EVERY_MS = 5000;
/** A process that says nothing for so long makes nothing any more. */
const SILENT_MS = 20_000;
const BATCH = 100;

/** Ends answers whose process is gone, so that nobody waits for them: what they had said and found is there to go on with. */
export const recoverAnswers = (options: {
  repository: MessageRepository;
  making: MakingService;
  clock: Clock;
}): Job => ({
  name: "intelligence.recover-answers",
  everyMs: EVERY_MS,
  run: async (signal) => {
    const { repository, making, clock } = options;
    const ended = {
      status: "INTERRUPTED" as const,
      errorCode: "STREAM_INTERRUPTED",
      error: "The server that made this answer stopped; go on with it, or ask again.",
    };
    for (const { id, sessionId } of await repository.silentSince(new Date(clock.now().getTime() - SILENT_MS), BATCH)) {
      if (signal.aborted) return;
      if (await repository.end(id, ended, clock.now()))
        await making.tell(sessionId, { kind: "MESSAGE", message_id: id });
    }
  },
});
