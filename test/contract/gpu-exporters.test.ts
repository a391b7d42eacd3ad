import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startGraph, type TestGraph } from "../support/graph.ts";
import { missingPrograms, type RealPrometheus, startPrometheus } from "../support/prometheus.ts";

const dcgm = (index: number, more = ""): string =>
  `gpu="${index}",UUID="GPU-${index}",modelName="NVIDIA H200",Hostname="n1"${more}`;
const PART = `,GPU_I_ID="1",GPU_I_PROFILE="3g.71gb"`;
const request = (pod: string, count: number): string =>
  `kube_pod_container_resource_requests{node="n1",namespace="ml",pod="${pod}",resource="nvidia_com_gpu",unit="integer"} ${count}`;
const METRICS = [
  ...[0, 1].flatMap((index) => [
    `DCGM_FI_DEV_GPU_UTIL{${dcgm(index)}} ${index * 50}`,
    `DCGM_FI_DEV_FB_USED{${dcgm(index)}} 1000`,
    `DCGM_FI_DEV_FB_FREE{${dcgm(index)}} 140000`,
  ]),
  `DCGM_FI_DEV_GPU_TEMP{${dcgm(0)}} NaN`,
  `DCGM_FI_DEV_FB_USED{${dcgm(2, PART)}} 500`,
  `DCGM_FI_DEV_POWER_USAGE{${dcgm(2, PART)}} 300.5`,
  `amd_gpu_gfx_activity{gpu_id="0",serial_number="6924",card_series="AMD Instinct MI300X",hostname="n2"} 12`,
  `habanalabs_utilization{UUID="01P0",device="0",Hostname="n3"} 44`,
  `kube_node_status_capacity{node="n1",resource="nvidia_com_gpu",unit="integer"} 3`,
  `kube_node_status_capacity{node="n1",resource="cpu",unit="core"} 64`,
  `kube_node_labels{node="n1",label_nvidia_com_gpu_present="true",label_nvidia_com_gpu_count="4",label_nvidia_com_gpu_sharing_strategy="none"} 1`,
  `kube_node_labels{node="n9",label_kubernetes_io_os="linux"} 1`,
  request("running", 3),
  request("ended", 8),
  `kube_pod_status_phase{namespace="ml",pod="ended",phase="Succeeded"} 1`,
  `kube_pod_status_phase{namespace="ml",pod="running",phase="Succeeded"} 0`,
  "",
].join("\n");

const missing =
  process.env["REQUIRE_SERVICES"] === "1" ? [] : missingPrograms("prometheus", "prometheus-node-exporter");
const suffix = missing.length > 0 ? ` (skipped: ${missing.join(", ")} not found)` : "";

describe.skipIf(missing.length > 0)(`Exporters of GPUs behind a real Prometheus${suffix}`, () => {
  let prometheus: RealPrometheus;
  let graph: TestGraph;

  beforeAll(async () => {
    [prometheus, graph] = await Promise.all([startPrometheus(METRICS), startGraph({ mode: "in one process" })]);
    const { errors } = await graph.ask(
      `mutation ($url: URL!) { registerCluster(input: { name: "real-1", apiServerUrl: "https://127.0.0.1:9", endpoints: { prometheusUrl: $url } }) { id } }`,
      { url: prometheus.url },
    );
    expect(errors).toBeUndefined();
  }, 90_000);
  afterAll(async () => {
    await graph[Symbol.asyncDispose]();
    await prometheus[Symbol.asyncDispose]();
  });

  it("are asked in one query that it takes, and tell of every vendor's devices", async () => {
    const { data, errors } = await graph.ask(`{ gpuNodes {
      complete outcomes { status rows warnings }
      items { nodeName expectedGpus missingGpus gpus { uuid vendor utilizationGpuPercent memoryTotalMb temperatureCelsius powerDrawWatts mode instances { instanceId profile memoryUsedMb } } }
    } }`);
    expect(errors).toBeUndefined();
    const { complete, outcomes, items } = data.gpuNodes;
    expect({ complete, outcomes }).toEqual({
      complete: true,
      outcomes: [{ status: "SUCCESS", rows: 3, warnings: [] }],
    });
    const gpu = { temperatureCelsius: null, powerDrawWatts: null, instances: [], memoryTotalMb: null };
    expect(items[0]).toEqual({
      nodeName: "n1",
      expectedGpus: 4,
      missingGpus: 1,
      gpus: [
        { ...gpu, uuid: "GPU-0", vendor: "NVIDIA", utilizationGpuPercent: 0, memoryTotalMb: 141_000, mode: "WHOLE" },
        { ...gpu, uuid: "GPU-1", vendor: "NVIDIA", utilizationGpuPercent: 50, memoryTotalMb: 141_000, mode: "WHOLE" },
        {
          ...gpu,
          uuid: "GPU-2",
          vendor: "NVIDIA",
          utilizationGpuPercent: null,
          powerDrawWatts: 300.5,
          mode: "MIG",
          instances: [{ instanceId: 1, profile: "3g.71gb", memoryUsedMb: 500 }],
        },
      ],
    });
    expect(items.slice(1)).toMatchObject([
      { nodeName: "n2", gpus: [{ uuid: "6924", vendor: "AMD", utilizationGpuPercent: 12 }] },
      { nodeName: "n3", gpus: [{ uuid: "01P0", vendor: "INTEL", utilizationGpuPercent: 44 }] },
    ]);
  });

  it("leave what pods were given to kube-state-metrics, and what has ended is given no more", async () => {
    // No exporter tells pods here: the running pod's request is for all that the node offers.
    const { data } = await graph.ask(`{ gpuSummary { total { devices allocated allocationUnknown } } }`);
    expect(data.gpuSummary.total).toEqual({ devices: 5, allocated: 3, allocationUnknown: 2 });
  });
});
