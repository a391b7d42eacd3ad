import type { ClusterState, ClusterType, Connectivity } from "../../../prisma/generated/enums.ts";

/** How often a cluster is checked, and how long an endpoint may take: thin lines get more of both. */
export const SCHEDULE: Record<ClusterType, { everySeconds: number; patienceSeconds: number }> = {
  HUB: { everySeconds: 15, patienceSeconds: 5 },
  SPOKE: { everySeconds: 30, patienceSeconds: 10 },
  EDGE: { everySeconds: 60, patienceSeconds: 15 },
  FAR_EDGE: { everySeconds: 120, patienceSeconds: 30 },
};

/** What each endpoint answered: null where none is configured, else healthy or the reason why not. */
export interface Probe {
  apiServer: ProbeResult;
  prometheus: ProbeResult | null;
}

export interface ProbeResult {
  healthy: boolean;
  error: string | null;
}

export interface Health {
  state: ClusterState;
  healthScore: number;
  lastError: string | null;
  connectivity: Connectivity;
  apiServerHealthy: boolean;
  prometheusHealthy: boolean | null;
}

const PENALTY = { apiServer: 50, prometheus: 20 } as const;

/** State and score of a probe. Only what is configured counts. */
export function assess(probe: Probe): Health {
  const parts = [
    { name: "API server", result: probe.apiServer, penalty: PENALTY.apiServer },
    ...(probe.prometheus ? [{ name: "Prometheus", result: probe.prometheus, penalty: PENALTY.prometheus }] : []),
  ];
  const failing = parts.filter(({ result }) => !result.healthy);
  return {
    state: failing.length === 0 ? "ONLINE" : failing.length === parts.length ? "OFFLINE" : "DEGRADED",
    healthScore: failing.reduce((score, { penalty }) => score - penalty, 100),
    lastError: failing.length === 0 ? null : failing.map(({ name, result }) => `${name}: ${result.error}`).join(" "),
    connectivity: probe.apiServer.healthy ? "CONNECTED" : "DISCONNECTED",
    apiServerHealthy: probe.apiServer.healthy,
    prometheusHealthy: probe.prometheus?.healthy ?? null,
  };
}
