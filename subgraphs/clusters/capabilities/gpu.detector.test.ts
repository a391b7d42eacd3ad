import { describe, expect, it } from "vitest";
import { z } from "zod";
import { recording } from "../../../test/support/recordings.ts";
import { NodeObject } from "../../shared/upstreams/kubernetes/objects/node.ts";
import { ResourceSliceObject } from "../../shared/upstreams/kubernetes/objects/resource-slice.ts";
import { detectGpus } from "./gpu.detector.ts";
import { type Look, missing } from "./look.detector.ts";

const forbidden: Look<never> = { missed: { status: "FORBIDDEN", detail: "The API server forbids this." } };
const unreachable: Look<never> = { missed: { status: "UNREACHABLE", detail: "No complete answer within 30 s." } };
const none = missing("The API server has no group resource.k8s.io.");
const all = <T>(objects: T[], complete = true) => ({ seen: { objects, complete } });

const recordedNodes = z.object({ items: z.array(NodeObject) }).parse(recording("kubernetes-1.36", "nodes-list").answer);
const node = (name: string, capacity: Record<string, string>, labels: Record<string, string> = {}): NodeObject =>
  NodeObject.parse({ metadata: { name, labels }, status: { capacity } });

interface SliceOptions {
  driver?: string;
  node?: string | null;
  pool?: string;
  generation?: number;
  of?: number;
  version?: "v1" | "v1beta1";
}
let slices = 0;
function slice(devices: Record<string, Record<string, string>>, options: SliceOptions = {}): ResourceSliceObject {
  const { driver = "gpu.nvidia.com", node = "n", generation = 1, of = 1, version = "v1" } = options;
  return ResourceSliceObject.parse({
    metadata: { name: `slice-${slices++}` },
    spec: {
      driver,
      ...(node === null ? { allNodes: true } : { nodeName: node }),
      pool: { name: options.pool ?? node ?? "fabric", generation, resourceSliceCount: of },
      devices: Object.entries(devices).map(([name, texts]) => {
        const attributes = Object.fromEntries(Object.entries(texts).map(([key, string]) => [key, { string }]));
        const more = { ...attributes, index: { int: 0 }, driverVersion: { version: "570.1.0" } };
        return version === "v1" ? { name, attributes: more } : { name, basic: { attributes: more } };
      }),
    },
  });
}
const h100 = (uuid: string) => ({ type: "gpu", uuid, productName: "NVIDIA H100 80GB HBM3" });

describe("GPUs of nodes", () => {
  it("are counted by capacity and named by label, as recorded", () => {
    const { values, findings } = detectGpus(all(recordedNodes.items), none);
    expect(values).toEqual({
      hasGpuNodes: true,
      gpuCount: 4,
      gpuTypes: ["NVIDIA H100 80GB HBM3"],
    });
    expect(findings).toEqual([
      {
        capability: "GPU",
        status: "FOUND",
        source: "nodes: nvidia.com/gpu",
        detail: "4 NVIDIA H100 80GB HBM3 among 3 nodes.",
        counts: { "NVIDIA H100 80GB HBM3": 4 },
      },
      {
        capability: "GPU",
        status: "ABSENT",
        source: "resourceslices.resource.k8s.io",
        detail: "The API server has no group resource.k8s.io.",
      },
    ]);
  });

  const GPU = "nvidia.com/gpu";
  it.each<[string, Record<string, string>, Record<string, string>, Record<string, number>]>([
    ["NVIDIA without labels", { [GPU]: "2" }, {}, { NVIDIA: 2 }],
    [
      "AMD",
      { "amd.com/gpu": "8" },
      { "amd.com/gpu.product-name": "AMD_Instinct_MI300X_OAM" },
      { "AMD Instinct MI300X OAM": 8 },
    ],
    ["Intel Gaudi", { "habana.ai/gaudi": "8" }, {}, { "Intel Gaudi": 8 }],
    [
      "time slices",
      { [GPU]: "40" },
      { [`${GPU}.replicas`]: "10", [`${GPU}.count`]: "4", [`${GPU}.product`]: "Tesla-T4-SHARED" },
      { "Tesla T4": 4 },
    ],
    [
      "time slices under their own name",
      { [GPU]: "0", [`${GPU}.shared`]: "8" },
      { [`${GPU}.replicas`]: "4", [`${GPU}.product`]: "Tesla-T4" },
      { "Tesla T4": 2 },
    ],
    [
      "mixed partitions",
      { [GPU]: "1", "nvidia.com/mig-1g.10gb": "14", "nvidia.com/mig-3g.40gb": "2" },
      { [`${GPU}.count`]: "4", [`${GPU}.product`]: "NVIDIA-A100-SXM4-80GB" },
      { "NVIDIA A100 SXM4 80GB": 4 },
    ],
    [
      "labels alone, before anything offers them",
      { [GPU]: "0" },
      { [`${GPU}.present`]: "true", [`${GPU}.count`]: "2", [`${GPU}.product`]: "NVIDIA-L40S" },
      { "NVIDIA L40S": 2 },
    ],
    ["a nonsensical capacity", { [GPU]: "many" }, {}, {}],
    ["nothing", { cpu: "8" }, {}, {}],
  ])("%s", (_, capacity, labels, counts) => {
    const { values, findings } = detectGpus(all([node("n", capacity, labels)]), none);
    const count = Object.values(counts).reduce((sum, each) => sum + each, 0);
    expect(values).toEqual({ hasGpuNodes: count > 0, gpuCount: count, gpuTypes: Object.keys(counts) });
    expect(findings[0]?.counts ?? {}).toEqual(counts);
  });
});

describe("GPUs of resource slices", () => {
  const onlySlices = (...objects: ResourceSliceObject[]) => detectGpus(all([node("n", {})]), all(objects));

  it.each(["v1", "v1beta1"] as const)("are devices of GPU drivers, of %s", (version) => {
    const { values, findings } = onlySlices(
      slice({ "gpu-0": h100("a"), "gpu-1": h100("b") }, { version }),
      slice({ "channel-0": { type: "channel" } }, { driver: "compute-domain.nvidia.com", version }),
      slice(
        { "gpu-0": { type: "amdgpu", pciAddr: "0000:c1:00.0", productName: "AMD_Instinct" } },
        { driver: "gpu.amd.com", version },
      ),
    );
    expect(values).toEqual({ hasGpuNodes: true, gpuCount: 3, gpuTypes: ["AMD Instinct", "NVIDIA H100 80GB HBM3"] });
    expect(findings[1]).toMatchObject({
      status: "FOUND",
      detail:
        "Pools of gpu.amd.com, gpu.nvidia.com: 2, with 1 AMD Instinct, 2 NVIDIA H100 80GB HBM3 beyond what the nodes offer.",
      counts: { "AMD Instinct": 1, "NVIDIA H100 80GB HBM3": 2 },
    });
  });

  it("count of each pool's highest generation only", () => {
    const { values } = onlySlices(
      slice({ a: h100("a"), b: h100("b"), c: h100("c") }, { generation: 1 }),
      slice({ a: h100("a") }, { generation: 2, of: 2 }),
      slice({ b: h100("b") }, { generation: 2, of: 2 }),
    );
    expect(values?.gpuCount).toBe(2);
  });

  it("count only where all slices of that generation are there", () => {
    const partly = slice({ a: h100("a") }, { generation: 2, of: 2 });
    const before = slice({ a: h100("a"), b: h100("b") }, { generation: 1 });
    const { values, findings } = onlySlices(before, partly);
    expect(values).toEqual({ hasGpuNodes: null, gpuCount: null, gpuTypes: [] });
    expect(findings[1]).toMatchObject({
      status: "ABSENT",
      detail: expect.stringContaining("Left out: 1 whose slices"),
    });
    const { values: beside } = onlySlices(before, partly, slice({ x: h100("x") }, { node: "other" }));
    expect(beside).toMatchObject({ hasGpuNodes: true, gpuCount: 1 });
  });

  it("count a GPU once, with its partitions and its pass-through", () => {
    const { values } = onlySlices(
      slice({
        "gpu-0": { ...h100("a"), pcieBusID: "0000:01:00.0" },
        "gpu-vfio-0": { type: "vfio", uuid: "v", pcieBusID: "0000:01:00.0" },
        "gpu-1-mig-19-0-1": { type: "mig", uuid: "m1", parentUUID: "b", productName: "NVIDIA H100 80GB HBM3" },
        "gpu-1-mig-19-1-1": { type: "mig", uuid: "m2", parentUUID: "b", productName: "NVIDIA H100 80GB HBM3" },
      }),
    );
    expect(values).toEqual({ hasGpuNodes: true, gpuCount: 2, gpuTypes: ["NVIDIA H100 80GB HBM3"] });
  });

  it("count once what the kubelet offers as well", () => {
    const offered = node("n", { "nvidia.com/gpu": "2" }, { "nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3" });
    const labelled = node("m", {}, { "nvidia.com/gpu.present": "true", "nvidia.com/gpu.count": "2" });
    const pools = [
      slice({ a: h100("a"), b: h100("b"), c: h100("c") }, { node: "n" }),
      slice({ d: h100("d"), e: h100("e") }, { node: "m" }),
      slice({ f: h100("f") }, { node: null }),
    ];
    const { values, findings } = detectGpus(all([offered, labelled]), all(pools));
    expect(values?.gpuCount).toBe(6);
    expect(findings.map(({ counts }) => counts)).toEqual([
      { "NVIDIA H100 80GB HBM3": 2 },
      { "NVIDIA H100 80GB HBM3": 4 },
    ]);
  });
});

describe("GPUs that nobody may see", () => {
  const bare = all([node("n", {})]);
  const gpus = all([node("n", { "nvidia.com/gpu": "2" })]);
  const pool = all([slice({ a: h100("a") })]);
  it.each<[string, Parameters<typeof detectGpus>, ReturnType<typeof detectGpus>["values"], string[]]>([
    [
      "nodes forbidden",
      [forbidden, none],
      { hasGpuNodes: null, gpuCount: null, gpuTypes: [] },
      ["FORBIDDEN", "ABSENT"],
    ],
    [
      "slices forbidden",
      [bare, forbidden],
      { hasGpuNodes: null, gpuCount: null, gpuTypes: [] },
      ["ABSENT", "FORBIDDEN"],
    ],
    [
      "slices forbidden, and nodes that have some",
      [gpus, forbidden],
      { hasGpuNodes: true, gpuCount: 2, gpuTypes: ["NVIDIA"] },
      ["FOUND", "FORBIDDEN"],
    ],
    [
      "nodes forbidden, and slices that have some",
      [forbidden, pool],
      { hasGpuNodes: true, gpuCount: null, gpuTypes: ["NVIDIA H100 80GB HBM3"] },
      ["FORBIDDEN", "FOUND"],
    ],
    [
      "nodes not read to the end",
      [all([node("n", {})], false), none],
      { hasGpuNodes: null, gpuCount: null, gpuTypes: [] },
      ["ABSENT", "ABSENT"],
    ],
    ["no answer on nodes", [unreachable, pool], null, ["UNREACHABLE", "FOUND"]],
    ["no answer on slices", [gpus, unreachable], null, ["FOUND", "UNREACHABLE"]],
  ])("%s", (_, looks, values, statuses) => {
    const detection = detectGpus(...looks);
    expect(detection.values).toEqual(values);
    expect(detection.findings.map(({ status }) => status)).toEqual(statuses);
  });
});
