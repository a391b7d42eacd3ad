import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { describeDatabases, type TestDatabase } from "../../../test/support/database.ts";
import { Schedule } from "./schedule.ts";

const NOW = new Date("2026-01-01T00:00:00Z");
const after = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000);

await describeDatabases("Schedule", (open) => {
  let test: TestDatabase;
  let schedule: Schedule;
  const [a, b, c] = [randomUUID(), randomUUID(), randomUUID()].sort() as [string, string, string];

  beforeAll(async () => {
    test = await open();
  });
  afterAll(() => test.dispose());
  beforeEach(async () => {
    await test.database.prisma.scheduledTask.deleteMany();
    schedule = new Schedule(test.database.prisma, "test.task");
  });

  it("gives each subject its turn once, and the next on its rhythm", async () => {
    await schedule.keep([a, b], NOW);
    expect((await schedule.take(NOW, 30, 10)).sort()).toEqual([a, b]);
    expect(await schedule.take(after(29), 30, 10)).toEqual([]);
    // A second late, and the one after is at 60 all the same.
    expect(await schedule.take(after(31), 30, 10)).toHaveLength(2);
    expect(await schedule.take(after(60), 30, 10)).toHaveLength(2);
    // Much later, a new rhythm begins.
    expect(await schedule.take(after(200), 30, 10)).toHaveLength(2);
    expect(await schedule.take(after(229), 30, 10)).toEqual([]);
  });

  it("takes no more than there is room for, and never the same for two at once", async () => {
    await schedule.keep([a, b, c], NOW);
    const [first, second] = await Promise.all([schedule.take(NOW, 30, 2), schedule.take(NOW, 30, 2)]);
    expect([...(first ?? []), ...(second ?? [])].sort()).toEqual([a, b, c]);
  });

  it("lets one rest, and the others have their turns", async () => {
    await schedule.keep([a, b], NOW);
    await schedule.postpone(a, after(100));
    await schedule.postpone(a, after(50));
    expect(await schedule.take(after(60), 30, 10)).toEqual([b]);
    expect((await schedule.take(after(100), 30, 10)).sort()).toEqual([a, b]);
  });

  it("forgets who is gone, leaves other tasks alone, and hurries whom it is told to", async () => {
    const other = new Schedule(test.database.prisma, "test.other");
    await other.keep([a], NOW);
    await schedule.keep([a, b], NOW);
    await schedule.take(NOW, 30, 10);
    await schedule.keep([b], NOW);
    await schedule.hurry(b, after(5));
    expect(await schedule.take(after(5), 30, 10)).toEqual([b]);
    expect(await other.take(NOW, 30, 10)).toEqual([a]);
  });
});
