import { describe, expect, it } from "vitest";
import { queryInstant } from "../../../promql/query.ts";
import { dropLabels, labelsKey } from "../../../promql/values.ts";
import { clusterSpec } from "../../catalogue.ts";
import { sampleSource } from "../samples.ts";
import { buildWorld, type World } from "../world.ts";
import { type ActiveAlert, stateOf } from "./rule.ts";

const AT = Date.UTC(2026, 5, 15, 14) / 1000;
const DAY = 86_400;
const worldOf = (index: number) => buildWorld(clusterSpec(1, index));
const named = (world: World, name: string, t: number) =>
  world.alerts.active(t).filter(({ rule }) => rule.name === name);
const shown = (alerts: readonly ActiveAlert[]) => alerts.map((alert) => [alert.labels["alertname"], stateOf(alert)]);

describe("scheduled alerts", () => {
  // A prediction that never comes true has no series behind it.
  const untold = new Set(["NodeFilesystemSpaceFillingUp"]);

  it.each([0, 1, 2, 3, 4, 5])("are those that the rules' queries find, on cluster %i", (index) => {
    const world = worldOf(index);
    // Through the day, but not where a rate still remembers what is over.
    for (const hours of [0, 3.4, 7.2, 13.1, 20.6]) {
      const t = Math.floor(AT + hours * 3600);
      const source = sampleSource(world, t * 1000);
      for (const rule of world.alerts.rules.filter(({ name }) => !untold.has(name))) {
        const { data } = queryInstant(rule.query, t * 1000, source, { timeout: 10_000 });
        if (data.resultType !== "vector") throw new Error(`${rule.query} is no vector`);
        const found = data.result.map(({ metric }) => ({
          ...dropLabels(metric, ["__name__"]),
          ...rule.labels,
          alertname: rule.name,
        }));
        const active = named(world, rule.name, t).map(({ labels }) => labels);
        expect(new Set(active.map((labels) => labelsKey(labels)))).toEqual(
          new Set(found.map((labels) => labelsKey(labels))),
        );
      }
    }
  });

  it("are at any time a critical one about a pod of the first cluster, a pending and an informative one", () => {
    const world = worldOf(0);
    for (let t = AT; t < AT + 15 * DAY; t += 3571) {
      const alerts = world.alerts.active(t);
      const critical = alerts.find(({ labels, firedAt }) => labels["severity"] === "critical" && firedAt !== undefined);
      const pod = world.inventory.pods.find(({ name }) => name === critical?.labels["pod"]);
      expect(pod?.namespace).toBe(critical?.labels["namespace"]);
      expect(alerts.some((alert) => stateOf(alert) === "pending")).toBe(true);
      expect(alerts.some(({ labels }) => labels["severity"] === "info")).toBe(true);
      for (const { activeAt, firedAt } of alerts) {
        expect(activeAt).toBeLessThanOrEqual(t);
        expect(firedAt ?? t).toBeLessThanOrEqual(t);
      }
    }
  });

  it("keep their beginning while they last", () => {
    const world = worldOf(1);
    const [first] = named(world, "CheckoutErrorRateHigh", AT);
    for (let t = AT; t < AT + 6 * 3600; t += 600) {
      expect(named(world, "CheckoutErrorRateHigh", t)[0]).toMatchObject({ activeAt: first?.activeAt });
    }
  });
});

describe("alerts by hand", () => {
  it("fire as they are told, and are resolved", () => {
    const world = worldOf(2);
    world.alerts.set("CheckoutErrorRateHigh", "firing", AT);
    expect(named(world, "CheckoutErrorRateHigh", AT - 200)).toEqual([]);
    expect(shown(named(world, "CheckoutErrorRateHigh", AT - 100))).toEqual(
      Array.from({ length: 3 }, () => ["CheckoutErrorRateHigh", "pending"]),
    );
    expect(shown(named(world, "CheckoutErrorRateHigh", AT))).toEqual(
      Array.from({ length: 3 }, () => ["CheckoutErrorRateHigh", "firing"]),
    );
    world.alerts.set("CheckoutErrorRateHigh", null, AT + 60);
    expect(named(world, "CheckoutErrorRateHigh", AT + 59)).toHaveLength(3);
    expect(named(world, "CheckoutErrorRateHigh", AT + 60)).toEqual([]);
  });

  it("stand in the rule's place, and may have labels and names of their own", () => {
    const world = worldOf(0);
    const [pod] = world.inventory.pods.filter(({ workload }) => workload === "cart");
    const labels = { namespace: "shop", pod: pod?.name ?? "", severity: "warning" };
    world.alerts.set("CartIsEmpty", "firing", AT, labels);
    expect(named(world, "CartIsEmpty", AT)).toMatchObject([{ labels: { ...labels, alertname: "CartIsEmpty" } }]);
    world.alerts.set("CartIsEmpty", "firing", AT, { ...labels, pod: "another" });
    world.alerts.set("CartIsEmpty", null, AT + 1, labels);
    expect(named(world, "CartIsEmpty", AT + 1)).toMatchObject([{ labels: { pod: "another" } }]);
    world.alerts.set("Watchdog", null, AT);
    expect(named(world, "Watchdog", AT)).toEqual([]);
    world.alerts.set("Odd", "pending", AT);
    expect(shown(named(world, "Odd", AT + 1e6))).toEqual([["Odd", "pending"]]);
  });
});

describe("the series of alerts", () => {
  const ask = (world: World, query: string, t: number) => {
    const { data } = queryInstant(query, t * 1000, sampleSource(world, t * 1000), { timeout: 10_000 });
    return data.resultType === "vector" ? data.result.map(({ metric }) => metric) : data;
  };

  it("have samples while the alert is in their state", () => {
    const world = worldOf(2);
    expect(ask(world, 'ALERTS{alertname="Watchdog"}', AT)).toEqual([
      { __name__: "ALERTS", alertname: "Watchdog", alertstate: "firing", severity: "none" },
    ]);
    world.alerts.set("Shaky", "firing", AT);
    expect(ask(world, 'ALERTS{alertname="Shaky"}', AT - 200)).toEqual([]);
    expect(ask(world, 'ALERTS{alertname="Shaky"}', AT - 30)).toMatchObject([{ alertstate: "pending" }]);
    expect(ask(world, 'ALERTS{alertname="Shaky"}', AT + 30)).toMatchObject([{ alertstate: "firing" }]);
    // Ten samples in these 150 seconds, and none before it fired.
    const { data } = queryInstant(
      'count_over_time(ALERTS{alertname="Shaky",alertstate="firing"}[1h])',
      (AT + 135) * 1000,
      sampleSource(world, (AT + 135) * 1000),
      { timeout: 10_000 },
    );
    expect(data).toMatchObject({ result: [{ value: [AT + 135, "10"] }] });
  });
});
