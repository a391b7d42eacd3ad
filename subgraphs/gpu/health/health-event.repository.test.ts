import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { clusterRow } from "../../../test/support/clusters.ts";
import { describeDatabases, type TestDatabase } from "../../../test/support/database.ts";
import type { BegunEvent } from "./health.detector.ts";
import { HealthEventRepository } from "./health-event.repository.ts";
import { pruneHealthEvents } from "./health-retention.job.ts";

const NOW = new Date("2026-11-23T12:00:00Z");
const daysAgo = (days: number): Date => new Date(NOW.getTime() - days * 86_400_000);

const event = (device: string, more: Partial<BegunEvent> = {}): BegunEvent => ({
  nodeName: "gpu-1",
  device,
  kind: "XID",
  code: "79",
  severity: "CRITICAL",
  message: "XID 79.",
  occurrences: 1,
  lastCount: 1,
  firstSeenAt: NOW,
  lastSeenAt: NOW,
  ...more,
});

await describeDatabases("HealthEventRepository", (open) => {
  let test: TestDatabase;
  let events: HealthEventRepository;
  let cluster: { id: string; tenantId: string };

  beforeAll(async () => {
    test = await open();
    events = new HealthEventRepository(test.database.prisma);
  });
  afterAll(() => test.dispose());
  beforeEach(async () => {
    const { id } = await test.database.prisma.cluster.create({ data: clusterRow() });
    cluster = { id, tenantId: "default" };
  });

  const write = (changes: Parameters<HealthEventRepository["write"]>[2]) =>
    test.database.prisma.$transaction((tx) => events.write(tx, cluster, changes));
  const begin = async (...begun: BegunEvent[]) => (await write({ begun, changed: [] })).begun;
  const standing = async () => (await events.standing([cluster.id])).get(cluster.id) ?? [];

  it("writes what begins, goes on and ends by one statement", async () => {
    const [first, second] = await begin(event("GPU-a"), event("GPU-b"));
    if (!first || !second) throw new Error("nothing was written");
    const later = new Date(NOW.getTime() + 30_000);
    const { begun, changed } = await write({
      begun: [event("GPU-c", { kind: "THROTTLE", code: "HW_THERMAL", lastCount: null })],
      changed: [
        { ...first, occurrences: 3, lastCount: 2, lastSeenAt: later, clearedAt: null, recurred: true },
        { ...second, clearedAt: later, recurred: false },
      ],
    });
    expect([begun.length, changed.length]).toEqual([1, 2]);
    const rows = (await standing()).toSorted((a, b) => (a.device < b.device ? -1 : 1));
    expect(rows).toMatchObject([
      { id: first.id, occurrences: 3, lastCount: 2, firstSeenAt: NOW, lastSeenAt: later },
      { device: "GPU-c", kind: "THROTTLE", lastCount: null },
    ]);
  });

  it("writes nothing that another replica was quicker with, and says so", async () => {
    const [first] = await begin(event("GPU-a"));
    if (!first) throw new Error("nothing was written");
    expect(await begin(event("GPU-a"), event("GPU-b"))).toMatchObject([{ device: "GPU-b" }]);
    const cleared = { ...first, clearedAt: NOW, recurred: false };
    expect((await write({ begun: [], changed: [cleared] })).changed).toHaveLength(1);
    expect((await write({ begun: [], changed: [cleared] })).changed).toEqual([]);
    // What is over may begin anew.
    expect(await begin(event("GPU-a"))).toHaveLength(1);
  });

  it("has the XIDs that ended since a time, and no others", async () => {
    const [early, late, hot] = await begin(
      event("GPU-a"),
      event("GPU-b"),
      event("GPU-c", { kind: "THROTTLE", code: "HW_THERMAL", lastCount: null }),
      event("GPU-d"),
    );
    if (!early || !late || !hot) throw new Error("nothing was written");
    const cleared = (days: number) => ({ clearedAt: daysAgo(days), recurred: false });
    await write({
      begun: [],
      changed: [
        { ...early, ...cleared(2) },
        { ...late, ...cleared(0) },
        { ...hot, ...cleared(0) },
      ],
    });
    const ended = (await events.ended([cluster.id], daysAgo(1))).get(cluster.id);
    expect(ended).toMatchObject([{ kind: "XID", code: "79", device: "GPU-b", lastSeenAt: NOW, clearedAt: NOW }]);
    expect(ended).toHaveLength(1);
  });

  it("has each device's events in the order asked: those that stand, then the latest, up to its limit", async () => {
    const [old, newer] = await begin(event("GPU-a", { lastSeenAt: daysAgo(2) }), event("GPU-a", { code: "31" }));
    if (!old || !newer) throw new Error("nothing was written");
    await write({ begun: [], changed: [{ ...newer, clearedAt: NOW, recurred: false }] });
    const asked = [
      { clusterId: cluster.id, device: "GPU-none", limit: 5 },
      { clusterId: cluster.id, device: "GPU-a", limit: 5 },
      { clusterId: cluster.id, device: "GPU-a", limit: 1 },
      { clusterId: randomUUID(), device: "GPU-a", limit: 5 },
    ];
    const found = await events.ofDevices(asked);
    expect(found.map((rows) => rows.map(({ code }) => code))).toEqual([[], ["79", "31"], ["79"], []]);
    expect(found[1]?.[0]).toMatchObject({ id: old.id, clusterId: cluster.id, lastSeenAt: daysAgo(2), clearedAt: null });
  });

  it("keeps what ended for 90 days, and nothing of clusters that are gone", async () => {
    const [old, recent, stands] = await begin(event("GPU-a"), event("GPU-b"), event("GPU-c"));
    if (!old || !recent || !stands) throw new Error("nothing was written");
    const cleared = (days: number) => ({ clearedAt: daysAgo(days), recurred: false });
    await write({
      begun: [],
      changed: [
        { ...old, ...cleared(91) },
        { ...recent, ...cleared(89) },
      ],
    });
    const gone = { id: randomUUID(), tenantId: "default" };
    await test.database.prisma.$transaction((tx) =>
      events.write(tx, gone, { begun: ["a", "b", "c"].map((name) => event(name)), changed: [] }),
    );
    const { prisma } = test.database;
    await pruneHealthEvents({ prisma, clock: { now: () => NOW }, batch: 2 }).run(new AbortController().signal);
    const left = await prisma.gpuHealthEvent.findMany({ where: { clusterId: { in: [cluster.id, gone.id] } } });
    expect(left.map(({ id }) => id).toSorted()).toEqual([recent.id, stands.id].toSorted());
  });
});
