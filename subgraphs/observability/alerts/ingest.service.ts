import type { Changes, ClusterEvent } from "../../shared/fleet/changes.ts";
import type { AlertPayload } from "../../shared/kernel/bus/payloads.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import type { ActiveAlert, AlertmanagerStatus } from "../../shared/upstreams/alertmanager/schema.ts";
import type { PendingAlert } from "../../shared/upstreams/prometheus/alerts.ts";
import { writeReading } from "./alert-source.repository.ts";
import { type AlertWord, firingWord, pendingWord } from "./alert-word.mapper.ts";
import {
  forgetPending,
  type HeldSource,
  holdSource,
  renameGroup,
  resolveSuperseded,
  resolveUnheard,
  resolveUnlisted,
  type Transition,
  writeWords,
} from "./ingest.repository.ts";

/** Whose alerts are heard of. */
export interface AlertingCluster {
  id: string;
  tenantId: string;
}

/** What a cluster's servers answered when they were asked. */
export interface Reading {
  /** When they were asked: what they answered is at least as new. */
  at: Date;
  /** Null where the cluster has no Alertmanager; a text says why it did not answer. */
  alertmanager: { alerts: ActiveAlert[]; status: AlertmanagerStatus | null } | string | null;
  /** A text says why it is not known. */
  pending: PendingAlert[] | string;
}

/** An Alertmanager that was started anew is told of every alert within a minute; this leaves time for one that is late. */
const TOLD_AGAIN_MS = 3 * 60_000;
/** The group of an Alertmanager that shares nothing with another. */
const ALONE = "default";
const ENDPOINT_GONE = "The cluster has no Alertmanager endpoint any more.";
const MAX_SUMMARY = 500;
/** Alerts. */
const WRITTEN_TOGETHER = 1000;

/** Writes what is heard of alerts, and tells of each that began or ended: once, whoever hears it and however often. */
export class IngestService {
  readonly #changes: Changes;
  readonly #clock: Clock;
  readonly #unheardMs: number;

  /** @param unheardMs after which an alert has ended that nobody lists and no notification repeats, in milliseconds. */
  constructor({ changes, clock, unheardMs }: { changes: Changes; clock: Clock; unheardMs: number }) {
    this.#changes = changes;
    this.#clock = clock;
    this.#unheardMs = unheardMs;
  }

  /** What notifications say: in any order, late, and again and again. */
  async notified(cluster: AlertingCluster, words: readonly AlertWord[]): Promise<void> {
    await this.#each(cluster, oneOfEach(words), async (tx, source, few) => {
      const now = this.#clock.now();
      const changed = await writeWords(tx, source, few, { now });
      const fingerprints = [...new Set(few.map(({ fingerprint }) => fingerprint))];
      return [...changed, ...(await resolveSuperseded(tx, source, fingerprints, now))];
    });
  }

  /** All there is at a moment: what is not in it is over, unless the reading is older than the last one. */
  async read(cluster: AlertingCluster, { at, alertmanager, pending }: Reading): Promise<void> {
    const hearing = (): { listedAt: Date; now: Date } => ({ listedAt: at, now: this.#clock.now() });
    const listed = typeof alertmanager === "string" ? null : alertmanager;
    const firing = oneOfEach((listed?.alerts ?? []).map((alert) => firingWord(alert, at)));
    if (listed?.status) await this.#rename(cluster, at, listed.status.group ?? ALONE);
    await this.#each(cluster, firing, async (tx, source, few) =>
      older(at, source) ? [] : await writeWords(tx, source, few, hearing()),
    );
    if (listed) {
      const startedAt = listed.status?.startedAt ?? new Date(0);
      const knowsAllFrom = { startedAt, at: new Date(startedAt.getTime() + TOLD_AGAIN_MS) };
      await this.#all(cluster, async (tx, held) => {
        if (older(at, held)) return [];
        return await resolveUnlisted(tx, held, firing, { ...hearing(), knowsAllFrom, most: WRITTEN_TOGETHER });
      });
    }
    if (alertmanager === null) {
      const { now } = hearing();
      const heardBefore = new Date(now.getTime() - this.#unheardMs);
      await this.#all(cluster, (tx, held) => resolveUnheard(tx, held, { heardBefore, now, most: WRITTEN_TOGETHER }));
    }
    await this.#changes.commit(async (tx) => {
      const source = await holdSource(tx, cluster);
      if (older(at, source)) return;
      await replacePending(tx, source, firing, { pending, ...hearing() });
      const gone = !alertmanager && source.polledAt ? ENDPOINT_GONE : null;
      await writeReading(tx, cluster.id, {
        at,
        polled: listed !== null,
        failure: typeof alertmanager === "string" ? alertmanager : gone,
        remark: typeof pending === "string" ? `Pending alerts are not known: ${pending}` : null,
      });
    });
  }

  async #rename(cluster: AlertingCluster, at: Date, group: string): Promise<void> {
    await this.#changes.commit(async (tx) => {
      const source = await holdSource(tx, cluster);
      if (source.haGroup !== group && !older(at, source)) await renameGroup(tx, source, group);
    });
  }

  /** Some at a time, so that in a storm others come between. */
  async #each(
    cluster: AlertingCluster,
    words: readonly AlertWord[],
    write: (tx: Transaction, source: HeldSource, few: readonly AlertWord[]) => Promise<Transition[]>,
  ): Promise<void> {
    for (let from = 0; from < words.length; from += WRITTEN_TOGETHER) {
      const few = words.slice(from, from + WRITTEN_TOGETHER);
      await this.#few(cluster, (tx, source) => write(tx, source, few));
    }
  }

  /** Some at a time, until there are no more. */
  async #all(
    cluster: AlertingCluster,
    write: (tx: Transaction, source: HeldSource) => Promise<Transition[]>,
  ): Promise<void> {
    while ((await this.#few(cluster, write)) === WRITTEN_TOGETHER) {
      // There may be more.
    }
  }

  /** A write, and what is told of it. @returns how many alerts it changed. */
  async #few(
    cluster: AlertingCluster,
    write: (tx: Transaction, source: HeldSource) => Promise<Transition[]>,
  ): Promise<number> {
    return await this.#changes.commit(async (tx, record) => {
      const changed = await write(tx, await holdSource(tx, cluster));
      await record.event(...changed.flatMap((transition) => eventsOf(cluster, transition)));
      return changed.length;
    });
  }
}

/** Whether another reading, of later, has been written. */
const older = (at: Date, { polledAt }: HeldSource): boolean => polledAt !== null && polledAt > at;

type Transaction = Parameters<typeof writeWords>[0];

async function replacePending(
  tx: Transaction,
  source: HeldSource,
  firing: readonly AlertWord[],
  { pending, listedAt, now }: Pick<Reading, "pending"> & { listedAt: Date; now: Date },
): Promise<void> {
  const fires = new Set(firing.map(({ fingerprint }) => fingerprint));
  const known = typeof pending === "string" ? [] : pending.map((alert) => pendingWord(alert, listedAt));
  // One that fires by now was asked about a moment too early.
  const words = oneOfEach(known).filter(({ fingerprint }) => !fires.has(fingerprint));
  await writeWords(tx, source, words, { listedAt, now });
  await forgetPending(tx, source, words);
}

/** One statement writes an occurrence once: of what is said of it together, that it ended comes last. */
function oneOfEach(words: readonly AlertWord[]): AlertWord[] {
  const byKey = new Map<string, AlertWord>();
  for (const word of words) {
    const key = `${word.fingerprint} ${word.startsAt.getTime()}`;
    if (byKey.get(key)?.state !== "RESOLVED") byKey.set(key, word);
  }
  return [...byKey.values()];
}

/** One that is heard of when it is over has fired all the same. */
function eventsOf(cluster: AlertingCluster, transition: Transition): ClusterEvent[] {
  const { was, state, namespace } = transition;
  const event = (type: "ALERT_FIRED" | "ALERT_RESOLVED"): ClusterEvent => ({
    type,
    cluster,
    namespace,
    payload: payload(transition, type === "ALERT_FIRED" ? "FIRING" : "RESOLVED"),
  });
  if (state === "PENDING") return [];
  const fired = was === "FIRING" ? [] : [event("ALERT_FIRED")];
  return state === "FIRING" ? fired : [...fired, event("ALERT_RESOLVED")];
}

function payload(transition: Transition, state: AlertPayload["state"]): AlertPayload {
  const { id, fingerprint, alertname, severity, namespace, pod, node, labels, annotations, startsAt, endsAt } =
    transition;
  return {
    alert_id: id,
    fingerprint,
    alertname,
    severity,
    state,
    namespace,
    pod,
    node,
    labels,
    summary:
      (annotations["summary"] ?? annotations["message"] ?? annotations["description"])?.slice(0, MAX_SUMMARY) ?? null,
    starts_at: startsAt.toISOString(),
    ends_at: state === "RESOLVED" ? (endsAt?.toISOString() ?? null) : null,
  };
}
