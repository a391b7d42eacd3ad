import type { GpuModel } from "../catalogue.ts";
import type { Inventory, WorldNode, WorldPod } from "./inventory.ts";
import { between, hashText, hex, uuid } from "./random.ts";
import type { Rhythm } from "./rhythm.ts";

/** A part of a GPU that is divided, and the pod it is given to, if any. */
export interface WorldGpuPart {
  readonly id: number;
  readonly profile: string;
  readonly uuid: string;
  /** MiB of frame buffer. */
  readonly memory: number;
  readonly pod?: WorldPod;
  /** Per cent busy. */
  readonly utilisation: Rhythm;
  /** MiB of frame buffer in use. */
  readonly used: Rhythm;
}

/** A GPU of a node, and the pod it is given to, if any. */
export interface WorldGpu {
  readonly node: WorldNode;
  readonly index: number;
  readonly uuid: string;
  readonly model: GpuModel;
  readonly pciBusId: string;
  readonly pod?: WorldPod;
  /** The pods that take turns on it. */
  readonly sharers: readonly WorldPod[];
  readonly parts: readonly WorldGpuPart[];
  /** Per cent busy. */
  readonly utilisation: Rhythm;
  /** MiB of frame buffer in use. */
  readonly used: Rhythm;
}

/** What is fixed per model: frame buffer in MiB, watts when idle and per per cent of utilisation, NVIDIA's labels. */
export const GPU_MODELS: Readonly<
  Record<
    GpuModel,
    { memory: number; idle: number; perCent: number; limit: number; label: string; family: string; compute: string }
  >
> = {
  "NVIDIA A100-SXM4-80GB": {
    memory: 81_920,
    idle: 60,
    perCent: 3.2,
    limit: 400,
    label: "NVIDIA-A100-SXM4-80GB",
    family: "ampere",
    compute: "8.0",
  },
  "NVIDIA H100 80GB HBM3": {
    memory: 81_559,
    idle: 72,
    perCent: 5.8,
    limit: 700,
    label: "NVIDIA-H100-80GB-HBM3",
    family: "hopper",
    compute: "9.0",
  },
  "NVIDIA L40S": {
    memory: 46_068,
    idle: 36,
    perCent: 2.9,
    limit: 350,
    label: "NVIDIA-L40S",
    family: "ada-lovelace",
    compute: "8.9",
  },
};

/** How often a GPU that is shared is offered. */
export const REPLICAS = 4;
/** A GPU that is divided is in halves. */
const PROFILE = { name: "3g.40gb", memory: 40_448, each: 2 };

/** The extended resources that a node's kubelet offers of its GPUs. */
export function gpuCapacity({ gpu }: WorldNode, { spec }: Inventory): Readonly<Record<string, number>> {
  if (gpu === undefined || spec.gpu?.dra === true) return {};
  if (gpu.mode === "MIG") return { "nvidia.com/gpu": 0, [`nvidia.com/mig-${PROFILE.name}`]: gpu.count * PROFILE.each };
  return { "nvidia.com/gpu": gpu.mode === "TIME_SLICED" ? gpu.count * REPLICAS : gpu.count };
}

/** What a pod asks for of them. */
export function gpuRequest({ gpus, gpuParts, node }: WorldPod): Readonly<Record<string, number>> {
  if (gpuParts > 0 && node?.gpu?.mode === "MIG") return { [`nvidia.com/mig-${PROFILE.name}`]: gpuParts };
  return gpus + gpuParts > 0 ? { "nvidia.com/gpu": gpus + gpuParts } : {};
}

function utilisationOf(pod: WorldPod | undefined, seed: number): Rhythm {
  const shift = between(seed, "shift", -2, 2) * 3600;
  if (pod === undefined || pod.workload === "notebook") return { base: 0, swing: 0, shift, noise: 0, seed };
  // Serving follows its users' day, training is busy around the clock; neither reaches 100, which would be clipped.
  if (pod.namespace === "ai-serving") return { base: 48, swing: 0.5, shift, noise: 0.3, seed };
  return { base: 88, swing: 0.01, shift, noise: 0.1, seed };
}

function usedOf(pod: WorldPod | undefined, memory: number, seed: number): Rhythm {
  const base = pod === undefined ? 4 : memory * between(seed, "used", 0.55, 0.9);
  return { base, swing: 0.03, shift: 0, noise: pod === undefined ? 0 : 0.03, seed: seed + 2 };
}

function partsOf(seed: number, owners: readonly (WorldPod | undefined)[]): WorldGpuPart[] {
  return owners.map((pod, place) => {
    const id = place + 1;
    const own = hashText(`part/${id}`, seed);
    return {
      id,
      profile: PROFILE.name,
      uuid: `MIG-${uuid(own, "uuid")}`,
      memory: PROFILE.memory,
      ...(pod === undefined ? {} : { pod }),
      utilisation: utilisationOf(pod, own),
      used: usedOf(pod, PROFILE.memory, own),
    };
  });
}

/** The GPUs of a cluster, those of each node given to its pods in order, and what is given in parts in turn. */
export function gpusOf(inventory: Inventory): WorldGpu[] {
  return inventory.nodes.flatMap((node) => {
    const { gpu } = node;
    if (gpu === undefined) return [];
    const here = inventory.pods.filter((pod) => pod.node === node);
    const owners = here.flatMap((pod) => Array.from({ length: pod.gpus }, () => pod));
    const users = here.flatMap((pod) => Array.from({ length: pod.gpuParts }, () => pod));
    return Array.from({ length: gpu.count }, (_, index) => {
      const seed = hashText(`gpu/${index}`, node.seed);
      const pod = owners[index];
      const given = users.filter((_user, turn) => turn % gpu.count === index);
      const halves = Array.from({ length: PROFILE.each }, (_half, place) => given[place]);
      const busy = pod ?? given[0];
      return {
        node,
        index,
        model: gpu.model,
        uuid: `GPU-${uuid(seed, "uuid")}`,
        pciBusId: `00000000:${hex(seed, "pci", 2).toUpperCase()}:00.0`,
        ...(pod === undefined ? {} : { pod }),
        sharers: gpu.mode === "TIME_SLICED" ? given : [],
        parts: gpu.mode === "MIG" ? partsOf(seed, halves) : [],
        utilisation: utilisationOf(busy, seed),
        used: usedOf(busy, GPU_MODELS[gpu.model].memory, seed),
      };
    });
  });
}

/**
 * The pod that a GPU's exporter tells of. Where claims give GPUs out, the first node's is of a version that knows nothing of them yet:
 * there, whose a GPU is, only the API server can tell.
 */
export const toldPod = ({ spec }: Inventory, { pod, node }: WorldGpu): WorldPod | undefined =>
  spec.gpu?.dra === true && node.gpu?.mode === "WHOLE" ? undefined : pod;

/** GPUs that have fallen off the bus, by UUID: nobody measures them any more, and Kubernetes still counts on them. */
export class LostGpus {
  readonly #lost: Set<string>;

  /** In a lab nobody comes to mend one that no pod misses. */
  constructor(inventory: Inventory) {
    const lab = inventory.spec.environment === "LAB" ? gpusOf(inventory) : [];
    const unused = lab.filter(({ pod, node }) => pod === undefined && node.gpu?.mode === "WHOLE").at(-1);
    this.#lost = new Set(unused ? [unused.uuid] : []);
  }

  has(gpu: string): boolean {
    return this.#lost.has(gpu);
  }

  set(gpu: string, lost: boolean): void {
    if (lost) this.#lost.add(gpu);
    else this.#lost.delete(gpu);
  }
}
