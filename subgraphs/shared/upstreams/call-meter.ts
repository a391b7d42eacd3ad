import type { Registry } from "prom-client";
import { CodedError } from "../kernel/errors.ts";
import { counter, histogram } from "../kernel/instruments.ts";
import { Skip } from "../kernel/outcome.ts";

const SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** Whose calls, as metrics and traces tell them apart: by kinds, never by cluster, of which there may be a thousand. */
export interface Calls {
  backend: string;
  clusterType: string;
  /** One request was answered, or was not. */
  ended(outcome: string, seconds: number): void;
  /** One was not sent at all. */
  refused(error: unknown): void;
}

/** Counts the requests to the clusters' endpoints. */
export class CallMeter {
  readonly #seconds;
  readonly #refused;

  constructor(registry: Registry) {
    this.#seconds = histogram(
      registry,
      "aiops_upstream_request_duration_seconds",
      "Requests to clusters, each try by itself, until the answer is whole (Kubernetes: until it begins). outcome is OK, HTTP_4XX, HTTP_429, HTTP_5XX or an error code; look for UPSTREAM_TIMEOUT and UPSTREAM_UNREACHABLE by backend.",
      ["backend", "cluster_type", "outcome"],
      SECONDS,
    );
    this.#refused = counter(
      registry,
      "aiops_upstream_refused_total",
      "Requests to clusters that were never sent: CIRCUIT_OPEN while a backend rests, LIMIT_EXCEEDED where too many wait, CANCELLED before their turn.",
      ["backend", "code"],
    );
  }

  /** @param clusterType unknown where who asks has no cluster's row at hand, as an import that only tries credentials */
  of(backend: string, clusterType = "unknown"): Calls {
    const labels = { backend: backend.toLowerCase(), cluster_type: clusterType };
    return {
      backend: labels.backend,
      clusterType,
      ended: (outcome, seconds) => this.#seconds.observe({ ...labels, outcome }, seconds),
      refused: (error) => this.#refused.inc({ backend: labels.backend, code: refusalOf(error) }),
    };
  }
}

/** Of an answer. */
export function outcomeOf(status: number): string {
  if (status < 400) return "OK";
  return status === 429 ? "HTTP_429" : `HTTP_${Math.floor(status / 100)}XX`;
}

/** Of a call that had no answer. */
export function failureOf(error: unknown): string {
  return error instanceof CodedError ? error.code : "CANCELLED";
}

const refusalOf = (error: unknown): string => (error instanceof Skip ? error.reason : failureOf(error));
