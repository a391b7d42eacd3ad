import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { identity } from "../../../test/support/clusters.ts";
import { NamedClusters } from "../../shared/fleet/named-clusters.ts";
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
  const open = (relistMs = 60_000): StateStream =>
    new StateStream({ bus, source, pageSize: 2, relistMs, clusters: null });
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

  it("finds that out though the bus is never quiet", async () => {
    await stream.return();
    stream = open(100);
    await throughSnapshot();
    there.delete(a);
    const pending = next();
    const timer = setInterval(() => void touch(randomUUID(), "METRIC_UPDATE"), 10);
    expect(await pending.finally(() => clearInterval(timer))).toMatchObject({ keys: [], removed: [a] });
  });

  describe("of clusters that are named", () => {
    const gone = { code: "CLUSTER_NOT_FOUND", details: { id: a } };
    const naming = (relistMs = 60_000): StateStream => {
      const byIds = (_: unknown, ids: readonly string[]) =>
        Promise.resolve(ids.map((id) => (there.has(id) ? ({ id } as never) : null)));
      const clusters = new NamedClusters({ byIds }, identity(), [a]);
      return new StateStream({ bus, source, pageSize: 2, relistMs, clusters });
    };

    it.each(["CLUSTER_UPDATED", "CLUSTER_DELETED"] as const)("ends once a %s takes one away", async (type) => {
      stream = naming();
      await throughSnapshot();
      const pending = stream.next();
      there.delete(a);
      await touch(a, type);
      await expect(pending).rejects.toMatchObject(gone);
      expect(await stream.next()).toEqual({ value: undefined, done: true });
    });

    it("ends once a look finds one gone without an event", async () => {
      stream = naming(20);
      await throughSnapshot();
      const pending = stream.next();
      there.delete(a);
      await expect(pending).rejects.toMatchObject(gone);
    });

    it("goes on without another", async () => {
      stream = naming();
      await throughSnapshot();
      there.delete(b);
      const pending = next();
      await touch(b);
      expect(await pending).toMatchObject({ keys: [], removed: [b] });
    });

    it("does not begin without one", async () => {
      there.delete(a);
      stream = naming();
      await expect(stream.next()).rejects.toMatchObject(gone);
    });
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
      clusters: null,
    });
    await expect(stream.next()).rejects.toThrow("no database");
    expect(await stream.next()).toEqual({ value: undefined, done: true });
  });
});
