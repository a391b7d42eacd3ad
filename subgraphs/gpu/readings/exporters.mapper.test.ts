import { describe, expect, it } from "vitest";
import { recording } from "../../../demo/testing/recordings.ts";
import { QueryAnswer, type Series } from "../../shared/upstreams/prometheus/schema.ts";
import { findingsOf } from "../health/signal.detector.ts";
import type { DeviceReading } from "./device.mapper.ts";
import { readExporters } from "./exporters.mapper.ts";

const NOW = new Date("2026-11-23T04:00:00Z");

/** Lines as an exporter writes them. */
const series = (...lines: string[]): Series[] =>
  lines.map((line) => {
    const [, name = "", labels = "", value = ""] = /^(\w+)\{(.*)\} (\S+)$/.exec(line) ?? [];
    const pairs = Array.from(labels.matchAll(/(\w+)="([^"]*)"/g), ([, key = "", text = ""]) => [key, text]);
    return { metric: { __name__: name, ...Object.fromEntries(pairs) }, values: [[0, value]] };
  });
const read = (...lines: string[]) => readExporters(series(...lines), NOW, []);
const only = (...lines: string[]): DeviceReading => {
  const { devices } = read(...lines);
  expect(devices).toHaveLength(1);
  return devices[0] as DeviceReading;
};

describe("dcgm-exporter, as recorded", () => {
  it.each([
    ["prometheus-2.42", "alpha-gpu-"],
    ["prometheus-3.5", "beta-gpu-"],
  ])("behind %s", (server, prefix) => {
    const { answer } = recording(server, "query-vector");
    const { series: recorded } = QueryAnswer.parse(answer);
    const { devices, tellPods } = readExporters(recorded, NOW, []);
    expect(devices.length).toBeGreaterThan(3);
    expect([...tellPods]).toEqual(["DCGM_EXPORTER"]);
    for (const device of devices) {
      expect(device.node).toMatch(new RegExp(`^${prefix}\\d$`));
      expect(device).toMatchObject({
        driverVersion: "570.124.06",
        vendor: "NVIDIA",
        uuid: expect.stringMatching(/^GPU-/),
      });
      expect(device.values.utilizationGpuPercent).toBeGreaterThanOrEqual(0);
      // Of an idle GPU's series only the exporter's own pod is told.
      expect(device.pods.map(({ namespace }) => namespace)).not.toContain("nvidia-gpu-operator");
    }
    expect(new Set(devices.map(({ pods }) => pods.length))).toEqual(new Set([0, 1]));
  });
});

describe("a device's node and pods", () => {
  const UUID = `UUID="GPU-1",gpu="0"`;
  const target = `namespace="gpu-operator",pod="nvidia-dcgm-exporter-x",container="nvidia-dcgm-exporter",service="nvidia-dcgm-exporter"`;
  it.each<[string, string, string, string[]]>([
    ["Hostname, of releases", `Hostname="n1"`, "n1", []],
    ["hostname, of newer ones", `hostname="n1"`, "n1", []],
    ["the target's node", `node="n1",Hostname="nvidia-dcgm-exporter-x"`, "n1", []],
    ["nothing but an address", `instance="10.0.0.7:9400"`, "10.0.0.7", []],
    ["the target's labels, of an idle one", `Hostname="n1",${target}`, "n1", []],
    ["exported labels", `Hostname="n1",${target},exported_namespace="ml",exported_pod="p"`, "n1", ["ml/p"]],
    ["labels that are honoured", `Hostname="n1",namespace="ml",pod="p",container="main"`, "n1", ["ml/p"]],
    ["the names of old", `Hostname="n1",pod_namespace="ml",pod_name="p",container_name="c",${target}`, "n1", ["ml/p"]],
    ["a pod without a namespace", `Hostname="n1",pod="p"`, "n1", []],
    ["empty labels", `Hostname="n1",namespace="",pod="",container=""`, "n1", []],
  ])("by %s", (_, labels, node, pods) => {
    const device = only(`DCGM_FI_DEV_GPU_UTIL{${UUID},${labels}} 7`);
    expect(device.node).toBe(node);
    expect(device.pods.map(({ namespace, name }) => `${namespace}/${name}`)).toEqual(pods);
  });

  it("is Kubernetes' node where the exporter knows it by another form of its name", () => {
    const { devices } = read(
      `DCGM_FI_DEV_GPU_UTIL{${UUID},Hostname="n1"} 7`,
      `kube_node_status_capacity{node="n1.example.com",resource="nvidia_com_gpu"} 1`,
    );
    expect(devices.map(({ node }) => node)).toEqual(["n1.example.com"]);
  });
});

describe("a device's values", () => {
  const at = `UUID="GPU-1",gpu="3",modelName="NVIDIA H200",Hostname="n"`;

  it("are what the exporter tells, in their units", () => {
    expect(
      only(
        `DCGM_FI_DEV_GPU_UTIL{${at}} 70`,
        `DCGM_FI_PROF_GR_ENGINE_ACTIVE{${at}} 0.656`,
        `DCGM_FI_DEV_FB_USED{${at}} 1000`,
        `DCGM_FI_DEV_FB_FREE{${at}} 140000`,
        `DCGM_FI_DEV_FB_RESERVED{${at}} 771`,
        `DCGM_FI_DEV_POWER_USAGE{${at}} 512.345`,
        `DCGM_FI_DEV_XID_ERRORS{${at},err_code="31",err_msg="GPU memory page fault"} 31`,
        `DCGM_EXP_XID_ERRORS_COUNT{${at},window_size_in_ms="300000",xid="31"} 4`,
      ),
    ).toMatchObject({
      uuid: "GPU-1",
      index: 3,
      name: "NVIDIA H200",
      values: {
        utilizationGpuPercent: 70,
        memoryUsedMb: 1000,
        memoryFreeMb: 140_000,
        memoryTotalMb: 141_771,
        powerDrawWatts: 512.345,
      },
      signals: { DCGM_FI_DEV_XID_ERRORS: 31, "DCGM_EXP_XID_ERRORS_COUNT/31": 4 },
    });
  });

  it("come from the engine's activity where utilisation is not told", () => {
    expect(only(`DCGM_FI_PROF_GR_ENGINE_ACTIVE{${at}} 0.656`).values).toEqual({ utilizationGpuPercent: 65.6 });
  });

  it.each(["NaN", "+Inf", "-1", "9223372036854775794", "2147483632", "101"])(
    "are unknown where they are %s",
    (value) => {
      expect(only(`DCGM_FI_DEV_GPU_UTIL{${at}} ${value}`).values).toEqual({});
    },
  );

  it("are one device's, however often pods that share it repeat them", () => {
    const device = only(
      ...["a", "b", "c"].flatMap((pod, turn) => {
        const of = `${at},vgpu="${turn}",namespace="ml",pod="${pod}",container="main"`;
        return [`DCGM_FI_DEV_GPU_UTIL{${of}} 60`, `DCGM_FI_DEV_FB_USED{${of}} 5000`];
      }),
    );
    expect(device.values).toEqual({ utilizationGpuPercent: 60, memoryUsedMb: 5000 });
    expect(device.pods.map(({ name }) => name)).toEqual(["a", "b", "c"]);
  });

  it("are the instances' of a GPU that is divided, and its own are told once", () => {
    const part = (id: number, pod: string) => `${at},GPU_I_ID="${id}",GPU_I_PROFILE="3g.40gb"${pod}`;
    const device = only(
      ...[part(2, ""), part(1, `,exported_namespace="ml",exported_pod="p"`)].flatMap((of, index) => [
        `DCGM_FI_PROF_GR_ENGINE_ACTIVE{${of}} ${index * 0.5}`,
        `DCGM_FI_DEV_FB_USED{${of}} ${index * 1000}`,
        `DCGM_FI_DEV_FB_FREE{${of}} ${40_000 - index * 1000}`,
        `DCGM_FI_DEV_POWER_USAGE{${of}} 300`,
        `DCGM_FI_DEV_GPU_TEMP{${of}} 50`,
      ]),
    );
    expect(device.values).toEqual({ powerDrawWatts: 300, temperatureCelsius: 50 });
    expect(device.instances).toEqual([
      {
        id: 1,
        profile: "3g.40gb",
        pods: [{ namespace: "ml", name: "p" }],
        values: { utilizationGpuPercent: 50, memoryUsedMb: 1000, memoryFreeMb: 39_000, memoryTotalMb: 40_000 },
      },
      {
        id: 2,
        profile: "3g.40gb",
        pods: [],
        values: { utilizationGpuPercent: 0, memoryUsedMb: 0, memoryFreeMb: 40_000, memoryTotalMb: 40_000 },
      },
    ]);
  });

  it("are of two devices with one index on two nodes", () => {
    const { devices } = read(
      `DCGM_FI_DEV_GPU_TEMP{gpu="0",Hostname="b"} 40`,
      `DCGM_FI_DEV_GPU_TEMP{gpu="0",Hostname="a"} 50`,
    );
    expect(devices.map(({ uuid, values }) => [uuid, values.temperatureCelsius])).toEqual([
      ["a/0", 50],
      ["b/0", 40],
    ]);
  });
});

describe("other vendors' devices", () => {
  const amd = (id: number, more = "") =>
    `gpu_id="${id}",serial_number="6924",card_series="AMD Instinct MI300X OAM",gpu_uuid="ccff-${id}",driver_version="6.12.12",hostname="n",pod="",namespace=""${more}`;

  it.each(["", "amd_"])("are AMD's, whose metrics begin with '%s'", (prefix) => {
    expect(
      only(
        `${prefix}gpu_gfx_activity{${amd(2, `,gpu_compute_partition_type="spx",gpu_partition_id="0"`)}} 12`,
        `${prefix}gpu_used_vram{${amd(2)}} 283`,
        `${prefix}gpu_total_vram{${amd(2)}} 196300`,
        `${prefix}gpu_average_package_power{${amd(2)}} 90`,
        `${prefix}gpu_package_power{${amd(2)}} 140`,
        `${prefix}gpu_edge_temperature{${amd(2)}} 65535`,
      ),
    ).toMatchObject({
      uuid: "ccff-2",
      index: 2,
      vendor: "AMD",
      name: "AMD Instinct MI300X OAM",
      driverVersion: "6.12.12",
      source: "AMD_EXPORTER",
      instances: [],
      values: { utilizationGpuPercent: 12, memoryUsedMb: 283, memoryTotalMb: 196_300, powerDrawWatts: 140 },
    });
  });

  it("count once where AMD's are partitioned, and measure what the first partition tells", () => {
    const partition = (id: number) => amd(8 + id, `,gpu_compute_partition_type="cpx",gpu_partition_id="${id}"`);
    const device = only(
      `gpu_gfx_activity{${partition(0)}} 30`,
      `gpu_gfx_activity{${partition(1)}} 99`,
      `gpu_total_vram{${partition(0)}} 196300`,
    );
    expect(device).toMatchObject({
      uuid: "ccff-8",
      index: 8,
      values: { utilizationGpuPercent: 30, memoryTotalMb: 196_300 },
    });
    expect(device.instances.map(({ id, profile }) => [id, profile])).toEqual([
      [0, "cpx"],
      [1, "cpx"],
    ]);
  });

  it("are not taken from metrics of the same names by others", () => {
    expect(read(`gpu_power_usage{gpu_id="0",instance="n:9000"} 90`).devices).toEqual([]);
  });

  it("are Intel's Gaudi, in bytes and milliwatts", () => {
    const at = `UUID="01P0-HL2080A0",device="accel3",instance="n:41611"`;
    expect(
      only(
        `habanalabs_utilization{${at}} 44`,
        `habanalabs_memory_used_bytes{${at}} 1073741824`,
        `habanalabs_memory_total_bytes{${at}} 103079215104`,
        `habanalabs_power_mW{${at}} 123456`,
        `habanalabs_power_default_limit_mW{${at}} 600000`,
      ),
    ).toMatchObject({
      uuid: "01P0-HL2080A0",
      index: 3,
      node: "n",
      vendor: "INTEL",
      source: "GAUDI_EXPORTER",
      values: {
        utilizationGpuPercent: 44,
        memoryUsedMb: 1024,
        memoryTotalMb: 98_304,
        powerDrawWatts: 123.46,
        powerLimitWatts: 600,
      },
    });
  });
});

describe("other vendors' health", () => {
  const shown = (...lines: string[]) =>
    findingsOf(only(...lines).signals).map(({ kind, code, severity, count }) => [kind, code, severity, count]);

  const mi = `gpu_id="2",serial_number="6924",card_model="102-G30213-0C",gpu_uuid="ccff-2",hostname="n",gpu_compute_partition_type="spx",gpu_partition_id="0"`;
  it.each(["", "amd_"])("is AMD's: memory, links, the bus, heat, and its own word ('%s')", (prefix) => {
    expect(
      shown(
        `${prefix}gpu_health{${mi}} 0`,
        `${prefix}gpu_ecc_correct_total{${mi}} 12`,
        `${prefix}gpu_ecc_uncorrect_total{${mi}} 1`,
        `${prefix}gpu_ecc_uncorrect_xgmi_wafl{${mi}} 0`,
        `${prefix}gpu_ecc_correct_xgmi_wafl{${mi}} 3`,
        `${prefix}pcie_replay_count{${mi}} 5`,
        `${prefix}pcie_replay_rollover_count{${mi}} 1.8446744073709552e+19`,
        `${prefix}gpu_violation_processor_hot_residency_percentage{${mi}} 0`,
        `${prefix}gpu_violation_hbm_thermal_residency_percentage{${mi}} 7`,
        `${prefix}gpu_violation_ppt_residency_percentage{${mi}} 90`,
      ),
    ).toEqual([
      ["ECC", "CORRECTABLE", "INFO", 12],
      ["ECC", "UNCORRECTABLE", "CRITICAL", 1],
      ["LINK", "XGMI_CORRECTABLE", "INFO", 3],
      ["PCIE", "REPLAY", "INFO", 5],
      ["UNHEALTHY", "EXPORTER", "CRITICAL", null],
      ["THROTTLE", "HBM_THERMAL", "WARNING", null],
    ]);
    expect(shown(`${prefix}gpu_health{${mi}} 1`, `${prefix}gpu_ecc_uncorrect_total{${mi}} 0`)).toEqual([]);
  });

  it("is the whole GPU's where AMD's are partitioned, as the first partition tells", () => {
    const partition = (id: number) => mi.replace(`"spx"`, `"cpx"`).replace(`partition_id="0"`, `partition_id="${id}"`);
    expect(shown(`gpu_health{${partition(0)}} 1`, `gpu_health{${partition(1)}} 0`)).toEqual([]);
  });

  it("is Gaudi's: rows of memory, the bus, and each port between accelerators", () => {
    const hl = `Serial="AM50000123",UUID="01P0-HL2080A0",device="AM50000123",id="3",driver="1.22.0",pod_namespace="",pod_name="",instance="n:41611"`;
    const lines = [
      `habanalabs_pending_rows_with_single_bit_ecc_errors{${hl}} 2`,
      `habanalabs_pending_rows_with_double_bit_ecc_errors{${hl}} 1`,
      `habanalabs_pending_rows_state{${hl}} 1`,
      `habanalabs_pcie_replay_count{${hl}} 0`,
      `habanalabs_nic_port_status{${hl},port="1",port_type="internal"} 1`,
      `habanalabs_nic_port_status{${hl},port="7",port_type="internal"} 0`,
      `habanalabs_nic_port_status{${hl},port="8",port_type="external"} 0`,
    ];
    expect(only(...lines)).toMatchObject({ uuid: "01P0-HL2080A0", index: 3, driverVersion: "1.22.0" });
    expect(shown(...lines)).toEqual([
      ["ROW_REMAP", "CORRECTABLE", "INFO", 2],
      ["ROW_REMAP", "UNCORRECTABLE", "WARNING", 1],
      ["ROW_REMAP", "PENDING", "WARNING", null],
      ["LINK", "PORT_DOWN_7", "WARNING", null],
    ]);
  });
});

it("kube-state-metrics tells what nodes offer, and what their pods were given", () => {
  const { devices, nodes } = read(
    `kube_node_status_capacity{node="n",resource="nvidia_com_gpu",unit="integer"} 8`,
    `kube_node_status_capacity{node="n",resource="nvidia_com_mig_3g_40gb",unit="integer"} 2`,
    `kube_node_labels{node="n",label_nvidia_com_gpu_count="8",job="kube-state-metrics"} 1`,
    `kube_pod_container_resource_requests{node="n",namespace="ml",pod="a",resource="nvidia_com_gpu"} 2`,
    `kube_pod_container_resource_requests{node="n",namespace="ml",pod="b",resource="nvidia_com_gpu"} 1`,
    `kube_pod_container_resource_requests{namespace="ml",pod="pending",resource="nvidia_com_gpu"} 8`,
  );
  expect(devices).toEqual([]);
  expect([...nodes]).toEqual([
    [
      "n",
      {
        capacity: { nvidia_com_gpu: 8, nvidia_com_mig_3g_40gb: 2 },
        requested: 3,
        labels: { nvidia_com_gpu_count: "8" },
      },
    ],
  ]);
});
