import { describe, expect, it } from "vitest";
import { type BusEvent, EventType } from "../../shared/kernel/bus/events.ts";
import { toEvent, toItem } from "./event.mapper.ts";

const event = (given: Partial<BusEvent> = {}): BusEvent => ({
  event_id: "e-1",
  event_type: "ALERT_FIRED",
  tenant_id: "default",
  cluster_id: "c-1",
  namespace: "upf-core",
  timestamp: "2026-01-01T00:00:00.500Z",
  payload: { severity: "critical" },
  ...given,
});

describe("toEvent", () => {
  it("has the graph's names for the wire's, and says nothing of the tenant", () => {
    expect(toEvent(event())).toEqual({
      eventId: "e-1",
      eventType: "ALERT_FIRED",
      clusterId: "c-1",
      cluster: { id: "c-1" },
      namespace: "upf-core",
      timestamp: new Date("2026-01-01T00:00:00.500Z"),
      payload: { severity: "critical" },
    });
  });

  it.each(Object.values(EventType))("names the cluster of a %s to join from, unless it is gone", (event_type) => {
    const { cluster, clusterId } = toEvent(event({ event_type }));
    expect(clusterId).toBe("c-1");
    expect(cluster).toEqual(event_type === "CLUSTER_DELETED" ? null : { id: "c-1" });
  });

  it("names no cluster where there is none", () => {
    expect(toEvent(event({ cluster_id: null, namespace: null }))).toMatchObject({
      clusterId: null,
      cluster: null,
      namespace: null,
    });
  });

  it("takes the states of a change of state out of the payload", () => {
    const payload = { old_state: "ONLINE", new_state: "OFFLINE", last_error: "x" };
    expect(toEvent(event({ event_type: "CLUSTER_STATUS_CHANGED", payload }))).toMatchObject({
      oldState: "ONLINE",
      newState: "OFFLINE",
      payload,
    });
    expect(toEvent(event({ payload }))).not.toHaveProperty("oldState");
  });
});

describe("toItem", () => {
  it("is an event or a gap, each with the cursor to go on from", () => {
    expect(toItem({ cursor: "1-2", event: event() })).toMatchObject({
      cursor: "1-2",
      event: { eventId: "e-1" },
      gap: null,
    });
    const gap = { from: "1-2", to: "1-4", count: 2, reason: "RETENTION" as const };
    expect(toItem({ cursor: "1-4", gap })).toEqual({ cursor: "1-4", event: null, gap });
  });
});
