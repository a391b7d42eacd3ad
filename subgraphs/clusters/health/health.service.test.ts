import { describe, expect, it, vi } from "vitest";
import type { Changes, ClusterEvent } from "../../shared/fleet/changes.ts";
import type { FleetClients } from "../../shared/fleet/clients.ts";
import { CodedError, type ErrorCode } from "../../shared/kernel/errors.ts";
import type { CapabilitiesService } from "../capabilities/capabilities.service.ts";
import type { Checked, Finding, HealthRepository } from "./health.repository.ts";
import { HealthService } from "./health.service.ts";

const NOW = new Date("2026-03-29T12:00:00Z");
const signal = new AbortController().signal;

const cluster = (id: string, given: Partial<Checked> = {}): Checked => ({
  id,
  name: id,
  tenantId: "default",
  apiServerUrl: "https://api.example:6443",
  prometheusUrl: null,
  tempoUrl: null,
  lokiUrl: null,
  alertmanagerUrl: null,
  lokiTenant: null,
  tempoTenant: null,
  credentialsAt: null,
  capabilitiesAt: null,
  updatedAt: NOW,
  clusterType: "SPOKE",
  state: "ONLINE",
  recentReachable: [],
  ...given,
});

/** A service whose clusters' API servers fail with what is told for their ids, as often as it is told. */
function checking(failures: Record<string, Error[]> = {}) {
  const written: Finding[][] = [];
  const events: ClusterEvent[] = [];
  const onInternalError = vi.fn();
  const repository = {
    record: async (findings: readonly Finding[]) => {
      written.push([...findings]);
      return new Set(findings.map(({ clusterId }) => clusterId));
    },
  };
  const clients = {
    kubernetes: async ({ id }: Checked) => ({
      ready: async () => {
        const failure = failures[id]?.shift();
        if (failure) throw failure;
      },
    }),
  };
  const changes = {
    commit: (work: (tx: unknown, record: unknown) => Promise<unknown>) =>
      work({}, { event: async (...told: ClusterEvent[]) => void events.push(...told) }),
  };
  const detectIfDue = vi.fn();
  const service = new HealthService({
    repository: repository as unknown as HealthRepository,
    clients: clients as unknown as FleetClients,
    capabilities: { detectIfDue } as unknown as CapabilitiesService,
    changes: changes as unknown as Changes,
    clock: { now: () => NOW },
    onInternalError,
  });
  return { service, written, events, onInternalError, detectIfDue };
}

const coded = (code: ErrorCode) => new CodedError(code, "Why.");

describe("HealthService", () => {
  it.each<[ErrorCode, string, string | null, boolean | null]>([
    ["UPSTREAM_UNREACHABLE", "OFFLINE", "DISCONNECTED", false],
    ["UPSTREAM_TIMEOUT", "OFFLINE", "DISCONNECTED", false],
    ["UPSTREAM_REFUSED", "OFFLINE", "CONNECTED", false],
    ["CREDENTIALS_EXPIRED", "OFFLINE", "CONNECTED", false],
    ["UPSTREAM_ERROR", "OFFLINE", "CONNECTED", false],
    ["UPSTREAM_INVALID_ANSWER", "OFFLINE", "CONNECTED", false],
    ["CREDENTIALS_INVALID", "UNKNOWN", null, null],
    ["KEY_UNAVAILABLE", "UNKNOWN", null, null],
    ["TARGET_NOT_ALLOWED", "UNKNOWN", null, null],
  ])("takes %s for %s", async (code, state, connectivity, apiServerHealthy) => {
    const { service, written, events, detectIfDue } = checking({ a: [coded(code), coded(code)] });
    await service.check(cluster("a"), signal);
    expect(written).toMatchObject([[{ state, connectivity, apiServerHealthy, from: "ONLINE", at: NOW, seen: false }]]);
    expect(events).toMatchObject([
      { payload: { old_state: "ONLINE", new_state: state, last_error: "API server: Why." } },
    ]);
    expect(detectIfDue).not.toHaveBeenCalled();
  });

  it("takes a failure of its own for UNKNOWN, says nothing of it outside, and has it logged", async () => {
    const bug = new Error("cannot read properties of 10.0.0.1");
    const { service, written, onInternalError } = checking({ a: [bug, bug] });
    await service.check(cluster("a"), signal);
    expect(written[0]).toMatchObject([{ state: "UNKNOWN", lastError: expect.not.stringContaining("10.0.0.1") }]);
    expect(onInternalError).toHaveBeenCalledWith(bug);
  });

  it("does not ask twice of what is known to be so, or known not at all", async () => {
    const failures = { offline: [coded("UPSTREAM_ERROR")], new: [coded("UPSTREAM_ERROR")] };
    const { service, written } = checking(failures);
    await service.check(cluster("offline", { state: "OFFLINE" }), signal);
    await service.check(cluster("new", { state: "PROVISIONING" }), signal);
    expect(written.flat().map(({ state }) => state)).toEqual(["OFFLINE", "OFFLINE"]);
  });

  it("writes what ends together in one statement, a cluster once, and tells of each change", async () => {
    const { service, written, events, detectIfDue } = checking();
    const fleet = Array.from({ length: 50 }, (_, index) => cluster(`c${index}`));
    const back = [cluster("back", { state: "OFFLINE" }), cluster("new", { state: "PROVISIONING" })];
    await Promise.all([...fleet, ...back, ...fleet.slice(0, 5)].map((each) => service.check(each, signal)));
    expect(written).toHaveLength(1);
    expect(new Set(written[0]?.map(({ clusterId }) => clusterId)).size).toBe(52);
    expect(written[0]).toHaveLength(52);
    expect(events.map((event) => event.cluster.id)).toEqual(["back", "new"]);
    expect(detectIfDue).toHaveBeenCalledTimes(57);
  });

  it("writes nothing of a check that was given up", async () => {
    const leaving = new AbortController();
    leaving.abort();
    const { service, written } = checking({ a: [coded("UPSTREAM_ERROR")] });
    await service.check(cluster("a"), leaving.signal);
    expect(written).toEqual([]);
  });
});
