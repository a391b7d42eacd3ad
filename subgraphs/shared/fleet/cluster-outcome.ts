import { CodedError } from "../kernel/errors.ts";
import type { Outcome } from "../kernel/outcome.ts";
import type { ClusterOutcomeRow } from "../kernel/outcome.type.ts";
import type { Target } from "./directory.ts";

/** What an answer was like, beside that there was one. */
export interface AnswerSize {
  rows: number;
  /** Of the answer's body as it came; null where nobody counted. */
  bytes?: number | null;
  /** Whether rows were left out at a limit. */
  truncated?: boolean;
  /** What the backend warned about: with any, it calls its answer partial itself. */
  warnings?: readonly string[];
}

/** A cluster's outcome as the graph shows it. An answer with warnings, or one that was cut, is PARTIAL. */
export function clusterOutcome<T>(
  target: Pick<Target, "id" | "name">,
  outcome: Outcome<T>,
  size: (value: T) => AnswerSize,
): ClusterOutcomeRow<{ id: string }> {
  const { rows, bytes = null, truncated = false, warnings = [] } = outcome.value ? size(outcome.value) : { rows: 0 };
  const partial = outcome.status === "SUCCESS" && (truncated || warnings.length > 0);
  return {
    clusterId: target.id,
    clusterName: target.name,
    cluster: { id: target.id },
    status: partial ? "PARTIAL" : outcome.status,
    skipReason: outcome.skipReason ?? null,
    startedAt: outcome.startedAt,
    durationMs: outcome.durationMs,
    rows,
    bytes,
    truncated,
    warnings: [...warnings],
    error: outcome.failure ?? null,
  };
}

/** How many and which clusters have to answer, and what becomes of a request where they do not. */
export interface Completeness {
  onPartial?: "WARN" | "FAIL" | null;
  requiredClusterIds?: readonly string[] | null;
  minClusters?: number | null;
}

/** Whoever has to answer has to be asked. @throws BAD_USER_INPUT */
export function requireInScope(targets: readonly Pick<Target, "id">[], policy?: Completeness | null): void {
  const missing = (policy?.requiredClusterIds ?? []).filter((id) => !targets.some((target) => target.id === id));
  if (missing.length === 0) return;
  throw new CodedError("BAD_USER_INPUT", "requiredClusterIds names clusters that are not among those asked.", {
    field: "completeness.requiredClusterIds",
    requiredClusterIds: missing,
  });
}

type Row = Pick<ClusterOutcomeRow<unknown>, "clusterId" | "clusterName" | "status" | "skipReason" | "error">;

const answered = ({ status }: Row): boolean => status === "SUCCESS" || status === "PARTIAL";

/** A cluster that has nothing of what was asked about has nothing to answer, and lacks nothing. */
const isCapable = ({ skipReason }: Row): boolean => skipReason !== "NO_CAPABILITY";

/** Whether every cluster in scope answered completely. */
export const isComplete = (rows: readonly Row[]): boolean =>
  rows.filter(isCapable).every(({ status }) => status === "SUCCESS");

/**
 * A failure is a row, until none is left to stand beside it or the policy says otherwise.
 * @throws NO_CLUSTER_SUCCEEDED when there were clusters to ask and none answered; INCOMPLETE when the policy is not met.
 */
export function requireAnswers(all: readonly Row[], policy?: Completeness | null): void {
  const rows = all.filter(isCapable);
  if (rows.length > 0 && !rows.some(answered)) {
    const reasons = [...new Set(rows.map(({ error }) => error?.message))].slice(0, 3).join(" ");
    throw new CodedError("NO_CLUSTER_SUCCEEDED", `None of the ${rows.length} clusters answered. ${reasons}`, {
      clusters: rows.map(reason),
    });
  }
  const { onPartial, requiredClusterIds, minClusters } = policy ?? {};
  const count = rows.filter(answered).length;
  const missed = (requiredClusterIds ?? []).filter(
    (id) => !rows.some((row) => row.clusterId === id && row.status === "SUCCESS"),
  );
  const broken =
    (onPartial === "FAIL" && !isComplete(rows) && "Not every cluster answered completely, and onPartial is FAIL.") ||
    (missed.length > 0 && `${missed.length} of the required clusters did not answer completely.`) ||
    (minClusters && count < minClusters && `${count} clusters answered, and minClusters is ${minClusters}.`);
  if (!broken) return;
  throw new CodedError("INCOMPLETE", broken, {
    clusters: rows.filter((row) => row.status !== "SUCCESS").map(reason),
    ...(missed.length > 0 ? { requiredClusterIds: missed } : {}),
  });
}

const reason = ({ clusterId, clusterName, status, error }: Row) => ({ clusterId, clusterName, status, error });
