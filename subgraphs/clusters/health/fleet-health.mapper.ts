import type { ClusterHealth, FleetHealth } from "./fleet-health.type.ts";
import { SCHEDULE, WORST_FIRST } from "./health.score.ts";
import type { FleetRow } from "./health-history.repository.ts";

/**
 * How the fleet is.
 * @param first clusters that a list holds at most.
 */
export function toFleetHealth(rows: readonly FleetRow[], now: Date, first: number): FleetHealth {
  const counts = WORST_FIRST.map((state) => ({
    value: state,
    count: rows.filter((row) => row.state === state).length,
  }));
  const scores = rows.flatMap(({ healthScore }) => healthScore ?? []);
  const clusters = rows.map((row) => ({ ...row, ...toClusterHealth(row, now) }));
  const stale = clusters.filter((each) => each.stale).sort((a, b) => seen(a) - seen(b) || byName(a, b));
  const worst = clusters.filter(({ state }) => state !== "ONLINE").sort(byBadness);
  return {
    total: rows.length,
    byState: counts.filter(({ count }) => count > 0),
    averageHealthScore: scores.length === 0 ? null : scores.reduce((sum, score) => sum + score, 0) / scores.length,
    worst: worst.slice(0, first),
    staleCount: stale.length,
    stale: stale.slice(0, first),
  };
}

function toClusterHealth({ id, state, healthScore, lastError, ...row }: FleetRow, now: Date): ClusterHealth {
  const patienceMs = 2 * SCHEDULE[row.clusterType].everySeconds * 1000;
  const stale = now.getTime() - seen(row) > patienceMs;
  return { id, state, healthScore, lastError, since: row.stateSince, lastCheckedAt: row.checkedAt, stale };
}

/** What was never checked has waited for it since it was registered. */
const seen = ({ checkedAt, createdAt }: Pick<FleetRow, "checkedAt" | "createdAt">): number =>
  (checkedAt ?? createdAt).getTime();

const byName = (a: FleetRow, b: FleetRow): number => (a.name < b.name ? -1 : 1);

const byBadness = (a: FleetRow, b: FleetRow): number =>
  WORST_FIRST.indexOf(a.state) - WORST_FIRST.indexOf(b.state) ||
  (a.healthScore ?? 0) - (b.healthScore ?? 0) ||
  byName(a, b);
