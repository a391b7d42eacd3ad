import { describe, expect, it } from "vitest";
import { groupAlerts } from "./incident.ts";
import type { EntityRef, RelatedAlert, TopologyEdge } from "./model.ts";

const MINUTE = 60_000;
const service = (name: string): EntityRef => ({ kind: "SERVICE", namespace: "shop", name });

const alert = (
  id: string,
  minute: number,
  labels: Record<string, string>,
  entity: EntityRef | null = null,
): RelatedAlert => ({
  id,
  name: labels["alertname"] ?? id,
  labels,
  severity: null,
  entity,
  startsAt: minute * MINUTE,
  endsAt: null,
});

const ids = (alerts: RelatedAlert[], topology: TopologyEdge[] = []): string[] =>
  groupAlerts(alerts, topology).map((incident) => incident.alerts.map(({ id }) => id).join(" "));

describe("alerts of one incident", () => {
  it("share labels, but not only what kind of alert they are", () => {
    const pay = { namespace: "shop", pod: "pay-1", cluster: "eu" };
    expect(
      ids([
        alert("a", 0, { ...pay, alertname: "HighLatency", severity: "warning" }),
        alert("b", 2, { ...pay, alertname: "ErrorRate", severity: "critical" }),
        alert("c", 2, { alertname: "HighLatency", severity: "warning", namespace: "billing", pod: "x", cluster: "us" }),
      ]),
    ).toEqual(["a b", "c"]);
  });

  it("are near in the topology", () => {
    const [front, cart, pay, other] = ["front", "cart", "pay", "other"].map(service);
    if (!front || !cart || !pay || !other) throw new Error("Four services.");
    const topology: TopologyEdge[] = [
      { from: front, to: cart, kind: "CALLS" },
      { from: cart, to: pay, kind: "CALLS" },
    ];
    const alerts = [
      alert("front", 1, {}, front),
      alert("cart", 2, {}, cart),
      alert("pay", 0, {}, pay),
      alert("other", 1, {}, other),
    ];
    // The front is two hops from the payment: the cart, which came last, is what joins them.
    expect(ids(alerts, topology)).toEqual(["pay front cart", "other"]);
    expect(ids(alerts)).toEqual(["pay", "front", "other", "cart"]);
  });

  it("follow one another soon", () => {
    const labels = { namespace: "shop", pod: "pay-1" };
    expect(ids([alert("a", 0, labels), alert("b", 9, labels), alert("c", 18, labels), alert("d", 59, labels)])).toEqual(
      ["a b c", "d"],
    );
  });

  it("are told with what they share", () => {
    const [first] = groupAlerts(
      [
        alert("b", 1, { pod: "pay-1", alertname: "B", cluster: "eu" }, service("pay")),
        alert("a", 0, { pod: "pay-1", alertname: "A", cluster: "eu" }, service("pay")),
      ],
      [],
    );
    expect(first).toMatchObject({
      id: "a",
      startsAt: 0,
      labels: { pod: "pay-1", cluster: "eu" },
      entities: [service("pay")],
    });
    expect(Object.keys(first?.labels ?? {})).not.toContain("alertname");
  });

  it("are none of none, and many in no time", () => {
    expect(groupAlerts([], [])).toEqual([]);
    const many = Array.from({ length: 3_000 }, (_, at) =>
      alert(`${at}`, at / 100, { pod: `p${at % 300}`, zone: `z${at % 300}` }),
    );
    const started = performance.now();
    expect(groupAlerts(many, []).length).toBe(300);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
