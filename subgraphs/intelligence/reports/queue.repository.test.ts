import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { type Database, openDatabase } from "../../../prisma/client.ts";
import { describeDatabases, type TestDatabase } from "../../../test/support/database.ts";
import { reportRow } from "../../../test/support/report-rows.ts";
import { type Ending, MOST_ATTEMPTS, QueueRepository } from "./queue.repository.ts";

const NOON = new Date("2026-11-23T12:00:00Z");
const later = (seconds: number): Date => new Date(NOON.getTime() + seconds * 1000);
const STEP = { step: "CPU used", done: 1, total: 3 };
const READY: Ending = { status: "READY", clusterScope: [], storagePath: "x", sizeBytes: 1, sha256: "y" };

await describeDatabases("The queue of reports", (open, kind) => {
  let test: TestDatabase;
  /** A connection of its own, as another replica has it; the embedded database is one process's. */
  let other: Database;
  let queue: QueueRepository;
  let replica: QueueRepository;

  beforeAll(async () => {
    test = await open();
    other = kind === "postgresql" ? await openDatabase(test.options) : test.database;
  });
  afterAll(async () => {
    if (other !== test.database) await other.close();
    await test.dispose();
  });
  beforeEach(() => {
    queue = new QueueRepository(test.database.prisma);
    replica = new QueueRepository(other.prisma);
  });
  afterEach(async () => {
    await test.database.prisma.report.deleteMany();
  });

  const put = async (given: Parameters<typeof reportRow>[0] = { createdAt: NOON }) =>
    await test.database.prisma.report.create({ data: reportRow(given) });
  const statusOf = async (id: string) => await test.database.prisma.report.findUniqueOrThrow({ where: { id } });

  it("gives each report to one replica", async () => {
    for (let index = 0; index < 12; index += 1) await put();
    const taken = await Promise.all(Array.from({ length: 16 }, (_, i) => (i % 2 ? queue : replica).take(NOON)));
    const ids = taken.flatMap((row) => row?.id ?? []);
    expect(ids).toHaveLength(12);
    expect(new Set(ids).size).toBe(12);
    expect(await queue.take(NOON)).toBeNull();
  });

  it("gives out who has waited longest, and nothing that may not be begun yet, or is kept no longer", async () => {
    const second = await put({ createdAt: later(-10) });
    const first = await put({ createdAt: later(-20) });
    await put({ createdAt: later(-30), beatAt: later(5) });
    await put({ createdAt: later(-40), expiresAt: NOON });
    await put({ createdAt: later(-50), status: "CANCELLED" });
    expect((await queue.take(NOON))?.id).toBe(first.id);
    expect((await queue.take(NOON))?.id).toBe(second.id);
    expect(await queue.take(NOON)).toBeNull();
    expect((await queue.take(later(5)))?.attempts).toBe(1);
  });

  it("gives a silent worker's report to the next, and the first has no say in it any more", async () => {
    const { id } = await put();
    const first = await queue.take(NOON);
    if (!first) throw new Error("There was nothing to take.");
    expect(await queue.beat(first, STEP, later(1))).toBe(true);
    expect(await queue.recover(NOON, "gone", later(30))).toEqual([]);
    expect(await queue.recover(later(20), "gone", later(40))).toEqual([id]);
    const second = await replica.take(later(40));
    if (!second) throw new Error("There was nothing to take.");
    expect(second.attempts).toBe(2);
    expect(await queue.beat(first, STEP, later(41))).toBe(false);
    expect(await queue.end(test.database.prisma, first, READY, later(42))).toBe(false);
    await queue.release(first, later(42));
    expect(await statusOf(id)).toMatchObject({ status: "RUNNING", attempts: 2 });
    expect(await replica.end(other.prisma, second, READY, later(43))).toBe(true);
    expect(await statusOf(id)).toMatchObject({ status: "READY", finishedAt: later(43) });
  });

  it("gives up what was begun in vain too often, and says why", async () => {
    const { id } = await put();
    for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt += 1) {
      expect((await queue.take(later(attempt * 60)))?.attempts).toBe(attempt);
      expect(await queue.recover(later(attempt * 60 + 30), "gone", later(attempt * 60 + 30))).toEqual([id]);
    }
    expect(await statusOf(id)).toMatchObject({ status: "FAILED", error: "gone" });
    expect(await queue.take(later(1000))).toBeNull();
  });

  it("does not count what was given back", async () => {
    const { id } = await put();
    for (let turn = 0; turn <= MOST_ATTEMPTS; turn += 1) {
      const taken = await queue.take(later(100));
      if (!taken) throw new Error("There was nothing to take.");
      await queue.release(taken, later(100));
    }
    expect(await statusOf(id)).toMatchObject({ status: "QUEUED", attempts: 0 });
  });

  it("has nothing of a report that is gone", async () => {
    const turn = { id: randomUUID(), attempts: 1 };
    expect(await queue.beat(turn, STEP, NOON)).toBe(false);
    expect(await queue.end(test.database.prisma, turn, READY, NOON)).toBe(false);
  });
});
