import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Prisma } from "../../../prisma/generated/client.ts";
import { type ClusterRow, clusterRow, identity } from "../../../test/support/clusters.ts";
import { describeDatabases, type TestDatabase } from "../../../test/support/database.ts";
import { HealthHistoryRepository } from "./health-history.repository.ts";
import { pruneHealthHistory } from "./health-retention.job.ts";

const NOON = new Date("2026-03-29T12:00:00Z");
const later = (seconds: number): Date => new Date(NOON.getTime() + seconds * 1000);
const unix = (seconds: number): number => later(seconds).getTime() / 1000;

await describeDatabases("HealthHistoryRepository", (open) => {
  let test: TestDatabase;
  let repository: HealthHistoryRepository;
  beforeAll(async () => {
    test = await open();
    repository = new HealthHistoryRepository(test.database.prisma);
  });
  afterEach(() => test.database.prisma.cluster.deleteMany());
  afterAll(() => test.dispose());

  const cluster = async (given: Partial<ClusterRow> = {}): Promise<string> =>
    (await test.database.prisma.cluster.create({ data: clusterRow(given) })).id;
  type Sample = Partial<Omit<Prisma.HealthSampleUncheckedCreateInput, "at">>;
  /** Samples by their seconds from noon. */
  const checked = async (clusterId: string, samples: Record<number, Sample>): Promise<void> => {
    await test.database.prisma.healthSample.createMany({
      data: Object.entries(samples).map(([seconds, sample]) => ({
        clusterId,
        at: later(Number(seconds)),
        state: "ONLINE",
        healthScore: 100,
        apiServerHealthy: true,
        ...sample,
      })),
    });
  };

  describe("buckets", () => {
    it("have the worst state, the mean score and the share of good checks, in time's order", async () => {
      const id = await cluster();
      const unknown = { state: "UNKNOWN", healthScore: 0, apiServerHealthy: false } as const;
      await checked(id, {
        59.999: { prometheusHealthy: true },
        0: { state: "DEGRADED", healthScore: 80, prometheusHealthy: false, tempoHealthy: true },
        15: { state: "OFFLINE", healthScore: 30, apiServerHealthy: false, prometheusHealthy: false },
        30: { prometheusHealthy: true, alertmanagerHealthy: true, lokiHealthy: false },
        120: unknown,
        180: unknown,
        181: {},
      });
      const none = {
        prometheusAvailability: null,
        tempoAvailability: null,
        lokiAvailability: null,
        alertmanagerAvailability: null,
      };
      expect(await repository.buckets([id], { start: unix(0), end: unix(180), step: 60 })).toEqual([
        [
          {
            at: NOON,
            checks: 4,
            state: "OFFLINE",
            healthScore: 77.5,
            availability: 0.75,
            prometheusAvailability: 0.5,
            tempoAvailability: 1,
            lokiAvailability: 0,
            alertmanagerAvailability: 1,
          },
          { at: later(120), checks: 1, state: "UNKNOWN", healthScore: null, availability: null, ...none },
          { at: later(180), checks: 2, state: "UNKNOWN", healthScore: 100, availability: 1, ...none },
        ],
      ]);
    });

    it("are of whole steps, and of the window only", async () => {
      const id = await cluster();
      await checked(id, { [-0.001]: {}, 0: {}, 299.999: {}, 300: {}, 599.999: {}, 600: {} });
      const buckets = async (start: number, end: number) =>
        (await repository.buckets([id], { start: unix(start), end: unix(end), step: 300 }))[0]?.map(
          ({ at, checks }) => [(at.getTime() - NOON.getTime()) / 1000, checks],
        );
      expect(await buckets(0, 300)).toEqual([
        [0, 2],
        [300, 2],
      ]);
      expect(await buckets(-300, -300)).toEqual([[-300, 1]]);
      expect(await buckets(900, 1800)).toEqual([]);
      expect(await repository.buckets([id], { start: -1e11, end: 9e12, step: 1e10 })).toMatchObject([[{ checks: 6 }]]);
    });

    it("come in the order asked, none for what was never checked", async () => {
      const [a, b] = [await cluster(), await cluster()];
      await checked(a, { 0: {} });
      await checked(b, { 0: {}, 1: {} });
      const window = { start: unix(0), end: unix(0), step: 60 };
      const series = await repository.buckets([b, randomUUID(), a], window);
      expect(series.map((buckets) => buckets.map(({ checks }) => checks))).toEqual([[2], [], [1]]);
      expect(await repository.buckets([], window)).toEqual([]);
    });
  });

  describe("fleet", () => {
    it("has the clusters that may be seen and are selected, with their last checks", async () => {
      const seen = { checkedAt: later(30), stateSince: NOON };
      const a = await cluster({ name: "a", state: "OFFLINE", healthScore: 50, lastError: "API server: no.", ...seen });
      await cluster({ name: "b", clusterType: "EDGE" });
      await cluster({ name: "c", deletedAt: NOON });
      await cluster({ name: "d", tenantId: "other" });
      expect(await repository.fleet(identity(), {})).toEqual([
        {
          id: a,
          name: "a",
          clusterType: "SPOKE",
          state: "OFFLINE",
          healthScore: 50,
          lastError: "API server: no.",
          createdAt: expect.any(Date),
          ...seen,
        },
        expect.objectContaining({ name: "b", checkedAt: null, stateSince: null }),
      ]);
      expect(await repository.fleet(identity(), { types: ["EDGE"] })).toMatchObject([{ name: "b" }]);
      expect(await repository.fleet(identity({ scope: { ids: [a] } }), {})).toMatchObject([{ name: "a" }]);
    });
  });

  it("loses what is older than seven days, however much, and no more", async () => {
    const id = await cluster();
    const week = 7 * 86_400;
    await test.database.executeSql(
      `INSERT INTO health_samples (cluster_id, at, state, health_score, api_server_healthy)
       SELECT '${id}', '${later(-week).toISOString()}'::timestamptz + make_interval(secs => n), 'ONLINE', 100, true
       FROM generate_series(-6000, 1) AS n`,
    );
    const job = pruneHealthHistory({ repository, clock: { now: () => NOON } });
    await job.run(new AbortController().signal);
    const left = await test.database.prisma.healthSample.findMany({ orderBy: { at: "asc" } });
    expect(left.map(({ at }) => at)).toEqual([later(-week), later(1 - week)]);
  });

  it("goes with its cluster", async () => {
    const id = await cluster();
    await checked(id, { 0: {} });
    await test.database.prisma.cluster.delete({ where: { id } });
    expect(await test.database.prisma.healthSample.count()).toBe(0);
  });
});
