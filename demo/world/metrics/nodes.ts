import { counter, wholeCounter } from "../counter.ts";
import { strainedNode } from "../incidents.ts";
import type { Inventory, WorldNode } from "../inventory.ts";
import { startedAt } from "../lifecycle.ts";
import { between, hashText, unit } from "../random.ts";
import { level, type Rhythm } from "../rhythm.ts";
import { family, type MetricFamily } from "./family.ts";

const GIB = 1024 ** 3;

function rhythm(node: WorldNode, what: string, base: number, swing: number, noise: number): Rhythm {
  return { base, swing, noise, seed: hashText(what, node.seed), shift: between(node.seed, "shift", -2, 2) * 3600 };
}

const BUSY_SHARES = { user: 0.68, system: 0.26, iowait: 0.06 };

/** Seconds of each mode of one CPU; idle is what the others leave, so that the rates of all modes add up to one. */
export function cpuModes(node: WorldNode, cpu: number): (readonly [mode: string, at: (t: number) => number])[] {
  const share = between(node.seed, "busy", 0.18, 0.42) * (0.8 + 0.4 * unit(node.seed, cpu));
  const busy = counter(rhythm(node, `cpu/${cpu}`, share, 0.35, 0.3), node.life);
  const modes = Object.entries(BUSY_SHARES).map(([mode, part]) => [mode, (t: number) => part * busy(t)] as const);
  return [...modes, ["idle", (t) => t - startedAt(node.life, t) - busy(t)]];
}

/** What node-exporter measures on every node. */
export function nodeFamilies(inventory: Inventory): MetricFamily[] {
  const { nodes } = inventory;
  const base = (node: WorldNode) => ({ job: "node-exporter", instance: `${node.ip}:9100`, node: node.name });
  const gauge = (what: string, baseOf: (node: WorldNode) => number, swing: number, noise: number) =>
    nodes.map((node) => {
      const load = rhythm(node, what, baseOf(node), swing, noise);
      return [base(node), (t: number) => level(load, t)] as const;
    });
  const strained = strainedNode(inventory);
  const used = (node: WorldNode) => node.memory * (node === strained ? 1.15 : between(node.seed, "memory", 0.35, 0.65));
  const disk = (node: WorldNode) => ({ ...base(node), device: "/dev/vda4", fstype: "xfs", mountpoint: "/" });
  const traffic = (what: string, bytes: number) =>
    nodes.map((node) => {
      const load = rhythm(node, what, bytes * between(node.seed, what, 0.5, 1.5), 0.4, 0.3);
      return [{ ...base(node), device: "eth0" }, wholeCounter(load, node.life)] as const;
    });
  // Pressure stall information: the share of time in which something waits.
  const waiting = (what: string, share: number) =>
    nodes.map((node) => [base(node), counter(rhythm(node, what, share, 0.2, 0.3), node.life)] as const);
  return [
    family(
      "node_pressure_cpu_waiting_seconds_total",
      "counter",
      "Total time in seconds that processes have waited for CPU time",
      () => waiting("cpu-waiting", 0.03),
    ),
    family(
      "node_pressure_memory_waiting_seconds_total",
      "counter",
      "Total time in seconds that processes have waited for memory",
      () => waiting("memory-waiting", 0.002),
    ),
    family("node_vmstat_pgmajfault", "counter", "/proc/vmstat information field pgmajfault.", () =>
      nodes.map((node) => [base(node), wholeCounter(rhythm(node, "faults", 2, 0.2, 0.4), node.life)]),
    ),
    family("node_netstat_Tcp_RetransSegs", "counter", "Statistic TcpRetransSegs.", () =>
      nodes.map((node) => [base(node), wholeCounter(rhythm(node, "retransmits", 0.8, 0.3, 0.4), node.life)]),
    ),
    family("node_cpu_seconds_total", "counter", "Seconds the CPUs spent in each mode.", () =>
      nodes.flatMap((node) =>
        Array.from({ length: node.cpus }, (_, cpu) =>
          cpuModes(node, cpu).map(([mode, at]) => [{ ...base(node), cpu: String(cpu), mode }, at] as const),
        ).flat(),
      ),
    ),
    family("node_memory_MemTotal_bytes", "gauge", "Memory information field MemTotal_bytes.", () =>
      nodes.map((node) => [base(node), () => node.memory]),
    ),
    family("node_memory_MemAvailable_bytes", "gauge", "Memory information field MemAvailable_bytes.", () =>
      gauge("memory", used, 0.15, 0.05).map(([labels, at], i) => [
        labels,
        (t) => Math.floor(Math.max((nodes[i]?.memory ?? 0) - at(t), 0.06 * (nodes[i]?.memory ?? 0))),
      ]),
    ),
    family("node_load1", "gauge", "1m load average.", () => gauge("load", (node) => node.cpus * 0.3, 0.35, 0.4)),
    family("node_filesystem_size_bytes", "gauge", "Filesystem size in bytes.", () =>
      nodes.map((node) => [disk(node), () => 240 * GIB]),
    ),
    family("node_filesystem_avail_bytes", "gauge", "Filesystem space available to non-root users in bytes.", () =>
      gauge("disk", (node) => between(node.seed, "disk", 80, 190) * GIB, 0.02, 0.01).map(([labels, at]) => [
        { ...labels, device: "/dev/vda4", fstype: "xfs", mountpoint: "/" },
        (t) => Math.floor(at(t)),
      ]),
    ),
    family("node_network_receive_bytes_total", "counter", "Network device statistic receive_bytes.", () =>
      traffic("receive", 9_000_000),
    ),
    family("node_network_transmit_bytes_total", "counter", "Network device statistic transmit_bytes.", () =>
      traffic("transmit", 7_000_000),
    ),
    family("node_boot_time_seconds", "gauge", "Node boot time, in unixtime.", () =>
      nodes.map((node) => [base(node), (t) => startedAt(node.life, t)]),
    ),
  ];
}
