import type { ClusterState, ClusterType, Connectivity } from "../../../prisma/generated/enums.ts";

/** How often a cluster is checked, and how long an endpoint may take: thin lines get more of both. */
export const SCHEDULE: Record<ClusterType, { everySeconds: number; patienceSeconds: number }> = {
  HUB: { everySeconds: 15, patienceSeconds: 5 },
  SPOKE: { everySeconds: 30, patienceSeconds: 10 },
  EDGE: { everySeconds: 60, patienceSeconds: 15 },
  FAR_EDGE: { everySeconds: 120, patienceSeconds: 30 },
};

/** From what is known to be broken to what is known to work. */
export const WORST_FIRST: readonly ClusterState[] = ["OFFLINE", "DEGRADED", "UNKNOWN", "PROVISIONING", "ONLINE"];

/** What a check asks. The spec gives Alertmanager no weight: without it the cluster is degraded, at no cost of score. */
export const BACKENDS = {
  apiServer: { name: "API server", penalty: 50 },
  prometheus: { name: "Prometheus", penalty: 20 },
  tempo: { name: "Tempo", penalty: 15 },
  loki: { name: "Loki", penalty: 15 },
  alertmanager: { name: "Alertmanager", penalty: 0 },
} as const;
export type Backend = keyof typeof BACKENDS;

/** How asking one backend ended. */
export interface ProbeResult {
  /** Null where it could not be asked for a reason of this platform's own: that says nothing of the backend. */
  healthy: boolean | null;
  /** Whether anything answered, if only to refuse. */
  reached: boolean;
  /** Why it is not healthy. */
  error: string | null;
}

/** Of every configured backend. */
export type Probe = Partial<Record<Backend, ProbeResult>>;

export interface Health {
  state: ClusterState;
  /** Null where nothing could be asked. */
  healthScore: number | null;
  lastError: string | null;
  connectivity: Connectivity | null;
  recentReachable: boolean[];
  apiServerHealthy: boolean | null;
  prometheusHealthy: boolean | null;
  tempoHealthy: boolean | null;
  lokiHealthy: boolean | null;
  alertmanagerHealthy: boolean | null;
}

const REMEMBERED = 10;
/** Gone, back and gone again within the checks remembered: that is no outage any more, and no connection either. */
const FLAPS = 3;
const LONGEST_ERROR = 1000;

/**
 * State and score of a probe: only what is configured counts.
 * @param recent whether the API server was reached in each of the checks before, oldest first.
 */
export function assess(probe: Probe, recent: readonly boolean[]): Health {
  const parts = Object.entries(probe).map(([backend, result]) => ({ ...BACKENDS[backend as Backend], ...result }));
  const failing = parts.filter(({ healthy }) => healthy !== true);
  const known = parts.some(({ healthy }) => healthy !== null);
  return {
    state:
      failing.length === 0 ? "ONLINE" : !known ? "UNKNOWN" : failing.length < parts.length ? "DEGRADED" : "OFFLINE",
    healthScore: known ? Math.max(0, 100 - failing.reduce((lost, { penalty }) => lost + penalty, 0)) : null,
    lastError: failing.length === 0 ? null : failing.map(worded).join(" ").slice(0, LONGEST_ERROR),
    ...reachability(probe.apiServer, recent),
    apiServerHealthy: probe.apiServer?.healthy ?? null,
    prometheusHealthy: probe.prometheus?.healthy ?? null,
    tempoHealthy: probe.tempo?.healthy ?? null,
    lokiHealthy: probe.loki?.healthy ?? null,
    alertmanagerHealthy: probe.alertmanager?.healthy ?? null,
  };
}

const worded = ({ name, error }: { name: string; error: string | null }): string => `${name}: ${error}`;

function reachability(
  apiServer: ProbeResult | undefined,
  recent: readonly boolean[],
): Pick<Health, "connectivity" | "recentReachable"> {
  if (!apiServer || apiServer.healthy === null) return { connectivity: null, recentReachable: [...recent] };
  const recentReachable = [...recent, apiServer.reached].slice(-REMEMBERED);
  const changes = recentReachable.filter((reached, index) => index > 0 && reached !== recentReachable[index - 1]);
  const steady = apiServer.reached ? "CONNECTED" : "DISCONNECTED";
  return { connectivity: changes.length >= FLAPS ? "INTERMITTENT" : steady, recentReachable };
}
