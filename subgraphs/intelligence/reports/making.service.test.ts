import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { describeDatabases, type TestDatabase } from "../../../test/support/database.ts";
import { reportRow } from "../../../test/support/report-rows.ts";
import { until } from "../../../test/support/until.ts";
import { MemoryBus } from "../../shared/kernel/bus/memory.ts";
import { systemClock } from "../../shared/kernel/clock.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import { createLogger } from "../../shared/kernel/log.ts";
import { MakingService } from "./making.service.ts";
import { type Ending, QueueRepository } from "./queue.repository.ts";
import type { ReportRow } from "./report.repository.ts";
import { tellReport } from "./report-news.contract.ts";

const log = createLogger({ level: "silent", name: "test" });

await describeDatabases("The making of reports", (open) => {
  let test: TestDatabase;
  let bus: MemoryBus;
  const services: MakingService[] = [];

  beforeAll(async () => {
    test = await open();
    bus = new MemoryBus({ clock: systemClock, retention: { ageMs: 60_000, count: 1000 } });
  });
  afterEach(async () => {
    for (const service of services.splice(0)) await service.close();
    await test.database.prisma.report.deleteMany();
  });
  afterAll(async () => {
    await bus.close();
    await test.dispose();
  });

  /** A process that makes reports as the test says; what it ends with is kept as the product keeps it. */
  function start(write: (row: ReportRow, signal: AbortSignal) => Promise<Ending>): MakingService {
    const queue = new QueueRepository(test.database.prisma);
    const finish = async (row: ReportRow, ending: Ending): Promise<void> => {
      await queue.end(test.database.prisma, row, ending, systemClock.now());
    };
    const service = new MakingService({ queue, writing: { write, finish }, bus, clock: systemClock, log });
    services.push(service);
    return service;
  }
  const ready = (row: ReportRow): Ending => ({
    status: "READY",
    clusterScope: [],
    storagePath: row.id,
    sizeBytes: 1,
    sha256: "x",
  });
  const hang = (_: ReportRow, signal: AbortSignal): Promise<never> =>
    new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));
  const put = async (given: Partial<Parameters<typeof reportRow>[0]> = {}) =>
    (await test.database.prisma.report.create({ data: reportRow({ createdAt: systemClock.now(), ...given }) })).id;
  const row = async (id: string) => await test.database.prisma.report.findUniqueOrThrow({ where: { id } });
  const became = (id: string, status: string) =>
    until(`it is ${status}`, async () => (await row(id)).status === status);

  it("takes one after the other, however often it is told that there is something to do", async () => {
    let running = 0;
    let most = 0;
    const making = start(async (each) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise(setImmediate);
      running -= 1;
      return ready(each);
    });
    const ids = await Promise.all(Array.from({ length: 5 }, () => put()));
    for (let kick = 0; kick < 20; kick += 1) making.kick();
    for (const id of ids) await became(id, "READY");
    expect(most).toBe(1);
    // And begins anew where more comes after it had nothing to do.
    const another = await put();
    making.kick();
    await became(another, "READY");
  });

  it("gives back what is under way when it is closed, for another to make", async () => {
    const id = await put();
    const making = start(hang);
    making.kick();
    await became(id, "RUNNING");
    await making.close();
    expect(await row(id)).toMatchObject({ status: "QUEUED", attempts: 0 });
    making.kick();
    const other = start(async (each) => ready(each));
    other.kick();
    await became(id, "READY");
  });

  it("waits for a graph that is not there yet, and gives up after some minutes", async () => {
    let tries = 0;
    const making = start(() => {
      tries += 1;
      return Promise.reject(new CodedError("SUBGRAPH_UNAVAILABLE", "Not yet."));
    });
    const id = await put();
    making.kick();
    await until("it was tried, and waits", async () => tries === 1 && (await row(id)).status === "QUEUED");
    const waiting = await row(id);
    expect(waiting.attempts).toBe(0);
    expect(waiting.beatAt.getTime()).toBeGreaterThan(Date.now() + 5000);
    const long = new Date(Date.now() - 10 * 60_000);
    await test.database.prisma.report.update({ where: { id }, data: { beatAt: long, createdAt: long } });
    making.kick();
    await became(id, "FAILED");
    expect((await row(id)).error).toBe("Not yet.");
    expect(tries).toBe(2);
  });

  it("says what a report failed with where that is for the caller, and nothing else", async () => {
    let error: Error = new CodedError("LIMIT_EXCEEDED", "Too large.");
    const making = start(() => Promise.reject(error));
    const told = await put();
    making.kick();
    await became(told, "FAILED");
    expect((await row(told)).error).toBe("Too large.");
    error = new Error("password=hunter2");
    const untold = await put();
    making.kick();
    await became(untold, "FAILED");
    expect((await row(untold)).error).toBe("Something failed here; the log has it under the report's id.");
  });

  it("stops when another process cancels, and when the row is gone", async () => {
    const making = start(hang);
    const first = systemClock.now();
    const cancelled = await put({ createdAt: first });
    const next = await put({ createdAt: new Date(first.getTime() + 1) });
    making.kick();
    await became(cancelled, "RUNNING");
    await test.database.prisma.report.update({ where: { id: cancelled }, data: { status: "CANCELLED" } });
    await until("it hears of that", async () => {
      await tellReport(bus, cancelled, "CANCEL");
      return (await row(next)).status === "RUNNING";
    });
    expect((await row(cancelled)).status).toBe("CANCELLED");
    await test.database.prisma.report.delete({ where: { id: next } });
    const last = await put();
    // Nobody tells it: its next beat finds out.
    await became(last, "RUNNING");
  });
});
