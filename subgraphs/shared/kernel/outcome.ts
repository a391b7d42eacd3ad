import { CodedError, type ErrorCode } from "./errors.ts";
import { storageFailure } from "./storage-failures.ts";

export const OutcomeStatus = {
  SUCCESS: "SUCCESS",
  PARTIAL: "PARTIAL",
  ERROR: "ERROR",
  TIMEOUT: "TIMEOUT",
  SKIPPED: "SKIPPED",
  CANCELLED: "CANCELLED",
} as const;
export type OutcomeStatus = (typeof OutcomeStatus)[keyof typeof OutcomeStatus];

export const SkipReason = {
  NO_CAPABILITY: "NO_CAPABILITY",
  NO_ENDPOINT: "NO_ENDPOINT",
  UNHEALTHY: "UNHEALTHY",
  CIRCUIT_OPEN: "CIRCUIT_OPEN",
} as const;
export type SkipReason = (typeof SkipReason)[keyof typeof SkipReason];

export interface OutcomeFailure {
  code: ErrorCode;
  message: string;
  retryable: boolean;
}

/** How one target of a fan-out ended: its value, or why there is none. A failed target is a row, never an exception. */
export interface Outcome<T> {
  status: OutcomeStatus;
  startedAt: Date;
  durationMs: number;
  value?: T;
  skipReason?: SkipReason;
  failure?: OutcomeFailure;
}

/** Thrown by a fan-out's task for a target that is not asked at all. */
export class Skip extends Error {
  override readonly name = "Skip";
  readonly reason: SkipReason;

  constructor(reason: SkipReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

const RETRYABLE: ReadonlySet<ErrorCode> = new Set([
  "UPSTREAM_UNREACHABLE",
  "UPSTREAM_TIMEOUT",
  "UPSTREAM_ERROR",
  "RATE_LIMITED",
  "CIRCUIT_OPEN",
  "STORAGE_UNAVAILABLE",
]);

/** The outcome's status and failure for whatever a task threw. What is not coded is ours to fix and says nothing outside. */
export function failed(error: unknown): Pick<Outcome<never>, "status" | "failure" | "skipReason"> {
  if (error instanceof Skip) {
    const code = error.reason === "CIRCUIT_OPEN" ? "CIRCUIT_OPEN" : "NO_ENDPOINT";
    const failure = { code, message: error.message, retryable: RETRYABLE.has(code) } as const;
    return { status: "SKIPPED", skipReason: error.reason, failure };
  }
  const coded =
    error instanceof CodedError
      ? error
      : (storageFailure(error) ??
        new CodedError("INTERNAL_SERVER_ERROR", "The request to this cluster failed here.", undefined, {
          cause: error,
        }));
  const failure = { code: coded.code, message: coded.message, retryable: RETRYABLE.has(coded.code) };
  if (coded.code === "UPSTREAM_TIMEOUT") return { status: "TIMEOUT", failure };
  if (coded.code === "CANCELLED") return { status: "CANCELLED", failure };
  return { status: "ERROR", failure };
}
