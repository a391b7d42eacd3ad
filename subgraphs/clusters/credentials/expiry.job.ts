import type { Changes } from "../../shared/fleet/changes.ts";
import type { SecretReferences } from "../../shared/fleet/secret-references.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import type { Logger } from "../../shared/kernel/log.ts";
import type { Job } from "../../shared/kernel/subgraph.ts";
import { eventView } from "./credentials.mapper.ts";
import type { CredentialsRepository, Expiring } from "./credentials.repository.ts";

const HOUR_MS = 3_600_000;
const WARN_MS = 7 * 24 * HOUR_MS;
const BATCH = 100;
const PATIENCE_MS = 10_000;
/** Below every id of a cluster. */
const FIRST_ID = "00000000-0000-0000-0000-000000000000";

interface Dependencies {
  credentials: CredentialsRepository;
  secrets: Pick<SecretReferences, "read">;
  changes: Changes;
  clock: Clock;
  log: Logger;
}

/** Tells seven days ahead that credentials end, once for each end. One that was replaced in its Secret by then has another end. */
export const warnOfExpiry = (dependencies: Dependencies): Job => ({
  name: "clusters.credentials-expiry",
  everyMs: HOUR_MS,
  run: async (signal) => {
    const { credentials, clock } = dependencies;
    const end = new Date(clock.now().getTime() + WARN_MS);
    for (let after = FIRST_ID; ; ) {
      const due = await credentials.unwarned(end, after, BATCH);
      for (const record of due) {
        if (signal.aborted) return;
        if (!(await replaced(record, end, dependencies, signal))) await warn(record, dependencies);
      }
      after = due.at(-1)?.clusterId ?? after;
      if (due.length < BATCH) return;
    }
  },
});

/** Whether the Secret that they refer to holds a token by now that ends later; its end is noted. */
async function replaced(
  record: Expiring,
  end: Date,
  { credentials, secrets, log }: Dependencies,
  signal: AbortSignal,
): Promise<boolean> {
  const { serviceAccountTokenSecretRef: reference, cluster } = record;
  if (!reference) return false;
  try {
    const patience = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
    const { endsAt } = await secrets.read(reference, cluster.tenantId, patience);
    if (endsAt <= end.getTime()) return false;
    await credentials.markExpiry(record, Number.isFinite(endsAt) ? new Date(endsAt) : null);
    return true;
  } catch (error) {
    log.warn({ err: error, clusterId: record.clusterId }, "a Secret cannot be read");
    return false;
  }
}

const warn = (record: Expiring, { credentials, changes }: Dependencies): Promise<void> =>
  changes.commit(async (tx, recorder) => {
    if (!(await credentials.markWarned(tx, record))) return;
    const { cluster } = record;
    const payload = eventView(cluster.name, record);
    await recorder.event({ type: "CLUSTER_CREDENTIALS_EXPIRING", cluster, payload });
  });
