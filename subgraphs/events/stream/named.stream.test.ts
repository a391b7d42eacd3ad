import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { identity } from "../../../test/support/clusters.ts";
import { NamedClusters } from "../../shared/fleet/named-clusters.ts";
import { type BusEvent, EVENTS } from "../../shared/kernel/bus/events.ts";
import { MemoryBus } from "../../shared/kernel/bus/memory.ts";
import { BusReader, type Reading } from "../../shared/kernel/bus/reader.ts";
import { systemClock } from "../../shared/kernel/clock.ts";
import { NamedStream } from "./named.stream.ts";

const [NAMED, OTHER] = [randomUUID(), randomUUID()] as const;

describe("NamedStream", () => {
  let bus: MemoryBus;
  let stream: NamedStream;
  let seen: Set<string>;
  let looks: number;

  beforeEach(() => {
    bus = new MemoryBus({ retention: { count: 100, ageMs: 60_000 }, clock: systemClock });
    seen = new Set([NAMED, OTHER]);
    looks = 0;
  });
  afterEach(async () => {
    await stream.return();
    await bus.close();
  });

  const open = async (recheckMs = 60_000): Promise<void> => {
    const after = await bus.head(EVENTS);
    const directory = {
      byIds: (_: unknown, ids: readonly string[]) => {
        looks += 1;
        return Promise.resolve(ids.map((id) => (seen.has(id) ? ({ id } as never) : null)));
      },
    };
    const asked = ({ event_type: type }: BusEvent): boolean => type !== "CLUSTER_UPDATED";
    stream = new NamedStream({
      source: new BusReader({ bus, topic: EVENTS, after, decode: (event) => event as BusEvent }),
      clusters: new NamedClusters(directory, identity(), [NAMED]),
      asked,
      shown: async (item) =>
        "gap" in item || (asked(item.event) && (item.event.event_type === "CLUSTER_DELETED" || seen.has(NAMED))),
      recheckMs,
    });
  };
  const publish = (event_type: BusEvent["event_type"], cluster_id = NAMED) =>
    bus.publish(EVENTS, {
      event_id: randomUUID(),
      event_type,
      tenant_id: "default",
      cluster_id,
      namespace: null,
      timestamp: new Date().toISOString(),
      payload: {},
    } satisfies BusEvent);
  const type = (result: IteratorResult<Reading<BusEvent>>): string | undefined =>
    result.done || "gap" in result.value ? undefined : result.value.event.event_type;
  const gone = { code: "CLUSTER_NOT_FOUND", details: { id: NAMED } };

  it("goes on while its cluster is there, and looks only when that may have changed", async () => {
    await open();
    const first = stream.next();
    for (let event = 0; event < 5; event += 1) await publish("ALERT_FIRED");
    expect(type(await first)).toBe("ALERT_FIRED");
    for (let event = 0; event < 4; event += 1) await stream.next();
    expect(looks).toBe(0);
    const next = stream.next();
    await publish("CLUSTER_UPDATED");
    await publish("CLUSTER_UPDATED", OTHER);
    await publish("ALERT_RESOLVED");
    expect(type(await next)).toBe("ALERT_RESOLVED");
    expect(looks).toBe(1);
  });

  it("ends with a change that takes its cluster away, though nobody asked for changes", async () => {
    await open();
    const next = stream.next();
    seen.delete(NAMED);
    await publish("CLUSTER_UPDATED");
    await publish("ALERT_FIRED");
    await expect(next).rejects.toMatchObject(gone);
    expect(await stream.next()).toEqual({ value: undefined, done: true });
  });

  it("ends with the first event that may not be shown any more", async () => {
    await open();
    const next = stream.next();
    seen.delete(NAMED);
    await publish("ALERT_FIRED");
    await expect(next).rejects.toMatchObject(gone);
  });

  it("tells of the deletion first", async () => {
    await open();
    const next = stream.next();
    seen.delete(NAMED);
    await publish("CLUSTER_DELETED");
    expect(type(await next)).toBe("CLUSTER_DELETED");
    await expect(stream.next()).rejects.toMatchObject(gone);
  });

  it("finds out without an event, during a pending look", async () => {
    await open(20);
    const next = stream.next();
    seen.delete(NAMED);
    await expect(next).rejects.toMatchObject(gone);
  });

  it("goes on when another cluster is gone", async () => {
    await open();
    const next = stream.next();
    seen.delete(OTHER);
    await publish("CLUSTER_DELETED", OTHER);
    await publish("ALERT_FIRED");
    expect([type(await next), type(await stream.next())]).toEqual(["CLUSTER_DELETED", "ALERT_FIRED"]);
  });

  it("ends a pending next at once when its reader leaves", async () => {
    await open();
    const pending = stream.next();
    await stream.return();
    expect(await pending).toEqual({ value: undefined, done: true });
  });
});
