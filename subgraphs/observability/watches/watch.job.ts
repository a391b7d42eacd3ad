import type { Changes, ClusterEvent } from "../../shared/fleet/changes.ts";
import type { FleetClients } from "../../shared/fleet/clients.ts";
import type { FleetDirectory, Target } from "../../shared/fleet/directory.ts";
import type { ClusterSelector } from "../../shared/fleet/selector.ts";
import { type Identity, unattended } from "../../shared/kernel/auth-context.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import { runsDue } from "../../shared/kernel/due.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import { fanOut } from "../../shared/kernel/fan-out.ts";
import type { Outcome } from "../../shared/kernel/outcome.ts";
import type { Job } from "../../shared/kernel/subgraph.ts";
import type { QueryResult } from "../../shared/upstreams/prometheus/schema.ts";
import { cutTo } from "../metrics/series.filter.ts";
import { type News, newsOf, type ToldSeries } from "./watch.filter.ts";
import type { WatchRepository, WatchRow } from "./watch.repository.ts";

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

/** Run whatever watch is due. */
export const runWatches = (options: WatchJobOptions): Job =>
  runsDue({
    name: "observability.metric-watches",
    take: (now, limit) => options.repository.takeDue(now, limit),
    run: (watch, signal) => run(watch, options, signal),
    atOnce: 8,
    clock: options.clock,
    onError: options.onError,
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
  const { news, told: series } = newsOf(watch, cutTo(outcome.value.series, MAX_SERIES).series, told, MAX_NEWS);
  return [{ clusterId: target.id, news, series }];
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
  unattended({ user: createdBy, tenant: tenantId, roles: ["viewer"], scope });
