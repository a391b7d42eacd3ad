import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseQuery, type SmiGpu } from "./query.ts";

const FOLDER = join(import.meta.dirname, "../../../../test/recordings/nvidia-smi");
const read = (name: string): string => readFileSync(join(FOLDER, name), "utf8");
const only = (name: string): SmiGpu => {
  const { gpus } = parseQuery(read(name));
  expect(gpus).toHaveLength(1);
  return gpus[0] as SmiGpu;
};

describe("nvidia-smi -q -x, in variants made by hand", () => {
  it("tells of GPUs and their processes", () => {
    const { driverVersion, cudaVersion, gpus, lost } = parseQuery(read("hand-made-a100.xml"));
    expect([driverVersion, cudaVersion, lost]).toEqual(["535.183.06", "12.2", []]);
    const [first, second] = gpus;
    expect(first).toMatchObject({
      uuid: "GPU-00000001-1111-2222-3333-444444444444",
      index: 0,
      name: "NVIDIA A100-SXM4-80GB",
      pciBusId: "0000:07:00.0",
      mig: false,
      instances: [],
      values: {
        memoryTotalMb: 81_920,
        memoryUsedMb: 1024,
        memoryFreeMb: 80_896,
        utilizationGpuPercent: 37,
        utilizationMemoryPercent: 12,
        temperatureCelsius: 41,
        powerDrawWatts: 212.4,
        powerLimitWatts: 400,
      },
      unknown: { fanSpeedPercent: "N/A" },
    });
    expect(first?.processes).toEqual([
      { pid: 4111, name: "/usr/bin/python3", usedMemoryMb: 900, type: "COMPUTE", gpuInstanceId: null },
      { pid: 4112, name: "Xorg", usedMemoryMb: 12, type: "GRAPHICS", gpuInstanceId: null },
      { pid: 4113, name: "/opt/app & co/<run>", usedMemoryMb: 100, type: "MIXED", gpuInstanceId: null },
      { pid: 4114, name: null, usedMemoryMb: null, type: "COMPUTE", gpuInstanceId: null },
      { pid: 4115, name: "nvidia-cuda-mps-server", usedMemoryMb: 30, type: "COMPUTE", gpuInstanceId: null },
    ]);
    // Nothing in use is 0, and no processes are an empty list: both are known.
    expect(second).toMatchObject({ index: 1, values: { utilizationGpuPercent: 0 }, processes: [] });
  });

  it("tells each MIG instance once, whatever number of compute instances share its memory", () => {
    expect(only("hand-made-a100-mig.xml")).toMatchObject({
      mig: true,
      instances: [
        { gpuInstanceId: 1, memoryTotalMb: 40_192, memoryUsedMb: 9000 },
        { gpuInstanceId: 2, memoryTotalMb: 40_192, memoryUsedMb: 37 },
      ],
      unknown: { utilizationGpuPercent: "N/A", utilizationMemoryPercent: "N/A" },
      processes: [{ pid: 5001, gpuInstanceId: 1 }],
    });
  });

  it("keeps what is said instead of a value, and never takes it for 0", () => {
    const [turing, lost] = parseQuery(read("hand-made-not-supported.xml")).gpus;
    expect(turing).toMatchObject({
      mig: null,
      processes: null,
      values: { memoryTotalMb: 81_920, powerDrawWatts: 9.87, powerLimitWatts: 60 },
    });
    expect(turing?.unknown).toEqual({
      utilizationGpuPercent: "[N/A]",
      utilizationMemoryPercent: "[Not Supported]",
      temperatureCelsius: "[Unknown Error]",
      fanSpeedPercent: "ERR!",
    });
    expect(lost).toMatchObject({
      uuid: null,
      index: 1,
      name: null,
      pciBusId: "0000:af:00.0",
      mig: null,
      processes: null,
    });
    expect(lost?.values).toEqual({});
    expect(lost?.unknown).toMatchObject({ memoryUsedMb: "GPU is lost", memoryFreeMb: "[GPU requires reset]" });
  });

  it("names GPUs that are lost, with and without others beside", () => {
    const { gpus, lost } = parseQuery(read("hand-made-lost.txt"));
    expect(gpus).toHaveLength(1);
    expect(lost).toEqual(["0000:3b:00.0", "0000:af:00.0"]);
    expect(parseQuery(read("hand-made-lost-all.txt"))).toMatchObject({ gpus: [], lost: ["0000:3b:00.0"] });
  });

  it("ignores notices in any language, before and after", () => {
    expect(only("hand-made-noise-before.txt")).toMatchObject({ values: { temperatureCelsius: 41 } });
  });

  it("knows the names of newer versions", () => {
    const log = parseQuery(read("hand-made-v13.xml"));
    expect(log).toMatchObject({ driverVersion: "615.12.01", cudaVersion: "14.0" });
    expect(log.gpus[0]?.values).toMatchObject({ powerDrawWatts: 188.25, powerLimitWatts: 1000, fanSpeedPercent: 30 });
  });

  it.each([
    ["hand-made-truncated.xml", "UPSTREAM_INVALID_ANSWER", "What nvidia-smi wrote breaks off."],
    ["hand-made-truncated-in-the-last-tag.xml", "UPSTREAM_INVALID_ANSWER", "What nvidia-smi wrote breaks off."],
    ["hand-made-no-driver.txt", "UPSTREAM_ERROR", "nvidia-smi does not reach the node's driver."],
    ["hand-made-version-mismatch.txt", "UPSTREAM_ERROR", "nvidia-smi and the node's driver are of different versions."],
    ["hand-made-not-nvidia-smi.txt", "UPSTREAM_ERROR", "nvidia-smi did not answer with XML."],
  ])("refuses %s, without repeating it", (name, code, message) => {
    expect(() => parseQuery(read(name))).toThrow(expect.objectContaining({ code, message }));
  });

  it("takes no devices for none", () => {
    expect(parseQuery(read("hand-made-no-devices.txt"))).toMatchObject({ gpus: [], lost: [] });
  });

  const [, before = "", gpu = "", after = ""] =
    /^([\s\S]*<\/attached_gpus>\n)([\s\S]*?<\/gpu>\n)[\s\S]*?(<\/nvidia_smi_log>\n)$/.exec(
      read("hand-made-a100.xml"),
    ) ?? [];

  it("tells of 16 GPUs, numbered as they come", () => {
    const many = Array.from({ length: 16 }, (_, index) => gpu.replace("GPU-00000001", `GPU-000001${index + 10}`));
    const { gpus } = parseQuery(before + many.join("") + after);
    expect(gpus.map(({ index }) => index)).toEqual(Array.from({ length: 16 }, (_, index) => index));
    expect(new Set(gpus.map(({ uuid }) => uuid)).size).toBe(16);
  });

  it("tells of thousands of processes in a moment, also where a name was not escaped", () => {
    const one = (pid: number): string =>
      `<process_info><pid>${pid}</pid><type>C</type><process_name>a <b> & c</process_name><used_memory>1 MiB</used_memory></process_info>`;
    const list = Array.from({ length: 10_000 }, (_, index) => one(index + 1)).join("\n");
    const busy = gpu.replace(/<processes>[\s\S]*<\/processes>/, `<processes>\n${list}\n</processes>`);
    const began = performance.now();
    const { gpus } = parseQuery(before + busy + after);
    expect(performance.now() - began).toBeLessThan(2000);
    expect(gpus[0]?.processes).toHaveLength(10_000);
    expect(gpus[0]?.processes?.at(-1)).toMatchObject({ pid: 10_000, usedMemoryMb: 1 });
  });
});

/** As it was written, or in a recording around it. */
function xmlIn(name: string): string | null {
  const text = read(name);
  if (!name.endsWith(".json")) return text.includes("<nvidia_smi_log>") ? text : null;
  let found: string | null = null;
  JSON.parse(text, (_, value: unknown) => {
    if (typeof value === "string" && value.includes("<nvidia_smi_log>")) found = value;
    return value;
  });
  return found;
}

const recorded = readdirSync(FOLDER).flatMap((name) => {
  const xml = name.startsWith("hand-made-") ? null : xmlIn(name);
  return xml === null ? [] : [[name, xml] as const];
});

describe.skipIf(recorded.length === 0)("nvidia-smi -q -x, as recorded", () => {
  it.each(recorded)("%s is read whole", (_, xml) => {
    const { driverVersion, cudaVersion, gpus } = parseQuery(xml);
    expect(driverVersion).toMatch(/^\d+\.\d+/);
    expect(cudaVersion).toMatch(/^\d+\.\d+$/);
    expect(gpus.length).toBeGreaterThan(0);
    for (const { uuid, name: model, values, processes } of gpus) {
      expect(uuid).toMatch(/^GPU-[\da-f-]{36}$/);
      expect(model).toContain("NVIDIA");
      expect(values.memoryTotalMb).toBeGreaterThan(1000);
      expect(values.temperatureCelsius).toBeGreaterThan(0);
      expect(values.powerDrawWatts).toBeGreaterThan(0);
      expect(processes).not.toBeNull();
    }
  });
});
