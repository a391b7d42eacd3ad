import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clusterRow, identity } from "../../../test/support/clusters.ts";
import { describeDatabases, type TestDatabase } from "../../../test/support/database.ts";
import { FleetDirectory } from "../../shared/fleet/directory.ts";
import { type AnomalyFilter, anomalyWhere } from "./anomaly.filter.ts";
import { type AnomalyLoaders, anomalyLoaders } from "./anomaly.loader.ts";
import { AnomalyRepository, type NewAnomaly } from "./anomaly.repository.ts";
import { AnomalyRelationRepository } from "./anomaly-relation.repository.ts";
import { pruneAnomalies } from "./anomaly-retention.job.ts";

const NOW = new Date("2026-03-01T12:00:00Z");
const minutes = (count: number): Date => new Date(NOW.getTime() + count * 60_000);

await describeDatabases("Anomalies", (open) => {
  let test: TestDatabase;
  let repository: AnomalyRepository;
  let relations: AnomalyRelationRepository;
  const [here, elsewhere] = [randomUUID(), randomUUID()];
  const ids = new Map<string, string>();
  const idOf = (name: string): string => ids.get(name) ?? "";
  const nameOf = (id: string): string => [...ids].find(([, each]) => each === id)?.[0] ?? id;

  const anomaly = (name: string, given: Partial<NewAnomaly> = {}): NewAnomaly => {
    const id = randomUUID();
    ids.set(name, id);
    return {
      id,
      tenantId: "default",
      clusterId: here,
      ruleId: null,
      seriesKey: name,
      metricName: "load",
      query: "load",
      stepSeconds: 60,
      labels: {},
      namespace: null,
      detectionType: "STATISTICAL",
      anomalyType: "SPIKE",
      severity: "LOW",
      confidenceScore: 0.5,
      score: 3,
      statistic: "level",
      expectedValue: 1,
      expectedLow: 0,
      expectedHigh: 2,
      actualValue: 5,
      deviationPercent: null,
      explanation: "It is high.",
      judgement: null,
      model: null,
      startedAt: NOW,
      detectedAt: NOW,
      notified: false,
      ...given,
    };
  };
  const insert = (...anomalies: NewAnomaly[]) =>
    test.database.prisma.$transaction((tx) => repository.insert(tx, anomalies, NOW));

  beforeAll(async () => {
    test = await open();
    const { prisma } = test.database;
    repository = new AnomalyRepository(prisma);
    relations = new AnomalyRelationRepository(prisma);
    await prisma.cluster.createMany({
      data: [clusterRow({ id: here, name: "here", region: "eu" }), clusterRow({ id: elsewhere, name: "elsewhere" })],
    });
  });
  afterAll(() => test.dispose());

  describe("that are kept", () => {
    beforeAll(async () => {
      await insert(
        anomaly("old", {
          detectedAt: minutes(-60),
          severity: "HIGH",
          score: 6,
          labels: { pod: "a" },
          namespace: "shop",
        }),
        anomaly("new", { detectedAt: minutes(5), anomalyType: "DROP", metricName: "up" }),
        anomaly("far", { clusterId: elsewhere, detectionType: "ML_BASED", score: 4 }),
      );
      const { prisma } = test.database;
      await prisma.anomaly.update({ where: { id: idOf("old") }, data: { ackOwner: "ann", ackAt: NOW } });
      await prisma.anomaly.update({ where: { id: idOf("new") }, data: { expectedBy: "ann", expectedAt: NOW } });
    });
    afterAll(() => test.database.prisma.anomaly.deleteMany());
    const page = (filter: AnomalyFilter, clusters = [here, elsewhere], pageSize = 10) =>
      repository.page(
        anomalyWhere(clusters, filter, null),
        { field: "DETECTED_AT", direction: "DESC" },
        { page: 1, pageSize },
      );

    it("come as they were found, with their cluster's name", async () => {
      const [row] = (await page({ minScore: 5 })).rows;
      expect(row).toMatchObject({
        clusterName: "here",
        labels: { pod: "a" },
        expectedHigh: 2,
        detectedAt: minutes(-60),
        ackOwner: "ann",
        createdAt: NOW,
      });
    });

    it.each<[AnomalyFilter, string[]]>([
      [{}, ["new", "far", "old"]],
      [{ severities: ["HIGH"] }, ["old"]],
      [{ types: ["DROP"] }, ["new"]],
      [{ detectionTypes: ["ML_BASED"] }, ["far"]],
      [{ namespaces: ["shop"] }, ["old"]],
      [{ metricNames: ["up"] }, ["new"]],
      [{ acknowledged: true }, ["old"]],
      [{ acknowledged: false }, ["new", "far"]],
      [{ expected: true }, ["new"]],
      [{ minScore: 4 }, ["far", "old"]],
      [{ detectedAfter: NOW }, ["new", "far"]],
      [{ detectedBefore: NOW }, ["old"]],
      [{ ruleIds: [randomUUID()] }, []],
    ])("are found by %j", async (filter, names) => {
      expect((await page(filter)).rows.map(({ id }) => nameOf(id))).toEqual(names);
    });

    it("are those of the clusters that are asked about alone", async () => {
      expect((await page({}, [elsewhere])).rows.map(({ id }) => nameOf(id))).toEqual(["far"]);
      expect(await page({}, [])).toEqual({ rows: [], total: 0 });
    });

    it("come in pages of each cluster, also beyond the last", async () => {
      const pages = (pageNumber: number) =>
        repository.pagesOf([elsewhere, here], anomalyWhere([here, elsewhere], {}, null), {
          page: pageNumber,
          pageSize: 1,
        });
      expect((await pages(2)).map(({ rows, total }) => [rows.map(({ id }) => nameOf(id)), total])).toEqual([
        [[], 1],
        [["old"], 2],
      ]);
    });

    it("are nobody's to see whose cluster is not", async () => {
      const loaders = (given: object): AnomalyLoaders =>
        anomalyLoaders({ identity: identity(given) }, new FleetDirectory(test.database.prisma), {
          anomalies: repository,
          relations,
        });
      const seen = async (given: object) =>
        (await Promise.all(["far", "old"].map((name) => loaders(given).byId.load(idOf(name))))).map(
          (row) => row !== null,
        );
      expect(await seen({})).toEqual([true, true]);
      expect(await seen({ scope: { regions: ["eu"] } })).toEqual([false, true]);
      expect(await seen({ tenant: "other" })).toEqual([false, false]);
    });

    it("are written once, however often they are found", async () => {
      const again = anomaly("again");
      expect(await insert(again)).toEqual(new Set([again.id]));
      expect(await insert(again, anomaly("another"))).toEqual(new Set([idOf("another")]));
    });
  });

  describe("and alerts", () => {
    const alertIds = new Map<string, string>();
    const about = { namespace: "shop", pod: "cart-0", service: "cart" };
    beforeAll(async () => {
      const alert = async (name: string, labels: Record<string, string>, given: object = {}): Promise<void> => {
        const id = randomUUID();
        alertIds.set(name, id);
        await test.database.prisma.alert.create({
          data: {
            id,
            tenantId: "default",
            clusterId: here,
            haGroup: "default",
            fingerprint: name,
            alertname: name,
            severity: "INFO",
            state: "FIRING",
            labels,
            labelPairs: [],
            startsAt: minutes(3),
            sourceAt: NOW,
            createdAt: NOW,
            updatedAt: NOW,
            ...given,
          },
        });
      };
      await alert("same pod", about);
      await alert("same service", { service: "cart" });
      await alert("same namespace", { namespace: "shop", pod: "other" });
      await alert("of no place", { severity: "critical" });
      await alert("another place", { namespace: "pay", pod: "cart-0-not" });
      await alert("pending", about, { state: "PENDING" });
      await alert("later", about, { startsAt: minutes(26) });
      await alert("over before", about, { startsAt: minutes(-60), endsAt: minutes(-16), state: "RESOLVED" });
      await alert("just over", about, { startsAt: minutes(-60), endsAt: minutes(-14), state: "RESOLVED" });
      await alert("elsewhere", about, { clusterId: elsewhere });
    });
    const occasion = { clusterId: here, start: NOW, end: minutes(10), labels: about };
    const near = async (limit = 10, ...occasions: Parameters<typeof relations.alertsNear>[0]) =>
      (await relations.alertsNear(occasions, limit, null)).map((alerts) => alerts.map(({ alertname }) => alertname));

    it("belong together by time and cluster, and by how much of their places they share", async () => {
      expect(await near(10, occasion)).toEqual([["same pod", "just over", "same namespace", "same service", "of no place"]].map(byShare)); // biome-ignore format: a table
      expect(await near(2, occasion)).toEqual([["same pod", "just over"]]);
    });
    /** Those that share as much come by their ids. */
    const byShare = (names: string[]): unknown => {
      const [first, second, ...rest] = names;
      const [a = "", b = "", last] = rest;
      const ordered = [a, b].sort((x, y) => ((alertIds.get(x) ?? "") < (alertIds.get(y) ?? "") ? -1 : 1));
      return [first, second, ...ordered, last];
    };

    it("belong to what says nothing of its place all alike, and come for many at once, in the order asked", async () => {
      const [none, anywhere] = await near(
        20,
        { ...occasion, clusterId: randomUUID() },
        { ...occasion, labels: { le: "1" } },
      );
      expect(none).toEqual([]);
      expect(anywhere).toHaveLength(6);
    });

    it("lead from one to the other", async () => {
      await insert(
        anomaly("of the pod", { labels: about, startedAt: NOW, detectedAt: minutes(10) }),
        anomaly("of another pod", { labels: { namespace: "shop", pod: "x" }, startedAt: NOW, detectedAt: minutes(10) }),
        anomaly("of another place", { labels: { namespace: "pay" } }),
        anomaly("long before", { labels: about, startedAt: minutes(-60), detectedAt: minutes(-30) }),
      );
      const found = await relations.anomaliesOf(
        ["just over", "same pod"].map((name) => alertIds.get(name) ?? ""),
        5,
        null,
      );
      expect(found.map((rows) => rows.map(({ id }) => nameOf(id)))).toEqual([
        ["long before", "of the pod", "of another pod"],
        ["of the pod", "of another pod"],
      ]);
      await test.database.prisma.anomaly.deleteMany();
    });
  });

  it("are kept as long as they are to be, in a cluster that is there", async () => {
    const { prisma } = test.database;
    const daysAgo = (days: number): Date => minutes(-days * 1440);
    await insert(
      ...Array.from({ length: 7 }, (_, index) => anomaly(`past ${index}`, { detectedAt: daysAgo(31) })),
      anomaly("recent", { detectedAt: daysAgo(29) }),
      ...Array.from({ length: 4 }, (_, index) => anomaly(`gone ${index}`, { clusterId: randomUUID() })),
    );
    const { run } = pruneAnomalies({ prisma, clock: { now: () => NOW }, keepDays: 30, batch: 3 });
    await run(new AbortController().signal);
    expect((await prisma.anomaly.findMany()).map(({ id }) => nameOf(id))).toEqual(["recent"]);
  });
});
