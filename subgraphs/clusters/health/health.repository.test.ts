import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type ClusterRow, clusterRow } from "../../../test/support/clusters.ts";
import { describeDatabases, type TestDatabase } from "../../../test/support/database.ts";
import { type Finding, HealthRepository } from "./health.repository.ts";

const NOW = new Date("2026-03-29T00:59:59.123Z");
const later = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000);

await describeDatabases("HealthRepository", (open) => {
  let test: TestDatabase;
  let repository: HealthRepository;
  beforeAll(async () => {
    test = await open();
    repository = new HealthRepository(test.database.prisma);
  });
  afterEach(() => test.database.prisma.cluster.deleteMany());
  afterAll(() => test.dispose());

  const fleet = async (...rows: Partial<ClusterRow>[]): Promise<void> => {
    await test.database.prisma.cluster.createMany({
      data: rows.map((row) => clusterRow({ nextCheckAt: NOW, ...row })),
    });
  };
  const claim = async (now = NOW, limit = 100): Promise<string[]> =>
    (await repository.claimDue(now, limit)).map(({ name }) => name).sort();

  describe("claimDue", () => {
    it("takes what is due, of all tenants, and nothing that is deleted or not due yet", async () => {
      await fleet(
        { name: "due" },
        { name: "overdue", nextCheckAt: later(-3600), tenantId: "other" },
        { name: "early", nextCheckAt: later(0.001) },
        { name: "gone", deletedAt: NOW },
      );
      expect(await claim()).toEqual(["due", "overdue"]);
      expect(await claim()).toEqual([]);
      expect(await claim(later(0.001))).toEqual(["early"]);
    });

    it("puts each one's next check off by its type's schedule, from now on", async () => {
      const types = ["HUB", "SPOKE", "EDGE", "FAR_EDGE"] as const;
      await fleet(...types.map((clusterType) => ({ clusterType, name: clusterType, nextCheckAt: later(-7200) })));
      await claim();
      const rows = await test.database.prisma.cluster.findMany({ select: { name: true, nextCheckAt: true } });
      expect(Object.fromEntries(rows.map(({ name, nextCheckAt }) => [name, nextCheckAt]))).toEqual({
        HUB: later(15),
        SPOKE: later(30),
        EDGE: later(60),
        FAR_EDGE: later(120),
      });
    });

    it("keeps the rhythm of what is as punctual as a sweep can be", async () => {
      const due = { a: later(-0.5), b: later(-1.9), c: later(-2) };
      await fleet(...Object.entries(due).map(([name, nextCheckAt]) => ({ name, nextCheckAt })));
      await claim();
      const rows = await test.database.prisma.cluster.findMany({ select: { name: true, nextCheckAt: true } });
      expect(Object.fromEntries(rows.map(({ name, nextCheckAt }) => [name, nextCheckAt]))).toEqual({
        a: later(29.5),
        b: later(28.1),
        c: later(30),
      });
    });

    it("takes no more than the limit, the longest due first", async () => {
      await fleet(...[5, 1, 4, 2, 3].map((n) => ({ name: `c${n}`, nextCheckAt: later(n - 10) })));
      expect(await claim(NOW, 2)).toEqual(["c1", "c2"]);
      expect(await claim(NOW, 2)).toEqual(["c3", "c4"]);
      expect(await claim(NOW, 2)).toEqual(["c5"]);
    });

    it("gives no cluster to two replicas at once, and leaves none out", async () => {
      const all = Array.from({ length: 200 }, (_, i) => `c${String(i).padStart(3, "0")}`);
      await fleet(...all.map((name) => ({ name })));
      const claims = await Promise.all(Array.from({ length: 20 }, () => claim(NOW, 15)));
      for (const names of claims) expect(names.length).toBeLessThanOrEqual(15);
      // Of those that came upon a locked row, some may have got less than there was.
      claims.push(await claim(NOW, 200));
      expect(claims.flat().sort()).toEqual(all);
    });

    it("passes over a cluster that another replica is just taking, and does not wait for it", async ({ skip }) => {
      skip(test.database.kind === "embedded", "It has one connection: nobody else is there.");
      await fleet({ name: "free" }, { name: "taken", nextCheckAt: later(-60) });
      const client = await test.database.pool.connect();
      try {
        await client.query("BEGIN");
        await client.query("SELECT 1 FROM clusters WHERE name = 'taken' FOR UPDATE");
        expect(await claim()).toEqual(["free"]);
      } finally {
        await client.query("ROLLBACK");
        client.release();
      }
      expect(await claim()).toEqual(["taken"]);
    });

    it("has all that a check needs", async () => {
      await fleet({
        name: "c",
        prometheusUrl: "https://p.example",
        state: "DEGRADED",
        credentialsAt: NOW,
      });
      const [cluster] = await repository.claimDue(NOW, 1);
      expect(cluster).toMatchObject({
        name: "c",
        tenantId: "default",
        clusterType: "SPOKE",
        state: "DEGRADED",
        apiServerUrl: "https://api.example:6443",
        prometheusUrl: "https://p.example",
        credentialsAt: NOW,
        capabilitiesAt: null,
        recentReachable: [],
      });
    });
  });

  describe("record", () => {
    const found = (given: Partial<Finding>): Finding => ({
      clusterId: "",
      from: "ONLINE",
      at: NOW,
      seen: true,
      state: "DEGRADED",
      healthScore: 65,
      lastError: "Prometheus: no.",
      connectivity: "INTERMITTENT",
      recentReachable: [true, false, true],
      apiServerHealthy: true,
      prometheusHealthy: false,
      tempoHealthy: true,
      lokiHealthy: false,
      alertmanagerHealthy: null,
      ...given,
    });
    /** Whether it was written. */
    const record = async (given: Partial<Finding> & { clusterId: string }): Promise<boolean> =>
      (await repository.record([found(given)])).has(given.clusterId);
    const only = async (given: Partial<ClusterRow>): Promise<string> => {
      await fleet({ name: "c", ...given });
      return (await test.database.prisma.cluster.findFirstOrThrow({ where: { name: "c" } })).id;
    };
    const samples = () => test.database.prisma.healthSample.findMany({ orderBy: { at: "asc" } });

    it("keeps since when a cluster is in its state", async () => {
      const clusterId = await only({ state: "ONLINE" });
      const times = [0, 30, 60, 90].map((seconds) => new Date(NOW.getTime() + seconds * 1000));
      const states = ["ONLINE", "DEGRADED", "DEGRADED", "ONLINE"] as const;
      const since: (Date | null)[] = [];
      for (const [index, state] of states.entries()) {
        await record({ clusterId, from: states[index - 1] ?? "ONLINE", state, at: times[index] ?? NOW });
        const row = await test.database.prisma.cluster.findFirstOrThrow();
        expect(row.checkedAt).toEqual(times[index]);
        since.push(row.stateSince);
      }
      expect(since).toEqual([times[0], times[1], times[1], times[3]]);
    });

    it("writes the status and a sample of the history", async () => {
      const clusterId = await only({ state: "ONLINE", healthScore: 100, apiServerHealthy: false });
      expect(await record({ clusterId })).toBe(true);
      const { from: _from, clusterId: _id, at, seen: _seen, ...status } = found({});
      expect(await test.database.prisma.cluster.findMany()).toMatchObject([{ ...status, lastSeenAt: at }]);
      const { lastError: _error, connectivity: _connectivity, recentReachable: _recent, ...sample } = status;
      expect(await samples()).toEqual([{ ...sample, clusterId, at }]);
    });

    it("keeps when the cluster was last seen where nothing of it was, and says what is not known", async () => {
      const clusterId = await only({ state: "ONLINE", lastSeenAt: later(-60) });
      const nothing = { apiServerHealthy: null, prometheusHealthy: null, tempoHealthy: null, lokiHealthy: null };
      const unknown: Partial<Finding> = {
        state: "UNKNOWN",
        healthScore: null,
        connectivity: null,
        recentReachable: [],
        ...nothing,
      };
      expect(await record({ clusterId, seen: false, ...unknown })).toBe(true);
      expect(await test.database.prisma.cluster.findMany()).toMatchObject([{ ...unknown, lastSeenAt: later(-60) }]);
      expect(await samples()).toMatchObject([{ state: "UNKNOWN", healthScore: 0, apiServerHealthy: false }]);
    });

    it("writes only where the state is still the one that was checked", async () => {
      const clusterId = await only({ state: "ONLINE" });
      expect(await record({ clusterId, from: "OFFLINE" })).toBe(false);
      expect(await record({ clusterId, from: "ONLINE" })).toBe(true);
      expect(await record({ clusterId, from: "ONLINE", state: "OFFLINE", at: later(1) })).toBe(false);
      expect(await test.database.prisma.cluster.findMany()).toMatchObject([{ state: "DEGRADED", healthScore: 65 }]);
      expect(await samples()).toHaveLength(1);
    });

    it("writes nothing of what is deleted, or gone", async () => {
      const clusterId = await only({ state: "ONLINE", deletedAt: NOW });
      expect(await record({ clusterId })).toBe(false);
      await test.database.prisma.cluster.deleteMany();
      expect(await record({ clusterId })).toBe(false);
      expect(await samples()).toEqual([]);
    });

    it("writes many at once, and says for which it did", async () => {
      await fleet(
        { name: "a", state: "ONLINE" },
        { name: "b", state: "OFFLINE" },
        { name: "c", state: "UNKNOWN", deletedAt: NOW },
        { name: "d", state: "PROVISIONING" },
        { name: "e", state: "ONLINE" },
      );
      const rows = await test.database.prisma.cluster.findMany({ orderBy: { name: "asc" } });
      const [a, b, , d] = rows.map(({ id }) => id);
      const findings = rows.slice(0, 4).map(({ id, state }, index) => {
        const recentReachable = Array.from({ length: index }, () => index % 2 === 0);
        return found({
          clusterId: id,
          from: state,
          state: "DEGRADED",
          lastError: `Tempo: "${index}" 'ü'`,
          recentReachable,
        });
      });
      expect(await repository.record(findings)).toEqual(new Set([a, b, d]));
      expect(await test.database.prisma.cluster.findMany({ orderBy: { name: "asc" } })).toMatchObject([
        { state: "DEGRADED", lastError: `Tempo: "0" 'ü'`, recentReachable: [] },
        { state: "DEGRADED", lastError: `Tempo: "1" 'ü'`, recentReachable: [false] },
        { state: "UNKNOWN", lastError: null },
        { state: "DEGRADED", lastError: `Tempo: "3" 'ü'`, recentReachable: [false, false, false] },
        { state: "ONLINE", healthScore: null },
      ]);
      expect(await samples()).toHaveLength(3);
      expect(await repository.record([])).toEqual(new Set());
    });

    it("lets one of several checks at once tell of the change", async () => {
      const clusterId = await only({ state: "ONLINE" });
      const results = await Promise.all([1, 2, 3].map((second) => record({ clusterId, at: later(second) })));
      expect(results.filter(Boolean)).toHaveLength(1);
    });
  });
});
