import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { type Database, openDatabase } from "../../../prisma/client.ts";
import { Outbox } from "../../../prisma/outbox.ts";
import { clusterRow, identity } from "../../../test/support/clusters.ts";
import { describeDatabases, type TestDatabase } from "../../../test/support/database.ts";
import { reportRow, scheduleRow } from "../../../test/support/report-rows.ts";
import { Changes } from "../../shared/fleet/changes.ts";
import { FleetDirectory } from "../../shared/fleet/directory.ts";
import { LocalGraph } from "../../shared/kernel/graph.ts";
import { createLogger } from "../../shared/kernel/log.ts";
import { OrderService } from "./order.service.ts";
import { ReportRepository } from "./report.repository.ts";
import { ScheduleRepository } from "./schedule.repository.ts";
import { ScheduleService } from "./schedule.service.ts";
import { ScheduleRunService } from "./schedule-run.service.ts";

const MONDAY = new Date("2026-11-23T07:00:00Z");
const NEXT_MONDAY = new Date("2026-11-30T07:00:00Z");
const MINUTE_MS = 60_000;
const log = createLogger({ level: "silent", name: "test" });
const { signal } = new AbortController();

await describeDatabases("Runs of report schedules", (open, kind) => {
  let test: TestDatabase;
  let other: Database;
  let now: Date;
  const clock = { now: () => now };
  const problems: unknown[] = [];
  let clusterId: string;

  beforeAll(async () => {
    test = await open();
    other = kind === "postgresql" ? await openDatabase(test.options) : test.database;
    clusterId = (await test.database.prisma.cluster.create({ data: clusterRow({ name: "one", region: "here" }) })).id;
  });
  afterAll(async () => {
    if (other !== test.database) await other.close();
    await test.dispose();
  });
  beforeEach(() => {
    now = new Date(MONDAY.getTime() + MINUTE_MS);
  });
  afterEach(async () => {
    await test.database.prisma.report.deleteMany();
    await test.database.prisma.reportSchedule.deleteMany();
    expect(problems.splice(0)).toEqual([]);
  });

  /** A replica's own, on its own connections. */
  function replica({ prisma }: Database = test.database) {
    const outbox = new Outbox(prisma, async () => {});
    const changes = new Changes({ prisma, outbox, clock, log });
    const directory = new FleetDirectory(prisma);
    const repository = new ScheduleRepository(prisma);
    const orders = new OrderService({ repository: new ReportRepository(prisma), directory, graph: new LocalGraph() });
    let kicks = 0;
    const runs = new ScheduleRunService({
      repository,
      schedules: new ScheduleService({ repository, directory, changes, clock }),
      orders,
      making: { kick: () => (kicks += 1) },
      changes,
      clock,
      onError: (error) => problems.push(error),
    });
    return { runs, repository, kicks: () => kicks };
  }
  const create = async (given: Partial<Parameters<typeof scheduleRow>[0]> = {}) =>
    await test.database.prisma.reportSchedule.create({ data: scheduleRow({ nextRunAt: MONDAY, ...given }) });
  const reports = async () => await test.database.prisma.report.findMany();
  const schedule = async (id: string) => await test.database.prisma.reportSchedule.findUniqueOrThrow({ where: { id } });

  it("makes one report of one time, however many replicas there are", async () => {
    const { id } = await create();
    const [one, two] = [replica(), replica(other)];
    await Promise.all([one, two, one, two].map(({ runs }) => runs.runDue(signal)));
    expect(await reports()).toEqual([
      expect.objectContaining({
        scheduleId: id,
        status: "QUEUED",
        generatedBy: "system",
        owner: "ann",
        clusterScope: [clusterId],
        rangeStart: new Date(now.getTime() - 86_400_000),
        rangeEnd: now,
        expiresAt: new Date(now.getTime() + 7 * 86_400_000),
      }),
    ]);
    expect(one.kicks() + two.kicks()).toBe(1);
    expect(await schedule(id)).toMatchObject({ nextRunAt: NEXT_MONDAY, lastRunAt: now, lastError: null });
  });

  it("makes one report of all times that were missed", async () => {
    const { id } = await create({ nextRunAt: new Date("2026-09-01T00:00:00Z") });
    const { runs } = replica();
    await runs.runDue(signal);
    await runs.runDue(signal);
    expect(await reports()).toHaveLength(1);
    expect((await schedule(id)).nextRunAt).toEqual(NEXT_MONDAY);
  });

  it("does not run before its time, nor while it is off", async () => {
    await create({ nextRunAt: NEXT_MONDAY });
    await create({ enabled: false });
    await replica().runs.runDue(signal);
    expect(await reports()).toEqual([]);
  });

  it("leaves the time of a replica that died to another, after a while", async () => {
    await create();
    // It took it, and is gone.
    await replica().repository.takeDue(now, new Date(now.getTime() + 2 * MINUTE_MS), 10);
    const { runs } = replica(other);
    await runs.runDue(signal);
    expect(await reports()).toEqual([]);
    now = new Date(now.getTime() + 2 * MINUTE_MS);
    await runs.runDue(signal);
    expect(await reports()).toHaveLength(1);
  });

  it("makes none where it was changed or lent to another meanwhile", async () => {
    const { id } = await create();
    const { repository } = replica();
    const [taken] = await repository.takeDue(now, new Date(now.getTime() + MINUTE_MS), 10);
    if (!taken) throw new Error("Nothing was due.");
    await test.database.prisma.reportSchedule.update({ where: { id }, data: { nextRunAt: NEXT_MONDAY } });
    const run = { nextRunAt: MONDAY, lastRunAt: now, lastError: null };
    expect(await repository.ran(test.database.prisma, taken, run)).toBe(false);
    expect((await schedule(id)).nextRunAt).toEqual(NEXT_MONDAY);
  });

  it("says why there is no report, and tries again at its next time", async () => {
    const gone = await create({ selector: { regions: ["nowhere"] } });
    const scoped = await create({ identity: identity({ scope: { regions: ["elsewhere"] } }) });
    const crowded = await create({ createdBy: "bob", identity: identity({ user: "bob" }) });
    for (let index = 0; index < 20; index += 1)
      await test.database.prisma.report.create({ data: reportRow({ createdAt: now, owner: "bob" }) });
    await replica().runs.runDue(signal);
    for (const { id } of [gone, scoped])
      expect(await schedule(id)).toMatchObject({
        nextRunAt: NEXT_MONDAY,
        lastError: "There is no such cluster to report on.",
      });
    expect((await schedule(crowded.id)).lastError).toContain("20 of your reports are not made yet");
    expect(await reports()).toHaveLength(20);
  });
});
