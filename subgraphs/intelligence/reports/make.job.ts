import type { EventBus } from "../../shared/kernel/bus/event-bus.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import type { Job } from "../../shared/kernel/subgraph.ts";
import type { MakingService } from "./making.service.ts";
import type { QueueRepository } from "./queue.repository.ts";
import { tellReport } from "./report-news.contract.ts";
import type { ScheduleRunService } from "./schedule-run.service.ts";

const POLL_MS = 2000;
const SCHEDULES_MS = 5000;
const RECOVER_MS = 10_000;
/** Whoever makes a report says so every other second. */
const SILENT_MS = 30_000;

/** Makes what others have left to be made. Every replica does: what one takes, no other does. */
export const makeReports = ({ making }: { making: Pick<MakingService, "kick"> }): Job => ({
  name: "intelligence.make-reports",
  everyMs: POLL_MS,
  onEveryReplica: true,
  // Not waited for: the module's close() ends what is under way.
  run: async () => making.kick(),
});

/** Has reports made whose time has come. */
export const runSchedules = ({ runs }: { runs: Pick<ScheduleRunService, "runDue"> }): Job => ({
  name: "intelligence.report-schedules",
  everyMs: SCHEDULES_MS,
  onEveryReplica: true,
  run: async (signal) => {
    while (await runs.runDue(signal)) {
      // There may be more.
    }
  },
});

/** Takes reports from processes that are gone. */
export const recoverReports = (options: { queue: QueueRepository; bus: EventBus; clock: Clock }): Job => ({
  name: "intelligence.recover-reports",
  everyMs: RECOVER_MS,
  run: async () => {
    const { queue, bus, clock } = options;
    const now = clock.now();
    const error = "The server that made it stopped, again and again.";
    const ids = await queue.recover(new Date(now.getTime() - SILENT_MS), error, now);
    await Promise.all(ids.map((id) => tellReport(bus, id, "PROGRESS")));
  },
});
