import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { Outbox } from "../../../prisma/outbox.ts";
import { identity } from "../../../test/support/clusters.ts";
import { describeDatabases, type TestDatabase } from "../../../test/support/database.ts";
import { until } from "../../../test/support/until.ts";
import { EVENTS } from "../kernel/bus/events.ts";
import { MemoryBus } from "../kernel/bus/memory.ts";
import { systemClock } from "../kernel/clock.ts";
import { createLogger } from "../kernel/log.ts";
import { Changes } from "./changes.ts";

const log = createLogger({ level: "silent", name: "test" });
const BY = { identity: identity(), requestId: "r-1" };

await describeDatabases("Changes", (open) => {
  let test: TestDatabase;
  let bus: MemoryBus;
  let broken: boolean;
  let outbox: Outbox;
  let changes: Changes;
  const cluster = { id: randomUUID(), tenantId: "default", name: "c" };

  beforeAll(async () => {
    test = await open();
  });
  afterAll(() => test.dispose());
  beforeEach(async () => {
    await test.database.prisma.outboxEvent.deleteMany();
    await test.database.prisma.auditEntry.deleteMany();
    bus = new MemoryBus({ retention: { count: 1000, ageMs: 60_000 }, clock: systemClock });
    broken = false;
    outbox = new Outbox(test.database.prisma, async (topic, event, id) => {
      if (broken) throw new Error("the bus is away");
      return await bus.publish(topic, event, id);
    });
    changes = new Changes({ prisma: test.database.prisma, outbox, clock: systemClock, log });
  });

  const published = async (): Promise<unknown[]> =>
    (await bus.read(EVENTS, null, 1000)).items.map(({ event }) => (event as { payload: { n: number } }).payload.n);
  const change = (n: number) =>
    changes.commit(async (_, record) => {
      await record.event({ type: "CLUSTER_UPDATED", cluster, payload: { n } });
      await record.deed(BY, { action: "UPDATE_CLUSTER", cluster, before: { n: n - 1 }, after: { n } });
      return n;
    });

  it("publishes what a change tells of, once, when it is durable", async () => {
    expect(await change(1)).toBe(1);
    expect(await published()).toEqual([1]);
    await outbox.flush();
    expect(await published()).toEqual([1]);
    expect(await test.database.prisma.auditEntry.findMany()).toMatchObject([
      {
        action: "UPDATE_CLUSTER",
        subject: "c",
        before: { n: 0 },
        after: { n: 1 },
        actor: BY.identity.user,
        requestId: "r-1",
      },
    ]);
  });

  it("tells of nothing, and logs nothing, where the change fails", async () => {
    const failing = changes.commit(async (_, record) => {
      await record.event({ type: "CLUSTER_UPDATED", cluster, payload: { n: 1 } });
      await record.deed(BY, { action: "UPDATE_CLUSTER", cluster, before: null, after: null });
      throw new Error("too late");
    });
    await expect(failing).rejects.toThrow("too late");
    await outbox.flush();
    expect(await published()).toEqual([]);
    expect(await test.database.prisma.auditEntry.count()).toBe(0);
  });

  it("keeps the change and its event while the bus is away, and publishes in order once it is back", async () => {
    broken = true;
    for (const n of [1, 2, 3]) await change(n);
    expect(await published()).toEqual([]);
    broken = false;
    await outbox.flush();
    expect(await published()).toEqual([1, 2, 3]);
    expect(await test.database.prisma.outboxEvent.count()).toBe(0);
  });

  it("publishes an event once, though its publisher died before it could say so", async () => {
    const dying = new Outbox(test.database.prisma, async (topic, event, id) => {
      await bus.publish(topic, event, id);
      throw new Error("killed");
    });
    broken = true;
    await change(1);
    broken = false;
    await expect(dying.flush()).rejects.toThrow("killed");
    expect(await published()).toEqual([1]);
    await outbox.flush();
    expect(await published()).toEqual([1]);
    expect(await test.database.prisma.outboxEvent.count()).toBe(0);
  });

  it("loses and repeats nothing with several publishers at once", async () => {
    const others = [1, 2].map(
      () => new Outbox(test.database.prisma, (topic, event, id) => bus.publish(topic, event, id)),
    );
    const numbers = Array.from({ length: 30 }, (_, n) => n);
    await Promise.all(numbers.map((n) => Promise.all([change(n), ...others.map((other) => other.flush())])));
    await until("all are out", async () => (await published()).length >= numbers.length);
    expect([...(await published())].sort((a, b) => Number(a) - Number(b))).toEqual(numbers);
  });
});
