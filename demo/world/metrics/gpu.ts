import { counter } from "../counter.ts";
import { GPU_MODELS, gpusOf, type WorldGpu } from "../gpus.ts";
import type { Inventory } from "../inventory.ts";
import { startedAt } from "../lifecycle.ts";
import { level } from "../rhythm.ts";
import { family, type MetricFamily } from "./family.ts";

const DRIVER = "570.124.06";

function labelsOf(inventory: Inventory, gpu: WorldGpu): Record<string, string> {
  const exporter = inventory.pods.find((pod) => pod.workload === "nvidia-dcgm-exporter" && pod.node === gpu.node);
  // Released exporters say Hostname, newer ones hostname: both are met in fleets, so both are here.
  const host = inventory.spec.platform === "OPENSHIFT" ? "hostname" : "Hostname";
  const labels: Record<string, string> = {
    DCGM_FI_DRIVER_VERSION: DRIVER,
    UUID: gpu.uuid,
    device: `nvidia${gpu.index}`,
    gpu: String(gpu.index),
    modelName: gpu.model,
    pci_bus_id: gpu.pciBusId,
    [host]: gpu.node.name,
    job: "nvidia-dcgm-exporter",
    service: "nvidia-dcgm-exporter",
    endpoint: "gpu-metrics",
    instance: `${exporter?.ip ?? ""}:9400`,
    namespace: "nvidia-gpu-operator",
    pod: exporter?.name ?? "",
    container: "nvidia-dcgm-exporter",
  };
  if (gpu.pod !== undefined) {
    labels["exported_namespace"] = gpu.pod.namespace;
    labels["exported_pod"] = gpu.pod.name;
    labels["exported_container"] = gpu.pod.containers[0]?.name ?? "";
  }
  return labels;
}

/** What dcgm-exporter measures, on clusters with GPUs. */
export function gpuFamilies(inventory: Inventory): MetricFamily[] {
  const gpus = gpusOf(inventory).map((gpu) => ({
    gpu,
    labels: labelsOf(inventory, gpu),
    model: GPU_MODELS[gpu.model],
    busySeconds: counter(gpu.utilisation, gpu.node.life),
  }));
  if (gpus.length === 0) return [];
  type Entry = (typeof gpus)[number];
  const metric = (name: string, type: "gauge" | "counter", help: string, at: (entry: Entry, t: number) => number) =>
    family(name, type, help, () => gpus.map((entry) => [entry.labels, (t: number) => at(entry, t)]));
  const busy = ({ gpu }: Entry, t: number) => Math.round(level(gpu.utilisation, t));
  const used = ({ gpu }: Entry, t: number) => Math.round(level(gpu.used, t));
  const watts = (entry: Entry, t: number) => entry.model.idle + entry.model.perCent * level(entry.gpu.utilisation, t);
  return [
    metric("DCGM_FI_DEV_GPU_UTIL", "gauge", "GPU utilization (in %).", busy),
    metric("DCGM_FI_DEV_MEM_COPY_UTIL", "gauge", "Memory utilization (in %).", (entry, t) =>
      Math.round(busy(entry, t) * 0.55),
    ),
    metric("DCGM_FI_DEV_FB_USED", "gauge", "Framebuffer memory used (in MiB).", used),
    metric(
      "DCGM_FI_DEV_FB_FREE",
      "gauge",
      "Framebuffer memory free (in MiB).",
      (entry, t) => entry.model.memory - used(entry, t),
    ),
    metric(
      "DCGM_FI_DEV_POWER_USAGE",
      "gauge",
      "Power draw (in W).",
      (entry, t) => Math.round(watts(entry, t) * 1000) / 1000,
    ),
    metric("DCGM_FI_DEV_GPU_TEMP", "gauge", "GPU temperature (in C).", (entry, t) =>
      Math.round(32 + 0.38 * level(entry.gpu.utilisation, t)),
    ),
    metric("DCGM_FI_DEV_SM_CLOCK", "gauge", "SM clock frequency (in MHz).", (entry, t) =>
      busy(entry, t) > 0 ? 1410 : 210,
    ),
    metric("DCGM_FI_DEV_XID_ERRORS", "gauge", "Value of the last XID error encountered.", () => 0),
    metric(
      "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION",
      "counter",
      "Total energy consumption since boot (in mJ).",
      ({ gpu, model, busySeconds }, t) => {
        const boot = startedAt(gpu.node.life, t);
        return Math.floor(1000 * (model.idle * (t - boot) + model.perCent * busySeconds(t)));
      },
    ),
  ];
}
