import { describe, expect, it } from "vitest";
import type { GpuPool } from "../../shared/upstreams/kubernetes/gpu-pools.ts";
import type { DeviceReading } from "./device.mapper.ts";
import type { NodeResources } from "./kube-state.mapper.ts";
import { factsByKubernetes, factsByMetrics, type NodeFacts } from "./node-facts.plan.ts";

type Seen = Pick<DeviceReading, "instances">[];
const whole = (count: number): Seen => Array.from({ length: count }, () => ({ instances: [] }));
const divided = (count: number, parts: number): Seen =>
  Array.from({ length: count }, () => ({
    instances: Array.from({ length: parts }, (_, id) => ({ id, profile: null, values: {}, pods: [] })),
  }));
const resources = (capacity: Record<string, number>, labels: Record<string, string> | null = null): NodeResources => ({
  capacity,
  requested: 0,
  labels,
});
const GPU = "nvidia.com/gpu";
const pool = (products: number): GpuPool => ({
  driver: "gpu.nvidia.com",
  name: "n",
  vendor: "NVIDIA",
  node: "n",
  products: Array.from({ length: products }, () => "NVIDIA H100"),
  devices: [],
});

describe("what kube-state-metrics tells of a node", () => {
  it.each<[string, Seen, NodeResources | undefined, Partial<NodeFacts> | null]>([
    ["as many GPUs as are seen", whole(8), resources({ nvidia_com_gpu: 8 }), { expected: 8, sharing: "WHOLE" }],
    ["as many parts as are seen", divided(2, 7), resources({ nvidia_com_mig_1g_10gb: 14 }), { expected: 2 }],
    ["more than are seen: missing, or shared?", whole(7), resources({ nvidia_com_gpu: 8 }), null],
    ["nothing of its GPUs", whole(8), resources({}), null],
    ["nothing at all", whole(8), undefined, null],
    [
      "with labels, that they are shared",
      whole(4),
      resources(
        { nvidia_com_gpu: 16 },
        { nvidia_com_gpu_count: "4", nvidia_com_gpu_replicas: "4", nvidia_com_gpu_sharing_strategy: "time-slicing" },
      ),
      { expected: 4, sharing: "TIME_SLICED" },
    ],
    [
      "with labels, that one is missing",
      whole(3),
      resources({ nvidia_com_gpu: 3 }, { nvidia_com_gpu_count: "4", nvidia_com_gpu_replicas: "1" }),
      { expected: 4, sharing: "WHOLE" },
    ],
    ["AMD's", whole(8), resources({ amd_com_gpu: 8 }), { expected: 8 }],
  ])("is enough or not: %s", (_, seen, told, facts) => {
    const found = factsByMetrics(seen, told);
    if (facts === null) expect(found).toBeNull();
    else expect(found).toMatchObject(facts);
  });
});

describe("what Kubernetes has of a node", () => {
  const labels = (more: Record<string, string> = {}) => ({ [`${GPU}.count`]: "4", [`${GPU}.replicas`]: "1", ...more });
  it.each<[string, Seen, Record<string, string>, Record<string, string>, GpuPool[], Partial<NodeFacts>]>([
    ["GPUs", whole(3), { [GPU]: "4" }, labels(), [], { expected: 4, sharing: "WHOLE", reason: null }],
    [
      "GPUs without labels",
      whole(3),
      { [GPU]: "4" },
      {},
      [],
      { expected: 4, sharing: null, reason: expect.any(String) },
    ],
    [
      "GPUs in turns, under another name",
      whole(4),
      { [GPU]: "0", [`${GPU}.shared`]: "16" },
      labels({ [`${GPU}.replicas`]: "4", [`${GPU}.sharing-strategy`]: "mps" }),
      [],
      { expected: 4, sharing: "MPS" },
    ],
    ["mixed parts", divided(4, 2), { "nvidia.com/mig-3g.40gb": "8" }, labels(), [], { expected: 4 }],
    [
      "parts that are all alike, as many as are seen",
      divided(2, 7),
      { [GPU]: "14" },
      labels({ [`${GPU}.count`]: "14", [`${GPU}.product`]: "NVIDIA-A100-SXM4-80GB-MIG-1g.10gb" }),
      [],
      { expected: 2 },
    ],
    [
      "parts that are all alike, and not all seen",
      divided(1, 7),
      { [GPU]: "14" },
      labels({ [`${GPU}.count`]: "14", [`${GPU}.product`]: "NVIDIA-A100-SXM4-80GB-MIG-1g.10gb" }),
      [],
      { expected: null, reason: "The node offers 14 parts of GPUs, and 7 are seen." },
    ],
    ["GPUs that a driver offers", whole(7), {}, {}, [pool(8)], { expected: 8, sharing: "WHOLE" }],
    [
      "none",
      whole(1),
      { cpu: "8" },
      {},
      [],
      { expected: null, reason: "The node's capacity and labels tell of no GPUs." },
    ],
  ])("is %s", (_, seen, capacity, given, pools, facts) => {
    expect(factsByKubernetes(seen, { capacity, labels: given }, pools)).toMatchObject(facts);
  });

  it("is nothing where there is no such node", () => {
    expect(factsByKubernetes(whole(1), undefined, [])).toEqual({
      expected: null,
      sharing: null,
      reason: "Kubernetes has no such node.",
    });
  });
});
