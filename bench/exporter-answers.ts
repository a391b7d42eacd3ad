// What a Prometheus answers that scrapes dcgm-exporter on eight nodes of eight GPUs each, and kube-state-metrics.

const NODES = 8;
const GPUS = 8;
export const GPUS_PER_CLUSTER = NODES * GPUS;

const FAMILIES: readonly (readonly [name: string, value: (seed: number) => number])[] = [
  ["DCGM_FI_DEV_GPU_UTIL", (seed) => seed % 101],
  ["DCGM_FI_DEV_MEM_COPY_UTIL", (seed) => seed % 57],
  ["DCGM_FI_PROF_GR_ENGINE_ACTIVE", (seed) => (seed % 101) / 100],
  ["DCGM_FI_DEV_FB_USED", (seed) => (seed * 997) % 143_000],
  ["DCGM_FI_DEV_FB_FREE", (seed) => 143_771 - ((seed * 997) % 143_000)],
  ["DCGM_FI_DEV_GPU_TEMP", (seed) => 30 + (seed % 50)],
  ["DCGM_FI_DEV_POWER_USAGE", (seed) => 90 + ((seed * 31) % 600) + 0.125],
  ["DCGM_FI_DEV_XID_ERRORS", () => 0],
];

const hex = (value: number, length: number): string => value.toString(16).padStart(length, "0");

/** The body that answers the one query, different for each cluster and moment. */
export function exporterAnswer(cluster: number, at: number): string {
  const result: object[] = [];
  for (let node = 0; node < NODES; node += 1) {
    const name = `gpu-node-${node}`;
    const capacity = { __name__: "kube_node_status_capacity", node: name, resource: "nvidia_com_gpu", unit: "integer" };
    result.push({ metric: capacity, value: [at, String(GPUS)] });
    for (let index = 0; index < GPUS; index += 1) {
      const seed = Math.floor(at) + cluster * 7919 + node * 101 + index * 13;
      const labels = {
        DCGM_FI_DRIVER_VERSION: "570.124.06",
        Hostname: name,
        UUID: `GPU-${hex(cluster, 8)}-${hex(node, 4)}-${hex(index, 4)}-0000-000000000000`,
        container: "nvidia-dcgm-exporter",
        device: `nvidia${index}`,
        endpoint: "gpu-metrics",
        exported_container: "main",
        exported_namespace: "ai-training",
        exported_pod: `train-${node}-${index}`,
        gpu: String(index),
        instance: `10.0.${cluster % 250}.${node}:9400`,
        job: "nvidia-dcgm-exporter",
        modelName: "NVIDIA H200",
        namespace: "gpu-operator",
        pci_bus_id: `00000000:${hex(index * 16, 2)}:00.0`,
        pod: `nvidia-dcgm-exporter-${node}`,
        service: "nvidia-dcgm-exporter",
      };
      for (const [family, value] of FAMILIES) {
        result.push({ metric: { __name__: family, ...labels }, value: [at, String(value(seed))] });
      }
    }
  }
  return JSON.stringify({ status: "success", data: { resultType: "vector", result } });
}
