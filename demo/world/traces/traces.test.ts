import { expect, it } from "vitest";
import { clusterSpec } from "../../catalogue.ts";
import { buildWorld, type World } from "../world.ts";

const AT = Date.UTC(2026, 5, 15, 14) / 1000;

/** Clusters that are neighbours as in a fleet. */
function pair(): [World, World] {
  const caller: World = buildWorld(clusterSpec(1, 0), undefined, () => ({ callee }));
  const callee: World = buildWorld(clusterSpec(1, 1), undefined, () => ({ caller }));
  return [caller, callee];
}

it("are found by their ids, whoever builds the world, and no other ids are", () => {
  const [caller, callee] = pair();
  const [again, other] = pair();
  for (const [world, same] of [
    [caller, again],
    [callee, other],
  ] as const) {
    const traces = world.traces.between(AT - 3600, AT);
    expect(traces.length).toBeGreaterThan(300);
    expect(new Set(traces.map(({ id }) => id)).size).toBe(traces.length);
    for (const trace of traces) {
      expect(trace.id).toMatch(/^[0-9a-f]{32}$/);
      const found = same.traces.find(trace.id);
      expect(found?.spans.map(({ id, start, duration }) => [id, start, duration])).toEqual(
        trace.spans.map(({ id, start, duration }) => [id, start, duration]),
      );
      expect(same.traces.find(trace.id.replace(/.$/, (digit) => (digit === "0" ? "1" : "0")))).toBeUndefined();
    }
    expect(traces.filter(({ id }) => id.startsWith("00")).length).toBeGreaterThan(10);
    expect(traces.filter(({ id }) => id.startsWith("0".repeat(16))).length).toBeGreaterThan(0);
  }
});

it("are the same for any window that they lie in", () => {
  const [world] = pair();
  const whole = world.traces.between(AT - 600, AT).map(({ id }) => id);
  const parts = [0, 1, 2, 3, 4].flatMap((part) =>
    world.traces.between(AT - 600 + part * 120, AT - 480 + part * 120).map(({ id }) => id),
  );
  expect(parts).toEqual(whole);
});

it("are made by pods that exist, each span within the one that caused it", () => {
  for (const world of [...pair(), ...[2, 3, 4].map((index) => buildWorld(clusterSpec(1, index)))]) {
    for (const { spans } of world.traces.between(AT - 1800, AT)) {
      const byId = new Map(spans.map((span) => [span.id, span]));
      expect(byId.size).toBe(spans.length);
      for (const span of spans) {
        expect(world.inventory.pods).toContain(span.pod);
        const parent = byId.get(span.parent ?? "");
        if (parent === undefined) continue;
        expect(span.start).toBeGreaterThanOrEqual(parent.start);
        expect(span.start + span.duration).toBeLessThanOrEqual(parent.start + parent.duration + 2);
        // Within its own service a request stays in its pod.
        if (parent.pod.workload === span.pod.workload) expect(span.pod).toBe(parent.pod);
      }
    }
  }
});

it("cross to the neighbour, each cluster with its own part", () => {
  const [caller, callee] = pair();
  const crossing = callee.traces.between(AT - 3600, AT).filter(({ id }) => caller.traces.find(id) !== undefined);
  expect(crossing.length).toBeGreaterThan(20);
  for (const there of crossing) {
    const here = caller.traces.find(there.id);
    const ids = new Set(here?.spans.map(({ id }) => id));
    const [first] = there.spans;
    expect(first?.pod.workload).toBe("payment-api");
    expect(ids).toContain(first?.parent);
    expect(there.spans.every(({ cluster }) => cluster === "prod-east-1")).toBe(true);
    expect(here?.spans.every(({ cluster }) => cluster === "hub-eu-1")).toBe(true);
  }
});

it("fail and take long where an alert is critical, and hardly elsewhere", () => {
  const world = buildWorld(clusterSpec(1, 2));
  for (const { name } of world.alerts.rules) world.alerts.set(name, null, 0);
  const share = (test: (trace: { duration: number; failed: boolean }) => boolean) => {
    const traces = world.traces.between(AT, AT + 1800).map(({ spans }) => ({
      duration: spans[0]?.duration ?? 0,
      failed: spans[0]?.failure !== undefined,
    }));
    return traces.filter(test).length / traces.length;
  };
  expect(share(({ failed }) => failed)).toBeLessThan(0.05);
  const slow = share(({ duration }) => duration > 1_000_000);
  const pod = world.inventory.pods.find(({ workload }) => workload === "catalog");
  world.alerts.set("CatalogBroken", "firing", AT, { namespace: "shop", pod: pod?.name ?? "" });
  expect(share(({ failed }) => failed)).toBeGreaterThan(0.05);
  expect(share(({ duration }) => duration > 1_000_000)).toBeGreaterThanOrEqual(slow);
  const failed = world.traces
    .between(AT, AT + 1800)
    .flatMap(({ spans }) => spans.filter((span) => span.pod === pod && span.failure !== undefined));
  expect(failed.length).toBeGreaterThan(3);
});
