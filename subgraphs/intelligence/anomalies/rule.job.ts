import type { Clock } from "../../shared/kernel/clock.ts";
import { runsDue } from "../../shared/kernel/due.ts";
import type { Job } from "../../shared/kernel/subgraph.ts";
import type { RuleRepository } from "./rule.repository.ts";
import type { RuleRunService } from "./rule-run.service.ts";

/** Run whatever detection rule is due. */
export const runRules = (options: {
  repository: Pick<RuleRepository, "takeDue">;
  runs: RuleRunService;
  clock: Clock;
  onError: (error: unknown) => void;
}): Job =>
  runsDue({
    name: "intelligence.detection-rules",
    take: (now, limit) => options.repository.takeDue(now, limit),
    run: (rule, signal) => options.runs.run(rule, signal),
    atOnce: 2,
    clock: options.clock,
    onError: options.onError,
  });
