import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type BusEvent, EVENTS } from "../../shared/kernel/bus/events.ts";
import { MemoryBus } from "../../shared/kernel/bus/memory.ts";
import { systemClock } from "../../shared/kernel/clock.ts";
import { type StateItem, type StateSource, StateStream } from "./state.stream.ts";

const RETENTION = { count: 20, ageMs: 60_000 };

describe("StateStream", () => {
  let bus: MemoryBus;
  let there: Set<string>;
  let stream: StateStream;
  const source: StateSource = {
    list: () => Promise.resolve([...there]),
    keyOf: ({ event_type, cluster_id }) => (event_type === "CLUSTER_UPDATED" ? cluster_id : null),
    keep: (keys) => Promise.resolve(new Set(keys.filter((key) => there.has(key)))),
  };
  const open = (relistMs = 60_000): StateStream => new StateStream({ bus, source, pageSize: 2, relistMs });
  const touch = (key: string, event_type: BusEvent["event_type"] = "CLUSTER_UPDATED") =>
    bus.publish(EVENTS, {
      event_id: randomUUID(),
      event_type,
      tenant_id: "default",
      cluster_id: key,
      namespace: null,
      timestamp: new Date().toISOString(),
      payload: {},
    } satisfies BusEvent);
  const next = async (): Promise<StateItem> => (await stream.next()).value;
  const throughSnapshot = async (): Promise<StateItem[]> => {
    const items: StateItem[] = [];
    for (;;) {
      const item = await next();
      items.push(item);
      if (item.kind === "END_OF_SNAPSHOT") return items;
    }
  };
  const [a, b, c] = [randomUUID(), randomUUID(), randomUUID()] as const;

  beforeEach(() => {
    bus = new MemoryBus({ retention: RETENTION, clock: systemClock });
    there = new Set([a, b, c]);
    stream = open();
  });
  afterEach(async () => {
    await stream.return();
    await bus.close();
  });

  it("shows what there is in pages, says when that is all, and then tells of changes", async () => {
    await touch(a);
    expect(await throughSnapshot()).toMatchObject([
      { kind: "SNAPSHOT", keys: [a, b] },
      { kind: "SNAPSHOT", keys: [c] },
      { kind: "END_OF_SNAPSHOT" },
    ]);
    const change = next();
    await touch(b);
    expect(await change).toMatchObject({ kind: "CHANGED", keys: [b], removed: [] });
  });

  it("gives a slow reader each key once, however often it changed", async () => {
    await throughSnapshot();
    for (let round = 0; round < 5; round += 1) {
      await touch(a);
      await touch(b);
    }
    expect(await next()).toMatchObject({ kind: "CHANGED", keys: [a, b] });
    const quiet = next();
    await touch(c);
    expect(await quiet).toMatchObject({ keys: [c] });
  });

  it("tells of what is gone once, and of nothing that was never shown", async () => {
    await throughSnapshot();
    there.delete(a);
    await touch(a);
    await touch(randomUUID());
    expect(await next()).toMatchObject({ kind: "CHANGED", keys: [], removed: [a] });
    await touch(a);
    await touch(b);
    expect(await next()).toMatchObject({ keys: [b], removed: [] });
  });

  it("begins anew for a reader that fell behind what is kept", async () => {
    await throughSnapshot();
    for (let event = 0; event <= RETENTION.count; event += 1) await touch(a);
    there.delete(b);
    expect(await next()).toMatchObject({ kind: "SNAPSHOT", keys: [a, c] });
    expect(await next()).toMatchObject({ kind: "END_OF_SNAPSHOT" });
  });

  it("finds out without an event what came and went", async () => {
    await stream.return();
    stream = open(20);
    await throughSnapshot();
    const d = randomUUID();
    there.delete(a);
    there.add(d);
    expect(await next()).toMatchObject({ kind: "CHANGED", keys: [d], removed: [a] });
  });

  it("ends a pending next at once when its reader leaves, and rings no more", async () => {
    await throughSnapshot();
    const pending = stream.next();
    await stream.return();
    expect(await pending).toEqual({ value: undefined, done: true });
    await touch(a);
    expect(await stream.next()).toEqual({ value: undefined, done: true });
  });

  it("fails its reader when the source fails", async () => {
    stream = new StateStream({
      bus,
      source: { ...source, list: () => Promise.reject(new Error("no database")) },
      pageSize: 2,
      relistMs: 60_000,
    });
    await expect(stream.next()).rejects.toThrow("no database");
    expect(await stream.next()).toEqual({ value: undefined, done: true });
  });
});
