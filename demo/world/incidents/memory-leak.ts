import type { FailureText, WorldPod } from "../inventory.ts";
import { stateSince } from "../presence.ts";
import { mix, unit } from "../random.ts";
import { agedBy } from "../spell.ts";
import { during, type Effect, every, type Maker, secondsOf } from "./effect.ts";
import { callersOf, firstOf } from "./services.ts";

/** It takes so long from a start to the limit. */
const FILL_SECONDS = 240;
const DOWN_SECONDS = 6;
const REFUSED: FailureText = ["ConnectError", "read tcp: connection reset by peer"];

/** A pod that grows to its memory limit, is killed there, and begins again. */
export const memoryLeak: Maker = ({ inventory, period }): Effect | undefined => {
  const usual = firstOf(inventory, "catalog", "collector")?.[0];
  if (usual === undefined) return undefined;
  const { namespace, name, workload } = usual;
  const pod: WorldPod = {
    ...usual,
    illness: "leaking",
    life: { ...usual.life, ill: { ...period, every: FILL_SECONDS } },
  };
  const [container] = pod.containers;
  const base = (container?.memory.base ?? 0) / (container?.memoryLimit ?? 1);
  const filled = (t: number) => (t - stateSince(pod, t)) / FILL_SECONDS;
  const near = agedBy(((0.9 - base) / (1 - base)) * FILL_SECONDS, (t) => stateSince(pod, t));
  const labels = { namespace, pod: name, container: workload };
  const callers = callersOf(workload);
  return {
    cause: { kind: "POD", namespace, name },
    alerts: [
      { name: "ContainerOOMKilledAgain", subjects: [during(period, 2 * FILL_SECONDS, labels, 2)] },
      { name: "KubePodCrashLooping", subjects: [during(period, 2 * FILL_SECONDS, labels, 900 / FILL_SECONDS)] },
      {
        name: "ContainerMemoryNearLimit",
        subjects: [
          {
            labels,
            spell: (t) => (t >= period.from && t < period.to ? near(t) : undefined),
            value: (t) => base + (1 - base) * filled(t),
          },
        ],
      },
    ],
    pods: (pods) =>
      pods.map((each) =>
        each.name === name && each.namespace === namespace
          ? { ...each, illness: pod.illness ?? each.fate, life: pod.life }
          : each,
      ),
    // What it does not free, its collector walks through.
    bend: (metric, { namespace: of, pod: about, container: within }, at) =>
      metric === "container_cpu_usage_seconds_total" && of === namespace && about === name && within === container?.name
        ? (t) => (at(t) ?? 0) + 0.8 * secondsOf(period, stateSince(pod, t), t)
        : undefined,
    traffic: (each) =>
      each.name === name
        ? { failed: 0.04, slow: 0.3 }
        : callers.has(each.workload)
          ? { failed: 0.01, slow: 0.1 }
          : undefined,
    influence: (each, t, seed) => {
      if (each.name !== name) return undefined;
      if (t - period.from > FILL_SECONDS && t - stateSince(pod, t) < DOWN_SECONDS) return { refused: REFUSED };
      return { work: Math.round(Math.max(0, filled(t) - 0.4) * (0.5 + unit(seed, 22)) * 1_500_000) };
    },
    lines: (each, stretch) =>
      each.name !== name
        ? []
        : every(12, period, stretch, (t, i) => {
            const full = filled(t);
            return {
              seed: mix(pod.seed, i),
              level: full > 0.8 ? "error" : full > 0.4 ? "warn" : "info",
              message:
                full > 0.8
                  ? "heap is nearly exhausted"
                  : full > 0.4
                    ? "garbage collection pause exceeds its target"
                    : "garbage collection finished",
              fields: { pause_ms: Math.round(20 + 600 * full), heap_pct: Math.round(100 * (base + (1 - base) * full)) },
            };
          }),
    journal: (node, unit_, stretch) =>
      unit_ !== "kernel" || node !== pod.node
        ? []
        : every(FILL_SECONDS, period, stretch, (_t, i) => {
            const seed = mix(pod.seed, 900 + i);
            const message = `Memory cgroup out of memory: Killed process ${1000 + (seed % 30_000)} (${workload}) total-vm:${container?.memoryLimit ?? 0}B, UID:1000`;
            return { seed, level: "error", message };
          }).filter(({ at }) => at > period.from * 1e6),
  };
};
