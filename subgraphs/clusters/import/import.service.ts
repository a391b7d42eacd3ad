import type { Cluster as Row } from "../../../prisma/generated/client.ts";
import { CodedError, type ErrorCode } from "../../shared/kernel/errors.ts";
import { fanOut } from "../../shared/kernel/fan-out.ts";
import type { Outcome } from "../../shared/kernel/outcome.ts";
import { requireRole } from "../../shared/kernel/permissions.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import type { TargetGuard } from "../../shared/upstreams/target-guard.ts";
import type { ClusterRepository } from "../registry/cluster.repository.ts";
import type { Change, ClusterService, Registration } from "../registry/cluster.service.ts";

export type ImportStatus = "REGISTERED" | "UPDATED" | "SKIPPED" | "FAILED" | "PLANNED";

/** How the import of one cluster ended. */
export interface ImportRow {
  /** What it is called where it comes from. */
  context: string;
  name: string | null;
  status: ImportStatus;
  cluster: Row | null;
  warnings: readonly string[];
  /** Why it was skipped or failed. */
  error: { code: ErrorCode; message: string } | null;
}

/** A cluster that could be imported. */
export interface Candidate {
  context: string;
  /** "" where none can be made. */
  name: string;
  /** Why it is not meant to be, if it is not. */
  passedOver: { code: ErrorCode; message: string } | null;
  /** Gathers what is to be registered. @throws why it cannot be. */
  prepare(signal: AbortSignal): Promise<Prepared>;
}

export interface Prepared {
  registration: Registration;
  /** What changes where the cluster is there already; its labels are added to those it has. */
  change: Change;
  warnings: readonly string[];
}

export interface ImportOptions {
  dryRun: boolean;
  onExisting: "SKIP" | "UPDATE" | "FAIL";
}

interface Dependencies {
  clusters: ClusterService;
  repository: ClusterRepository;
  guard: TargetGuard;
  /** The rules of a registration. @throws what breaks them. */
  validate: (registration: Registration) => void;
  /** Told about errors that are ours. */
  onInternalError: (error: unknown) => void;
}

const CONCURRENCY = 8;
const PATIENCE_MS = 60_000;

/** Registers many clusters at once, each by itself: what is wrong with one is that one's outcome. */
export class ImportService {
  readonly #clusters: ClusterService;
  readonly #repository: ClusterRepository;
  readonly #guard: TargetGuard;
  readonly #validate: Dependencies["validate"];
  readonly #onInternalError: Dependencies["onInternalError"];

  constructor({ clusters, repository, guard, validate, onInternalError }: Dependencies) {
    this.#clusters = clusters;
    this.#repository = repository;
    this.#guard = guard;
    this.#validate = validate;
    this.#onInternalError = onInternalError;
  }

  /** One row for each candidate, in their order. Needs admin. */
  async carryOut(operation: Operation, candidates: readonly Candidate[], options: ImportOptions): Promise<ImportRow[]> {
    requireRole(operation.identity, "admin");
    const names = candidates.map(({ name }) => name);
    const existing = await this.#repository.byNames(operation.identity, names);
    const outcomes = await fanOut(
      candidates,
      (candidate, signal) => this.#one(operation, candidate, existing.get(candidate.name) ?? null, options, signal),
      {
        signal: operation.signal,
        patienceMs: () => PATIENCE_MS,
        concurrency: CONCURRENCY,
        onInternalError: this.#onInternalError,
      },
    );
    return candidates.map((candidate, i) => rowOf(candidate, outcomes[i]));
  }

  async #one(
    operation: Operation,
    candidate: Candidate,
    existing: Row | null,
    { dryRun, onExisting }: ImportOptions,
    signal: AbortSignal,
  ): Promise<ImportRow> {
    if (candidate.passedOver) return { ...blank(candidate), status: "SKIPPED", error: candidate.passedOver };
    if (existing && onExisting === "FAIL") throw new CodedError(ALREADY.code, ALREADY.message);
    if (existing && onExisting === "SKIP") {
      return { ...blank(candidate), status: "SKIPPED", cluster: existing, error: ALREADY };
    }
    const { registration, change, warnings } = await candidate.prepare(signal);
    if (candidate.name.length < 3) throw noName(candidate.context);
    const labels = { ...(existing?.labels as Record<string, string> | undefined), ...change.labels };
    this.#validate(existing ? { ...registration, labels } : registration);
    this.#guard.checkUrls({ apiServerUrl: registration.apiServerUrl, endpoints: registration.endpoints });
    const row = { ...blank(candidate), warnings };
    if (dryRun) return { ...row, status: "PLANNED", cluster: existing };
    if (!existing) {
      return { ...row, status: "REGISTERED", cluster: await this.#clusters.register(operation, registration) };
    }
    const cluster = await this.#clusters.update(operation, existing.id, null, {
      ...change,
      ...(change.labels ? { labels } : {}),
    });
    return { ...row, status: "UPDATED", cluster };
  }
}

const blank = ({ context, name }: Candidate): Omit<ImportRow, "status"> => ({
  context,
  name: name || null,
  cluster: null,
  warnings: [],
  error: null,
});

function rowOf(candidate: Candidate, outcome: Outcome<ImportRow> | undefined): ImportRow {
  if (outcome?.value) return outcome.value;
  const { code = "INTERNAL_SERVER_ERROR", message = "The import failed here." } = outcome?.failure ?? {};
  return { ...blank(candidate), status: "FAILED", error: { code, message } };
}

const ALREADY = {
  code: "CLUSTER_ALREADY_EXISTS" as const,
  message: "A cluster of this name is registered already.",
};

const noName = (context: string): CodedError =>
  new CodedError(
    "INVALID_CLUSTER_NAME",
    `${JSON.stringify(context.slice(0, 128))} makes no DNS-compatible name of 3 to 63 characters. Rename it where it comes from, or give a namePrefix.`,
  );
