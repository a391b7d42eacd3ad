import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { clusterRow } from "../../../test/support/clusters.ts";
import { describeDatabases, type TestDatabase } from "../../../test/support/database.ts";
import { MemoryBus } from "../../shared/kernel/bus/memory.ts";
import { WorkProgress, workHead } from "../../shared/kernel/bus/work.ts";
import { AnalysisRepository } from "./analysis.repository.ts";
import { interruptAnalyses, pruneAnalyses } from "./analysis-upkeep.job.ts";

const NOW = new Date("2026-03-01T00:00:00Z");
const clock = { now: () => NOW };
const before = (seconds: number): Date => new Date(NOW.getTime() - seconds * 1000);
const DAY = 86_400;

await describeDatabases("Upkeep of root cause analyses", (open) => {
  let test: TestDatabase;
  let repository: AnalysisRepository;
  const clusterId = randomUUID();
  const bus = new MemoryBus({ retention: { count: 100, ageMs: 60_000 }, clock });

  beforeAll(async () => {
    test = await open();
    repository = new AnalysisRepository(test.database.prisma);
    await test.database.prisma.cluster.create({ data: clusterRow({ id: clusterId }) });
  });
  afterAll(async () => {
    await bus.close();
    await test.dispose();
  });

  async function analysis(more: {
    alertId?: string;
    createdAt?: Date;
    status?: "RUNNING" | "COMPLETE";
    beatAt?: Date;
    finishedAt?: Date;
    clusterId?: string;
  }) {
    const id = randomUUID();
    const times = { onset: NOW, windowStart: NOW, windowEnd: NOW, createdAt: NOW, beatAt: NOW };
    await test.database.prisma.rootCauseAnalysis.create({
      data: { id, tenantId: "default", createdBy: "ann", clusterId, status: "RUNNING", ...times, ...more },
    });
    return id;
  }
  const one = async (id: string) => {
    const [row] = await repository.byIds("default", [id], null);
    if (!row) throw new Error("it is gone");
    return row;
  };

  it("ends the searches that nobody works on any more, and tells whoever follows them", async () => {
    const [silent, busy] = [await analysis({ beatAt: before(61) }), await analysis({ beatAt: before(59) })];
    const after = await workHead(bus, silent);
    const [first, load] = [await one(silent), () => one(silent)];
    const stream = new WorkProgress({ bus, after, first, load, isOver: ({ status }) => status !== "RUNNING" });
    expect((await stream.next()).value).toMatchObject({ status: "RUNNING" });
    const end = stream.next();
    await interruptAnalyses({ repository, bus, clock }).run(new AbortController().signal);
    const failed = { status: "FAILED", error: expect.stringContaining("INTERRUPTED") as string, finishedAt: NOW };
    expect((await end).value).toMatchObject(failed);
    expect((await stream.next()).done).toBe(true);
    expect(await one(busy)).toMatchObject({ status: "RUNNING", error: null });
    // Whoever still works on it learns that it is over.
    const progress = { step: "s", done: 1, total: 2 };
    expect(await repository.beat(silent, progress, NOW)).toBe(false);
    expect(await repository.beat(busy, progress, NOW)).toBe(true);
    expect(
      await test.database.prisma.$transaction((tx) => repository.end(tx, silent, { status: "COMPLETE" }, NOW)),
    ).toBe(false);
  });

  it("forgets what was finished long ago, and what is left of clusters that are gone for good", async () => {
    const kept = await analysis({ status: "COMPLETE", finishedAt: before(29 * DAY) });
    const old = await analysis({ status: "COMPLETE", finishedAt: before(31 * DAY) });
    const orphan = await analysis({ clusterId: randomUUID() });
    await pruneAnalyses({ repository, clock, keepDays: 30 }).run(new AbortController().signal);
    const found = await repository.byIds("default", [kept, old, orphan], null);
    expect(found.map((row) => row?.id ?? null)).toEqual([kept, null, null]);
  });

  it("finds the latest finished search of each alert", async () => {
    const [alertId, other] = [randomUUID(), randomUUID()];
    const of = (createdAt: Date, status: "RUNNING" | "COMPLETE") => analysis({ status, alertId, createdAt });
    await of(before(20), "COMPLETE");
    const latest = await of(before(10), "COMPLETE");
    await of(before(5), "RUNNING");
    const rows = await repository.latestOf("alertId", "default", [other, alertId], null);
    expect(rows.map((row) => row?.id ?? null)).toEqual([null, latest]);
    expect(await repository.latestOf("alertId", "another", [alertId], null)).toEqual([null]);
  });
});
