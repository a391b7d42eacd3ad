import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { clusterRow } from "../../../test/support/clusters.ts";
import { describeDatabases, type TestDatabase } from "../../../test/support/database.ts";
import { pruneAlerts } from "./alert-retention.job.ts";

const NOW = new Date("2026-03-01T00:00:00Z");
const daysAgo = (days: number): Date => new Date(NOW.getTime() - days * 86_400_000);

await describeDatabases("Retention of alerts", (open) => {
  let test: TestDatabase;
  beforeAll(async () => {
    test = await open();
  });
  afterAll(() => test.dispose());

  it("removes what ended long ago, in batches, and what is left of clusters that are gone for good", async () => {
    const { prisma } = test.database;
    const [living, deleted, gone] = [randomUUID(), randomUUID(), randomUUID()];
    await prisma.cluster.createMany({
      data: [clusterRow({ id: living }), clusterRow({ id: deleted, deletedAt: daysAgo(1) })],
    });
    const alert = (clusterId: string, endsAt: Date | null) => ({
      id: randomUUID(),
      tenantId: "default",
      clusterId,
      haGroup: "default",
      fingerprint: randomUUID(),
      alertname: "A",
      severity: "INFO" as const,
      state: endsAt ? ("RESOLVED" as const) : ("FIRING" as const),
      labels: {},
      labelPairs: [],
      startsAt: daysAgo(100),
      endsAt,
      sourceAt: NOW,
      createdAt: NOW,
      updatedAt: NOW,
    });
    await prisma.alert.createMany({
      data: [
        ...Array.from({ length: 7 }, () => alert(living, daysAgo(31))),
        alert(living, daysAgo(29)),
        // However long it has been firing.
        alert(living, null),
        alert(deleted, null),
        ...Array.from({ length: 5 }, () => alert(gone, null)),
      ],
    });
    await prisma.alertSource.createMany({ data: [{ clusterId: living }, { clusterId: deleted }, { clusterId: gone }] });
    const token = (clusterId: string) => ({
      id: randomUUID(),
      tenantId: "default",
      clusterId,
      tokenHash: Buffer.from(clusterId),
      createdBy: "ann",
      createdAt: NOW,
    });
    await prisma.webhookToken.createMany({ data: [token(living), token(gone)] });

    const { run } = pruneAlerts({ prisma, clock: { now: () => NOW }, keepDays: 30, batch: 3 });
    await run(new AbortController().signal);

    const left = await prisma.alert.findMany({ select: { clusterId: true, endsAt: true } });
    expect(left.map(({ clusterId }) => clusterId).sort()).toEqual([living, living, deleted].sort());
    expect(await prisma.alertSource.count()).toBe(2);
    expect(await prisma.webhookToken.findMany({ select: { clusterId: true } })).toEqual([{ clusterId: living }]);
  });
});
