import { setTimeout as delay } from "node:timers/promises";
import type { Changes, ClusterEvent } from "../../shared/fleet/changes.ts";
import type { FleetClients } from "../../shared/fleet/clients.ts";
import type { FleetDirectory, Target } from "../../shared/fleet/directory.ts";
import type { ClusterSelector } from "../../shared/fleet/selector.ts";
import { Identity } from "../../shared/kernel/auth-context.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import { fanOut } from "../../shared/kernel/fan-out.ts";
import type { Outcome } from "../../shared/kernel/outcome.ts";
import type { Job } from "../../shared/kernel/subgraph.ts";
import type { QueryResult, Series } from "../../shared/upstreams/prometheus/schema.ts";
import { type News, newsOf, seriesKey, type ToldSeries } from "./watch.filter.ts";
import type { WatchRepository, WatchRow } from "./watch.repository.ts";

const SWEEP_MS = 1000;
/** Watches that one replica runs at once; more wait, and others may take them. */
const AT_ONCE = 8;
const PATIENCE_SECONDS = 10;
const MAX_SERIES = 500;
/** Events of one cluster and run; the rest is told by the next. */
const MAX_NEWS = 100;

export interface WatchJobOptions {
  repository: WatchRepository;
  directory: FleetDirectory;
  clients: FleetClients;
  changes: Changes;
  clock: Clock;
  onError: (error: unknown) => void;
}

/** Run whatever watch is due. Every replica does: what one takes, no other does. */
export const runWatches = (options: WatchJobOptions): Job => ({
  name: "observability.metric-watches",
  everyMs: SWEEP_MS,
  onEveryReplica: true,
  run: async (signal) => {
    const { repository, clock, onError } = options;
    while (!signal.aborted) {
      const due = await repository.takeDue(clock.now(), AT_ONCE).catch((error: unknown) => {
        onError(error);
        return [];
      });
      await Promise.all(due.map((watch) => run(watch, options, signal).catch(onError)));
      if (due.length < AT_ONCE) await delay(SWEEP_MS, undefined, { signal }).catch(() => {});
    }
  },
});

async function run(watch: WatchRow, options: WatchJobOptions, signal: AbortSignal): Promise<void> {
  const { repository, directory, clients, changes, clock, onError } = options;
  const now = clock.now();
  const targets = await directory.select(ownerOf(watch), watch.selector as ClusterSelector).catch((error: unknown) => {
    // A cluster that it names is gone, or no longer its owner's to see.
    if (error instanceof CodedError) return error;
    throw error;
  });
  if (targets instanceof CodedError) {
    await repository.ran(watch.id, now, targets.message);
    return;
  }
  const when = { at: now.getTime() / 1000 };
  const call = { requestId: `watch-${watch.id}` };
  const outcomes = await fanOut(
    targets,
    async (target, patience) => {
      const client = await clients.prometheus(target);
      return await client.query(watch.query, when, PATIENCE_SECONDS, { ...call, signal: patience });
    },
    { signal, patienceMs: () => PATIENCE_SECONDS * 1000, onInternalError: onError },
  );
  const told = await repository.told(watch.id);
  const looks = targets.flatMap((target, index) => look(watch, target, outcomes[index], told.get(target.id)));
  if (looks.length > 0) {
    await changes.commit(async (tx, record) => {
      await repository.tell(tx, watch.id, looks, now);
      const events = looks.flatMap(({ clusterId, news }) => news.map((each) => toEvent(watch, clusterId, each)));
      if (events.length > 0) await record.event(...events);
    });
  }
  await repository.ran(watch.id, now, troubleOf(outcomes));
}

/** What one cluster's answer has to tell; nothing of a cluster that gave none, so that an outage is no change. */
function look(watch: WatchRow, target: Target, outcome: Outcome<QueryResult> | undefined, told: ToldSeries = {}) {
  if (!outcome?.value) return [];
  const { news, told: series } = newsOf(watch, firstOf(outcome.value.series), told, MAX_NEWS);
  return [{ clusterId: target.id, news, series }];
}

/** Always the same ones: a server may answer in another order each time. */
function firstOf(series: readonly Series[]): readonly Series[] {
  if (series.length <= MAX_SERIES) return series;
  const byLabels = series.map((each) => ({ each, key: seriesKey(each.metric) }));
  return byLabels
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .slice(0, MAX_SERIES)
    .map(({ each }) => each);
}

const toEvent = ({ id, name, tenantId }: WatchRow, clusterId: string, news: News): ClusterEvent => ({
  type: "METRIC_UPDATE",
  cluster: { id: clusterId, tenantId },
  namespace: news.labels["namespace"] ?? null,
  payload: { watch_id: id, watch_name: name, ...news },
});

function troubleOf(outcomes: readonly Outcome<QueryResult>[]): string | null {
  const failed = outcomes.filter(({ value }) => !value);
  const cut = outcomes.filter(({ value }) => value && value.series.length > MAX_SERIES).length;
  const parts = [
    failed.length > 0
      ? `${failed.length} of ${outcomes.length} clusters did not answer: ${failed[0]?.failure?.message}`
      : "",
    cut > 0 ? `${cut} clusters have more than ${MAX_SERIES} series: only the first are watched.` : "",
  ];
  return parts.filter(Boolean).join(" ") || null;
}

/** It asks with the rights of whoever created it. */
const ownerOf = ({ createdBy, tenantId, scope }: WatchRow): Identity =>
  Identity.parse({ user: createdBy, tenant: tenantId, roles: ["viewer"], scope });
