import type { GpuModel } from "../catalogue.ts";
import type { Inventory, WorldNode, WorldPod } from "./inventory.ts";
import { between, hashText, hex, uuid } from "./random.ts";
import type { Rhythm } from "./rhythm.ts";

/** A GPU of a node, and the pod it is given to, if any. */
export interface WorldGpu {
  readonly node: WorldNode;
  readonly index: number;
  readonly uuid: string;
  readonly model: GpuModel;
  readonly pciBusId: string;
  readonly pod?: WorldPod;
  /** Per cent busy. */
  readonly utilisation: Rhythm;
  /** MiB of frame buffer in use. */
  readonly used: Rhythm;
}

/** What is fixed per model: frame buffer in MiB, watts when idle and per per cent of utilisation, NVIDIA's labels. */
export const GPU_MODELS: Readonly<
  Record<GpuModel, { memory: number; idle: number; perCent: number; label: string; family: string; compute: string }>
> = {
  "NVIDIA A100-SXM4-80GB": {
    memory: 81_920,
    idle: 60,
    perCent: 3.2,
    label: "NVIDIA-A100-SXM4-80GB",
    family: "ampere",
    compute: "8.0",
  },
  "NVIDIA H100 80GB HBM3": {
    memory: 81_559,
    idle: 72,
    perCent: 5.8,
    label: "NVIDIA-H100-80GB-HBM3",
    family: "hopper",
    compute: "9.0",
  },
  "NVIDIA L40S": {
    memory: 46_068,
    idle: 36,
    perCent: 2.9,
    label: "NVIDIA-L40S",
    family: "ada-lovelace",
    compute: "8.9",
  },
};

function utilisationOf(pod: WorldPod | undefined, seed: number): Rhythm {
  const shift = between(seed, "shift", -2, 2) * 3600;
  if (pod === undefined) return { base: 0, swing: 0, shift, noise: 0, seed };
  // Serving follows its users' day, training is busy around the clock; neither reaches 100, which would be clipped.
  if (pod.namespace === "ai-serving") return { base: 48, swing: 0.5, shift, noise: 0.3, seed };
  return { base: 88, swing: 0.01, shift, noise: 0.1, seed };
}

/** The GPUs of a cluster, those of each node given to its pods in order. */
export function gpusOf(inventory: Inventory): WorldGpu[] {
  return inventory.nodes.flatMap((node) => {
    const { gpu } = node;
    if (gpu === undefined) return [];
    const owners = inventory.pods.flatMap((pod) =>
      pod.node === node ? Array.from({ length: pod.gpus }, () => pod) : [],
    );
    return Array.from({ length: gpu.count }, (_, index) => {
      const seed = hashText(`gpu/${index}`, node.seed);
      const pod = owners[index];
      const used = pod === undefined ? 4 : GPU_MODELS[gpu.model].memory * between(seed, "used", 0.55, 0.9);
      return {
        node,
        index,
        model: gpu.model,
        uuid: `GPU-${uuid(seed, "uuid")}`,
        pciBusId: `00000000:${hex(seed, "pci", 2).toUpperCase()}:00.0`,
        ...(pod === undefined ? {} : { pod }),
        utilisation: utilisationOf(pod, seed),
        used: { base: used, swing: 0.03, shift: 0, noise: pod === undefined ? 0 : 0.03, seed: seed + 2 },
      };
    });
  });
}
