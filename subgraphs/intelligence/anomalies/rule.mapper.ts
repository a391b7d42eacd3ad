import { z } from "zod";
import type { ClusterOutcome } from "../cluster.type.ts";
import type { RuleRow } from "./rule.repository.ts";
import type { DetectionRule, DetectionRun } from "./rule.type.ts";

const count = z.number().int();
/** As a run wrote it. */
const Outcome = z.object({
  clusterId: z.string(),
  clusterName: z.string(),
  status: z.enum(["SUCCESS", "PARTIAL", "ERROR", "TIMEOUT", "SKIPPED", "CANCELLED"]),
  skipReason: z.enum(["NO_CAPABILITY", "NO_ENDPOINT", "UNHEALTHY", "CIRCUIT_OPEN"]).nullable(),
  startedAt: z.coerce.date(),
  durationMs: count,
  rows: count,
  bytes: count.nullable(),
  truncated: z.boolean(),
  warnings: z.array(z.string()),
  error: z
    .object({
      code: z.string().transform((code) => code as NonNullable<ClusterOutcome["error"]>["code"]),
      message: z.string(),
      retryable: z.boolean(),
    })
    .nullable(),
});
const Run = z.object({
  durationMs: count,
  seriesScanned: count,
  pointsScanned: count,
  recorded: count,
  notified: count,
  complete: z.boolean(),
  outcomes: z.array(Outcome.transform((row) => ({ ...row, cluster: { id: row.clusterId } }))),
});

const runOf = (value: unknown): DetectionRun | null => Run.safeParse(value).data ?? null;

export const toDetectionRule = ({
  everySeconds,
  stepSeconds,
  windowSeconds,
  selector,
  lastRun,
  tenantId: _tenantId,
  identity: _identity,
  nextRunAt: _nextRunAt,
  ...row
}: RuleRow): DetectionRule => ({
  ...row,
  selector: selector as Record<string, unknown>,
  every: `${everySeconds}s`,
  step: `${stepSeconds}s`,
  window: `${windowSeconds}s`,
  lastRun: runOf(lastRun),
});
