import { expect, it } from "vitest";
import { clusterSpec } from "../../catalogue.ts";
import { failingPod } from "../incidents.ts";
import { startedAt } from "../lifecycle.ts";
import { buildWorld, type World } from "../world.ts";
import type { LogLine } from "./line.ts";

const AT = Date.UTC(2026, 10, 23, 14) / 1000;
const worlds = [0, 2, 3, 4].map((index) => buildWorld(clusterSpec(1, index)));

function linesOf(world: World, wanted: Readonly<Record<string, string>>, from: number, to: number): LogLine[] {
  return world.logs.streams
    .filter(({ labels }) => Object.entries(wanted).every(([name, value]) => labels[name] === value))
    .flatMap((stream) => world.logs.lines(stream, from, to));
}

it("have the same lines whatever window they are asked for in, each within it", () => {
  for (const world of worlds) {
    for (const stream of world.logs.streams) {
      const whole = world.logs.lines(stream, AT - 600, AT);
      const parts = [0, 1, 2, 3, 4, 5].flatMap((i) => world.logs.lines(stream, AT - 600 + i * 100, AT - 500 + i * 100));
      expect(parts.map(({ ns, text }) => [ns, text])).toEqual(whole.map(({ ns, text }) => [ns, text]));
      for (const { ns } of whole)
        expect(ns >= BigInt(AT - 600) * 1_000_000_000n && ns < BigInt(AT) * 1_000_000_000n).toBe(true);
    }
  }
});

it("are of pods and nodes that exist, each stream once", () => {
  for (const { inventory, logs } of worlds) {
    expect(new Set(logs.streams.map(({ labels }) => JSON.stringify(labels))).size).toBe(logs.streams.length);
    for (const { labels } of logs.streams) {
      const { namespace, pod, node } = labels;
      expect(inventory.nodes.map(({ name }) => name)).toContain(node);
      if (pod === undefined) expect(labels["job"]).toBe("systemd-journal");
      else expect(inventory.pods.some((one) => one.name === pod && one.namespace === namespace)).toBe(true);
    }
  }
});

it("name traces that the cluster's Tempo has, with the span", () => {
  for (const world of worlds) {
    let named = 0;
    for (const { metadata, text } of linesOf(world, {}, AT - 300, AT)) {
      const id = metadata["trace_id"];
      if (id === undefined) continue;
      named++;
      expect(text).toContain(id);
      expect(world.traces.find(id)?.spans.map((span) => span.id)).toContain(metadata["span_id"]);
    }
    expect(named).toBeGreaterThan(10);
  }
});

it("are JSON, logfmt, klog and plain text, as their workloads write", () => {
  const [hub] = worlds;
  if (hub === undefined) throw new Error("there is no hub");
  const first = (app: string) => linesOf(hub, { app, container: app }, AT - 300, AT)[0]?.text ?? "";
  expect(JSON.parse(first("checkout"))).toMatchObject({ level: expect.any(String) as string });
  expect(first("payment-worker")).toMatch(/^ts=\S+ level=\w+ msg=/);
  expect(first("kube-apiserver")).toMatch(/^[IWE]\d{4} \d\d:\d\d:\d\d\.\d{6} +1 controller\.go:\d+] "/);
  expect(first("kafka")).toMatch(/^\S+ \[INFO] \[/);
});

it("tell of trouble: the failing pod's errors, a crash, a GPU lost, memory that ran out", () => {
  const [hub, , edge, lab] = worlds;
  if (hub === undefined || edge === undefined || lab === undefined) throw new Error("a world is missing");
  const failing = failingPod(hub.inventory)?.name ?? "";
  const errors = linesOf(hub, { pod: failing }, AT - 300, AT).filter(({ level }) => level === "error");
  expect(errors.length).toBeGreaterThan(10);
  expect(errors.some(({ metadata }) => metadata["trace_id"] !== undefined)).toBe(true);

  const crash = linesOf(edge, { app: "smf" }, AT - 400, AT).find(({ text }) => text.includes("fatal"));
  expect(crash?.text).toContain("\n\tat smf.");

  const xid = linesOf(lab, { unit: "kernel" }, AT - 900, AT).map(({ text }) => text);
  // One that no exporter tells.
  expect(xid.filter((text) => / 62, pid=\d+, name=python3/.test(text))).toHaveLength(1);
  expect(xid.join("\n")).toMatch(/NVRM: Xid \(PCI:0000:[0-9a-f]{2}:00\): 79, .*fallen off the bus/);

  const leaking = hub.inventory.pods.find(({ fate }) => fate === "leaking");
  const started = leaking === undefined ? AT : startedAt(leaking.life, AT);
  const killed = linesOf(hub, { unit: "kernel", node: leaking?.node?.name ?? "" }, started - 5, started + 5);
  expect(killed.map(({ text }) => text).join()).toContain("Memory cgroup out of memory: Killed process");
});

it("go on with what an alert by hand is about", () => {
  const world = buildWorld(clusterSpec(1, 2));
  const pod = world.inventory.pods.find(({ workload }) => workload === "orders-db")?.name ?? "";
  const errors = () => linesOf(world, { pod }, AT - 120, AT).filter(({ level }) => level === "error");
  expect(errors()).toEqual([]);
  world.alerts.set("DatabaseSlow", "firing", AT, { namespace: "data", pod });
  expect(errors().length).toBeGreaterThan(5);
});
