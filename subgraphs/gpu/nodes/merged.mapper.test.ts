import { describe, expect, it } from "vitest";
import type { SmiGpu, SmiLog } from "../../shared/upstreams/nvidia-smi/query.ts";
import type { DeviceReading } from "../readings/device.mapper.ts";
import type { GpuTarget } from "../readings/gpu-cluster.repository.ts";
import { availabilityOf } from "./availability.mapper.ts";
import { attributionOf, modeOf, toGpu } from "./gpu.mapper.ts";
import { toProcesses } from "./gpu-process.mapper.ts";
import { mergedDevices, type SmiState } from "./merged.mapper.ts";
import { nodesIn } from "./node-reading.mapper.ts";

const AT = new Date("2026-11-23T04:00:00Z");
const later = (seconds: number): Date => new Date(AT.getTime() + seconds * 1000);
const OFF: SmiState = { reason: "It is off." };
const POD = { namespace: "ml", name: "p" };

const device = (given: Partial<DeviceReading> = {}): DeviceReading => ({
  uuid: "GPU-1",
  node: "n",
  index: 0,
  name: "NVIDIA H200",
  vendor: "NVIDIA",
  driverVersion: null,
  source: "DCGM_EXPORTER",
  values: { utilizationGpuPercent: 40, temperatureCelsius: 50 },
  instances: [],
  pods: [POD],
  signals: {},
  ...given,
});
const smiGpu = (given: Partial<SmiGpu> = {}): SmiGpu => ({
  uuid: "GPU-1",
  index: 0,
  name: "NVIDIA H200",
  pciBusId: "0000:07:00.0",
  mig: false,
  values: { utilizationGpuPercent: 60, powerLimitWatts: 700 },
  unknown: { fanSpeedPercent: "N/A" },
  instances: [],
  processes: [{ pid: 9, name: "python", usedMemoryMb: 100, type: "COMPUTE", gpuInstanceId: null }],
  ...given,
});
const smi = (observedAt: Date, ...gpus: SmiGpu[]): SmiState => {
  const log: SmiLog = { driverVersion: "580.1", cudaVersion: "13.0", gpus, lost: [] };
  return { reading: { observedAt, log } };
};
const merge = (devices: DeviceReading[], state: SmiState) => {
  const target = { id: "c", name: "cluster" } as GpuTarget;
  const tellPods = new Set(devices.flatMap(({ pods, source }) => (pods.length > 0 ? [source] : [])));
  const nodes = new Map([["n", { capacity: {}, requested: 0, labels: null }]]);
  const [node] = nodesIn(target, { observedAt: AT, devices, nodes, tellPods, warnings: [] });
  if (!node) throw new Error("There is no node.");
  return mergedDevices(node, state);
};
const one = (devices: DeviceReading[], state: SmiState) => {
  const [merged] = merge(devices, state);
  if (!merged) throw new Error("There is no device.");
  return merged;
};
const availability = (devices: DeviceReading[], state: SmiState) => {
  const nobody = { value: null, source: "KUBERNETES" as const, observedAt: AT, reason: "Nobody asked." };
  const found = availabilityOf(one(devices, state), { cudaVersion: nobody, mode: nobody });
  return Object.fromEntries(found.map(({ field, ...rest }) => [field, rest]));
};

describe("a device that two sources tell of", () => {
  it.each([
    [later(1), 60],
    [later(-1), 40],
  ])("has the newest word on each value (%s)", (at, utilization) => {
    expect(toGpu(one([device()], smi(at, smiGpu())))).toMatchObject({
      utilizationGpuPercent: utilization,
      temperatureCelsius: 50,
      powerLimitWatts: 700,
      driverVersion: "580.1",
      fanSpeedPercent: null,
    });
  });

  it("says of each field who told it and when, or why nobody did", () => {
    expect(availability([device()], smi(later(1), smiGpu()))).toMatchObject({
      utilizationGpuPercent: { available: true, source: "NVIDIA_SMI", observedAt: later(1), reason: null },
      temperatureCelsius: { available: true, source: "DCGM_EXPORTER", observedAt: AT },
      fanSpeedPercent: { available: false, source: null, reason: 'nvidia-smi says "N/A".' },
      driverVersion: { available: true, source: "NVIDIA_SMI" },
      processes: { available: true, source: "NVIDIA_SMI" },
      cudaVersion: { available: false, reason: "Nobody asked." },
    });
    expect(availability([device()], OFF)).toMatchObject({
      powerLimitWatts: { available: false, reason: "dcgm-exporter does not tell it. It is off." },
      driverVersion: { available: false, reason: "dcgm-exporter does not tell it. It is off." },
      processes: { available: false, reason: "It is off." },
      pods: { available: true, source: "DCGM_EXPORTER" },
      lastXid: { available: false },
    });
    expect(availability([device({ pods: [] })], OFF)["pods"]).toMatchObject({ available: false });
  });

  it("is found by its index where nvidia-smi cannot read its UUID, and stays apart from others", () => {
    const lost = smiGpu({ uuid: null, values: {}, processes: null });
    const merged = merge(
      [device(), device({ uuid: "GPU-2", index: 1 })],
      smi(AT, lost, smiGpu({ uuid: "GPU-3", index: 2 })),
    );
    expect(merged.map(({ device: { uuid, source }, smiGpu: told }) => [uuid, source, told?.uuid ?? null])).toEqual([
      ["GPU-1", "DCGM_EXPORTER", null],
      ["GPU-2", "DCGM_EXPORTER", null],
      ["GPU-3", "NVIDIA_SMI", "GPU-3"],
    ]);
  });

  it("is nvidia-smi's alone where no exporter tells of the node", () => {
    const [merged] = merge([], smi(AT, smiGpu()));
    expect(merged && toGpu(merged)).toMatchObject({
      uuid: "GPU-1",
      driverVersion: "580.1",
      utilizationGpuPercent: 60,
      pods: [],
    });
  });
});

describe("a device that is divided", () => {
  const part = (id: number, used: number | undefined, pods = [POD]) => ({
    id,
    profile: "3g.40gb",
    values: { memoryTotalMb: 40_000, ...(used === undefined ? {} : { memoryUsedMb: used }) },
    pods,
  });
  const halves = (used: number | undefined) =>
    device({ values: {}, pods: [], instances: [part(1, 1000), part(2, used, [])] });

  it("has the memory of its instances, where that of each is known", () => {
    expect(toGpu(one([halves(500)], OFF))).toMatchObject({ memoryTotalMb: 80_000, memoryUsedMb: 1500 });
    expect(toGpu(one([halves(undefined)], OFF))).toMatchObject({ memoryTotalMb: 80_000, memoryUsedMb: null });
  });

  it("takes what an instance lacks from nvidia-smi", () => {
    const told = smiGpu({ mig: true, instances: [{ gpuInstanceId: 2, memoryTotalMb: 40_000, memoryUsedMb: 77 }] });
    const { instances } = toGpu(one([halves(undefined)], smi(AT, told)));
    expect(instances.map(({ memoryUsedMb, pod }) => [memoryUsedMb, pod?.name])).toEqual([
      [1000, "p"],
      [77, undefined],
    ]);
  });

  it("gives a process to the pod of its instance", () => {
    const process = { pid: 9, name: "python", usedMemoryMb: 100, type: "COMPUTE" as const };
    const processes = [1, 2].map((gpuInstanceId) => ({ ...process, pid: gpuInstanceId, gpuInstanceId }));
    const found = toProcesses(one([halves(0)], smi(AT, smiGpu({ mig: true, processes }))), "MIG");
    expect(found?.map(({ pod }) => pod?.name)).toEqual(["p", undefined]);
  });
});

describe("whose a device's values are", () => {
  const two = [POD, { namespace: "ml", name: "q" }];
  it.each<[string, Partial<DeviceReading>, "WHOLE" | "TIME_SLICED" | "MPS" | null, string | null]>([
    ["one pod's that has all of it", {}, "WHOLE", "DEVICE"],
    ["nobody's alone, of one pod that may be one of several", {}, "TIME_SLICED", "DEVICE_SHARED"],
    ["all that share it", { pods: two }, null, "DEVICE_SHARED"],
    ["not known, of one pod where nobody tells whether it is shared", {}, null, null],
    ["not known, where nobody tells pods", { pods: [] }, "WHOLE", null],
  ])("is %s", (_, given, sharing, attribution) => {
    const merged = one([device(given)], OFF);
    expect(attributionOf(merged, modeOf(merged, sharing))).toBe(attribution);
  });

  it("is no pod's, where others' pods are told", () => {
    const [, idle] = merge([device(), device({ uuid: "GPU-2", index: 1, pods: [] })], OFF);
    expect(idle && attributionOf(idle, "WHOLE")).toBe("NONE");
  });

  it("gives processes only to a pod that has the device to itself", () => {
    const merged = one([device()], smi(AT, smiGpu()));
    expect(toProcesses(merged, "WHOLE")?.[0]?.pod).toEqual({ clusterId: "c", ...POD });
    expect(toProcesses(merged, "TIME_SLICED")?.[0]?.pod).toBeNull();
    expect(toProcesses(one([device()], OFF), "WHOLE")).toBeNull();
  });
});
