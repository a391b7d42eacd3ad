import type { ErrorCode } from "../../shared/kernel/errors.ts";
import type { Outcome } from "../../shared/kernel/outcome.ts";

export const FindingStatus = {
  FOUND: "FOUND",
  ABSENT: "ABSENT",
  FORBIDDEN: "FORBIDDEN",
  UNREACHABLE: "UNREACHABLE",
  NOT_LOOKED_FOR: "NOT_LOOKED_FOR",
} as const;
export type FindingStatus = (typeof FindingStatus)[keyof typeof FindingStatus];

export const Capability = {
  GPU: "GPU",
  PROMETHEUS: "PROMETHEUS",
  THANOS: "THANOS",
  TEMPO: "TEMPO",
  LOKI: "LOKI",
  SERVICE_MESH: "SERVICE_MESH",
  CNF: "CNF",
  PLATFORM: "PLATFORM",
  ENDPOINTS: "ENDPOINTS",
} as const;
export type Capability = (typeof Capability)[keyof typeof Capability];

/** How a capability was looked for in one place, and what that gave. As it is stored. */
export interface Finding {
  capability: Capability;
  status: FindingStatus;
  /** Where it was looked for. */
  source: string;
  detail: string | null;
  /** Of GPUs: how many of each product this place alone accounts for, so that the sum over all findings counts each once. */
  counts?: Record<string, number>;
}

/** What one request gave, or why it gave nothing. */
export type Look<T> = { seen: T } | { missed: Missed };

export interface Missed {
  status: "ABSENT" | "FORBIDDEN" | "UNREACHABLE";
  detail: string;
}

const REFUSALS: ReadonlySet<ErrorCode> = new Set(["UPSTREAM_REFUSED", "CREDENTIALS_INVALID"]);

/** From an outcome; null is a server's word that there is no such thing. */
export function lookOf<T>({ status, value, failure }: Outcome<T | null>): Look<T> {
  if (status === "SUCCESS") {
    return value === null || value === undefined ? missing("The API server has no such resource.") : { seen: value };
  }
  const detail = failure?.message ?? "No answer.";
  return { missed: { status: failure && REFUSALS.has(failure.code) ? "FORBIDDEN" : "UNREACHABLE", detail } };
}

export const missing = (detail: string): Look<never> => ({ missed: { status: "ABSENT", detail } });

/** Whether nobody knows: not because it is forbidden, but because there was no answer this time. */
export const isUnreachable = (look: Look<unknown>): boolean => "missed" in look && look.missed.status === "UNREACHABLE";

export const missedFinding = (capability: Capability, source: string, { status, detail }: Missed): Finding => ({
  capability,
  status,
  source,
  detail,
});

/** "5 nodes", or "the first 5 nodes" of a list that was not read to its end. */
export const counted = (objects: readonly unknown[], complete: boolean, noun: string): string =>
  `${complete ? "" : "the first "}${objects.length} ${noun}`;
