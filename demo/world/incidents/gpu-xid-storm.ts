import { gpusOf, type WorldGpu } from "../gpus.ts";
import { failingGpu, hotGpu } from "../incidents.ts";
import type { FailureText, Inventory } from "../inventory.ts";
import { gpuLabels, xidLabels } from "../metrics/gpu.ts";
import { answersAt, mayRun } from "../presence.ts";
import { mix } from "../random.ts";
import { during, type Effect, every, type Maker } from "./effect.ts";
import { callersOf } from "./services.ts";

/** A double bit error in the GPU's memory. */
const DOUBLE_BIT = 48;
const RESTART_SECONDS = 120;
const KERNEL_SECONDS = 20;
const FAILURE: FailureText = ["torch.AcceleratorError", "CUDA error: uncorrectable ECC error encountered"];
const REFUSED: FailureText = ["ConnectError", "dial tcp: connect: connection refused"];

/** One that nothing is wrong with, if there is one, and best one that answers requests. */
function victimOf(inventory: Inventory): WorldGpu | undefined {
  const used = gpusOf(inventory).filter(({ pod }) => pod !== undefined && mayRun(pod));
  const ill = [failingGpu(inventory)?.uuid, hotGpu(inventory)?.uuid];
  const well = used.filter(({ uuid }) => !ill.includes(uuid));
  return well.find(({ pod }) => pod?.workload === "llm-inference") ?? well[0] ?? used[0];
}

/** A GPU whose memory fails again and again, and its pod with it. */
export const gpuXidStorm: Maker = ({ inventory, period }): Effect | undefined => {
  const gpu = victimOf(inventory);
  if (gpu?.pod === undefined) return undefined;
  const { pod: usual, node, uuid } = gpu;
  const { namespace, name } = usual;
  const pod = {
    ...usual,
    illness: "crashing" as const,
    failure: FAILURE,
    life: { ...usual.life, ill: { ...period, every: RESTART_SECONDS } },
  };
  const bus = gpu.pciBusId.replace("00000000", "0000").replace(/\.0$/, "").toLowerCase();
  const on = (t: number) => t >= period.from && t < period.to;
  const callers = callersOf(usual.workload);
  return {
    cause: { kind: "GPU", namespace: null, name: uuid },
    alerts: [
      { name: "GPUXIDErrors", subjects: [during(period, 0, xidLabels(inventory, gpu), DOUBLE_BIT)] },
      {
        name: "KubePodCrashLooping",
        subjects: [
          during(
            period,
            2 * RESTART_SECONDS + 15,
            { namespace, pod: name, container: usual.workload },
            900 / RESTART_SECONDS,
          ),
        ],
      },
    ],
    pods: (pods) =>
      pods.map((each) =>
        each.name === name && each.namespace === namespace
          ? { ...each, illness: pod.illness, failure: FAILURE, life: pod.life }
          : each,
      ),
    bend: (metric, labels, at) => {
      if (labels["UUID"] !== uuid) return undefined;
      if (metric === "DCGM_FI_DEV_XID_ERRORS") return (t) => (on(t) ? DOUBLE_BIT : at(t));
      if (metric === "DCGM_FI_DEV_GPU_UTIL" || metric === "DCGM_FI_PROF_GR_ENGINE_ACTIVE") {
        return (t) => (on(t) && !answersAt(pod, t) ? 0 : at(t));
      }
      return undefined;
    },
    series: (metric) => {
      if (metric !== "DCGM_EXP_XID_ERRORS_COUNT") return [];
      const more = { __name__: metric, window_size_in_ms: "300000", xid: String(DOUBLE_BIT) };
      const counted = (t: number) => Math.min(15, Math.ceil((t - period.from) / KERNEL_SECONDS) + 1);
      return [{ labels: gpuLabels(inventory, gpu, { more }), at: (t) => (on(t) ? counted(t) : undefined) }];
    },
    traffic: ({ workload }) => (callers.has(workload) ? { failed: 0.4 } : undefined),
    influence: (each, t) => {
      if (each.name !== name || each.namespace !== namespace) return undefined;
      return answersAt(pod, t) ? { failure: FAILURE } : { refused: REFUSED };
    },
    lines: (each, stretch) =>
      each.name === name && each.namespace === namespace
        ? every(8, period, stretch, (_t, i) => ({
            seed: mix(pod.seed, i),
            level: "error",
            message: `${FAILURE[0]}: ${FAILURE[1]} (device ${gpu.index}, cudaErrorECCUncorrectable)`,
          }))
        : [],
    journal: (each, unit, stretch) =>
      unit === "kernel" && each.name === node.name
        ? every(KERNEL_SECONDS, period, stretch, (_t, i) => ({
            seed: mix(node.seed, i),
            level: "error",
            message: `NVRM: Xid (PCI:${bus}): ${DOUBLE_BIT}, pid=${1000 + (pod.seed % 30_000)}, name=python3, DBE (double bit error) ECC Error detected`,
          }))
        : [],
  };
};
