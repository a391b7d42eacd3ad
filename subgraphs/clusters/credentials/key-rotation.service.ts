import type { Changes } from "../../shared/fleet/changes.ts";
import { rewrapCredentials } from "../../shared/fleet/credentials.ts";
import type { Vault } from "../../shared/fleet/vault.ts";
import { CodedError, type ErrorCode } from "../../shared/kernel/errors.ts";
import type { Logger } from "../../shared/kernel/log.ts";
import { requireRole } from "../../shared/kernel/permissions.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import type { CredentialsRepository, SealedRecord } from "./credentials.repository.ts";

export interface KeyRotationProgress {
  currentKeyId: string;
  total: number;
  rewrapped: number;
  remaining: number;
  failures: { clusterId: string; code: ErrorCode; message: string }[];
}

const BATCH = 100;
/** One call does no more than fits into this, so that whoever calls sees progress. */
const SLICE_MS = 5_000;
const MAX_FAILURES = 100;

interface Dependencies {
  credentials: CredentialsRepository;
  vault: Vault;
  changes: Changes;
  log: Logger;
}

/** Wraps all stored secrets by the key that seals now, while everything works on: a reader opens either form. */
export class KeyRotationService {
  readonly #credentials: CredentialsRepository;
  readonly #vault: Vault;
  readonly #changes: Changes;
  readonly #log: Logger;

  constructor({ credentials, vault, changes, log }: Dependencies) {
    this.#credentials = credentials;
    this.#vault = vault;
    this.#changes = changes;
    this.#log = log;
  }

  /**
   * One slice of the work. The keys are the deployment's, so records of all tenants are wrapped; of a record that cannot be, only
   * the caller's own tenant is told, and the log.
   */
  async rotate(operation: Operation): Promise<KeyRotationProgress> {
    const { identity, signal } = operation;
    requireRole(identity, "admin");
    if (identity.scope) {
      throw new CodedError("FORBIDDEN", "Keys are those of all clusters: this needs an admin without a scope.");
    }
    const { keyId } = this.#vault;
    const end = performance.now() + SLICE_MS;
    const failures: KeyRotationProgress["failures"] = [];
    let rewrapped = 0;
    for (let after = FIRST_ID; ; ) {
      const records = await this.#credentials.foreign(keyId, after, BATCH);
      for (const record of records) {
        const failure = await this.#rewrap(record);
        if (!failure) rewrapped += 1;
        else if (record.cluster.tenantId === identity.tenant)
          failures.push({ ...failure, clusterId: record.clusterId });
      }
      after = records.at(-1)?.clusterId ?? after;
      if (records.length < BATCH || signal.aborted || performance.now() > end) break;
    }
    const cluster = { id: null, tenantId: identity.tenant, name: `key ${keyId}` };
    await this.#changes.commit((_, record) =>
      record.deed(operation, { action: "ROTATE_ENCRYPTION_KEYS", cluster, before: null, after: { keyId, rewrapped } }),
    );
    const [total, remaining] = await Promise.all([this.#credentials.count(), this.#credentials.countForeign(keyId)]);
    return { currentKeyId: keyId, total, rewrapped, remaining, failures: failures.slice(0, MAX_FAILURES) };
  }

  async #rewrap(record: SealedRecord): Promise<{ code: ErrorCode; message: string } | null> {
    const { clusterId } = record;
    try {
      const written = await this.#credentials.rewrap(record, rewrapCredentials(this.#vault, clusterId, record));
      return written ? null : { code: "CONFLICT", message: "The credentials were changed in the meantime." };
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      this.#log.warn({ clusterId, code: error.code }, error.message);
      return { code: error.code, message: error.message };
    }
  }
}

/** Below every id of a cluster. */
const FIRST_ID = "00000000-0000-0000-0000-000000000000";
