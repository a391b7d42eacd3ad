import { describe, expect, it } from "vitest";
import { toFleetHealth } from "./fleet-health.mapper.ts";
import type { FleetRow } from "./health-history.repository.ts";

const NOW = new Date("2026-03-29T12:00:00Z");
const ago = (seconds: number): Date => new Date(NOW.getTime() - seconds * 1000);

const row = (name: string, given: Partial<FleetRow> = {}): FleetRow => ({
  id: `id-${name}`,
  name,
  clusterType: "SPOKE",
  state: "ONLINE",
  healthScore: 100,
  lastError: null,
  createdAt: ago(86_400),
  checkedAt: ago(10),
  stateSince: ago(3600),
  ...given,
});
const ids = (clusters: readonly { id: string }[]): string[] => clusters.map(({ id }) => id.slice(3));

describe("toFleetHealth", () => {
  it("counts by state, the worst first, and averages what was checked", () => {
    const rows = [
      row("a"),
      row("b", { state: "DEGRADED", healthScore: 50 }),
      row("c", { state: "PROVISIONING", healthScore: null }),
      row("d", { state: "OFFLINE", healthScore: 30 }),
      row("e"),
      row("f", { state: "UNKNOWN", healthScore: null }),
    ];
    expect(toFleetHealth(rows, NOW, 20)).toMatchObject({
      total: 6,
      byState: [
        { value: "OFFLINE", count: 1 },
        { value: "DEGRADED", count: 1 },
        { value: "UNKNOWN", count: 1 },
        { value: "PROVISIONING", count: 1 },
        { value: "ONLINE", count: 2 },
      ],
      averageHealthScore: 70,
    });
    expect(toFleetHealth([], NOW, 20)).toEqual({
      total: 0,
      byState: [],
      averageHealthScore: null,
      worst: [],
      staleCount: 0,
      stale: [],
    });
  });

  it("has the worst first: by state, then score, then name, and no more than asked", () => {
    const rows = [
      row("online", { healthScore: 0 }),
      row("a-degraded", { state: "DEGRADED", healthScore: 80 }),
      row("b-degraded", { state: "DEGRADED", healthScore: 50, lastError: "API server: no." }),
      row("unknown", { state: "UNKNOWN", healthScore: null }),
      row("b-offline", { state: "OFFLINE", healthScore: 50 }),
      row("a-offline", { state: "OFFLINE", healthScore: 50 }),
    ];
    const { worst } = toFleetHealth(rows, NOW, 20);
    expect(ids(worst)).toEqual(["a-offline", "b-offline", "b-degraded", "a-degraded", "unknown"]);
    expect(worst[2]).toMatchObject({
      state: "DEGRADED",
      healthScore: 50,
      lastError: "API server: no.",
      since: ago(3600),
      lastCheckedAt: ago(10),
      stale: false,
    });
    expect(ids(toFleetHealth(rows, NOW, 2).worst)).toEqual(["a-offline", "b-offline"]);
  });

  it("calls stale what was not checked for more than twice its schedule, the longest first", () => {
    const rows = [
      row("hub", { clusterType: "HUB", checkedAt: ago(30.001) }),
      row("hub-in-time", { clusterType: "HUB", checkedAt: ago(30) }),
      row("spoke", { checkedAt: ago(61) }),
      row("edge-in-time", { clusterType: "EDGE", checkedAt: ago(119) }),
      row("far-edge", { clusterType: "FAR_EDGE", checkedAt: ago(300) }),
      row("new", { checkedAt: null, createdAt: ago(5) }),
      row("never", { checkedAt: null, createdAt: ago(100) }),
    ];
    const { stale, staleCount } = toFleetHealth(rows, NOW, 3);
    expect(ids(stale)).toEqual(["far-edge", "never", "spoke"]);
    expect(staleCount).toBe(4);
    expect(stale.every((each) => each.stale)).toBe(true);
  });
});
