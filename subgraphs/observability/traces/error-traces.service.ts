import type { Changes, ClusterEvent } from "../../shared/fleet/changes.ts";
import type { FleetClients } from "../../shared/fleet/clients.ts";
import type { TracePayload } from "../../shared/kernel/bus/payloads.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import type { TraceSummary } from "../../shared/upstreams/tempo/schema.ts";
import { newestFirst } from "../../shared/upstreams/traceql/expression.ts";
import { type ErrorTracesRepository, moveCursor, type TracedCluster } from "./error-traces.repository.ts";
import { timeBounds } from "./traces.plan.ts";

/** A trace may arrive so much later than it began. */
const LATE_MS = 5 * 60_000;
/** After a longer absence, what happened before is not told any more. */
const MOST_MS = 60 * 60_000;
const SEARCHED = 100;
/** In one round; of more, the newest. */
const MOST_EVENTS = 20;
const KEPT_IDS = 1000;

interface Dependencies {
  repository: ErrorTracesRepository;
  clients: FleetClients;
  changes: Changes;
  clock: Clock;
  /** How long the first look at a cluster goes back. */
  everyMs: number;
}

/** Tells of each of a cluster's traces with an error once. */
export class ErrorTracesService {
  readonly #dependencies: Dependencies;

  constructor(dependencies: Dependencies) {
    this.#dependencies = dependencies;
  }

  /** What it tells and how far it has told are one transaction. @throws what asking the cluster fails with. */
  async look(cluster: TracedCluster, signal: AbortSignal): Promise<void> {
    const { repository, clients, changes, clock, everyMs } = this.#dependencies;
    const cursor = await repository.cursor(cluster.id);
    const now = clock.now();
    const since = cursor ? cursor.until.getTime() - LATE_MS : now.getTime() - everyMs;
    const bounds = timeBounds({ start: new Date(Math.max(since, now.getTime() - MOST_MS)), end: now });
    const tempo = await clients.tempo(cluster);
    const { traces } = await tempo.search(
      { query: newestFirst("{ status = error }"), ...bounds, limit: SEARCHED },
      { signal, requestId: "error-traces" },
    );
    const known = new Set(cursor?.recentIds);
    const fresh = traces.filter(({ traceId }) => !known.has(traceId));
    const recentIds = [...new Set([...traces.map(({ traceId }) => traceId), ...known])].slice(0, KEPT_IDS);
    await changes.commit(async (tx, record) => {
      if (!(await moveCursor(tx, cluster.id, cursor, { until: now, recentIds }))) return;
      if (fresh.length > 0) await record.event(...toEvents(cluster, fresh));
    });
  }
}

/** In the order they began. The last one says how many more there were. */
function toEvents({ id, tenantId }: TracedCluster, fresh: readonly TraceSummary[]): ClusterEvent[] {
  const newest = fresh.toSorted((a, b) => (a.start < b.start ? 1 : -1)).slice(0, MOST_EVENTS);
  const leftOut = fresh.length - newest.length;
  return newest
    .map((trace, index): ClusterEvent => {
      const payload: TracePayload = {
        trace_id: trace.traceId,
        service: trace.rootService,
        operation: trace.rootOperation,
        duration_ms: trace.durationMs,
        start_time: new Date(Number(trace.start / 1_000_000n)).toISOString(),
        ...(index === 0 && leftOut > 0 ? { left_out: leftOut } : {}),
      };
      return { type: "TRACE_RECEIVED", cluster: { id, tenantId }, payload };
    })
    .reverse();
}
