import { counter } from "../counter.ts";
import { GPU_MODELS, gpusOf, type LostGpus, toldPod, type WorldGpu, type WorldGpuPart } from "../gpus.ts";
import { failingGpu, gpuSpell, HOT, hotGpu, hotSpell, XID } from "../incidents.ts";
import type { Inventory, WorldPod } from "../inventory.ts";
import { startedAt } from "../lifecycle.ts";
import { level } from "../rhythm.ts";
import { family, type MetricFamily } from "./family.ts";

export const DRIVER = "570.124.06";

/** The labels of a GPU's series; of one that is shared or divided, those about one of its pods or parts. */
export function gpuLabels(
  inventory: Inventory,
  gpu: WorldGpu,
  { pod = toldPod(inventory, gpu), more = {} }: { pod?: WorldPod | undefined; more?: Record<string, string> } = {},
): Record<string, string> {
  const { platform, environment } = inventory.spec;
  const exporter = inventory.pods.find((each) => each.workload === "nvidia-dcgm-exporter" && each.node === gpu.node);
  // Released exporters say Hostname, newer ones hostname: both are met in fleets, so both are here.
  const host = platform === "OPENSHIFT" ? "hostname" : "Hostname";
  // Some let the exporter's own labels stand, where others keep the target's and call those exported.
  const honoured = environment === "STAGING" || environment === "DEVELOPMENT";
  const prefix = honoured ? "" : "exported_";
  return {
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
    ...(pod === undefined
      ? {}
      : {
          [`${prefix}namespace`]: pod.namespace,
          [`${prefix}pod`]: pod.name,
          [`${prefix}container`]: pod.containers[0]?.name ?? "",
        }),
    ...more,
  };
}

/** The labels that the rule about a GPU's errors leaves. */
export function xidLabels(inventory: Inventory, gpu: WorldGpu): Record<string, string> {
  const host = inventory.spec.platform === "OPENSHIFT" ? "hostname" : "Hostname";
  const pod = toldPod(inventory, gpu);
  const ofPod = pod && {
    exported_namespace: pod.namespace,
    exported_pod: pod.name,
    namespace: pod.namespace,
    pod: pod.name,
  };
  return {
    UUID: gpu.uuid,
    modelName: gpu.model,
    gpu: String(gpu.index),
    [host]: gpu.node.name,
    ...ofPod,
    node: gpu.node.name,
  };
}

/** What a series is about: a GPU, one of its parts, or one of the pods that share it. */
interface Row {
  readonly gpu: WorldGpu;
  readonly part?: WorldGpuPart;
  readonly labels: Record<string, string>;
}

function rowsOf(inventory: Inventory, gpu: WorldGpu): Row[] {
  if (gpu.parts.length > 0) {
    return gpu.parts.map((part) => {
      const more = { GPU_I_ID: String(part.id), GPU_I_PROFILE: part.profile };
      return { gpu, part, labels: gpuLabels(inventory, gpu, { pod: part.pod, more }) };
    });
  }
  if (gpu.sharers.length === 0) return [{ gpu, labels: gpuLabels(inventory, gpu) }];
  return gpu.sharers.map((pod, turn) => ({
    gpu,
    labels: gpuLabels(inventory, gpu, { pod, more: { vgpu: String(turn) } }),
  }));
}

/** What dcgm-exporter measures, on clusters with GPUs. */
export function gpuFamilies(inventory: Inventory, lost: LostGpus): MetricFamily[] {
  const gpus = gpusOf(inventory);
  if (gpus.length === 0) return [];
  const rows = gpus.flatMap((gpu) => rowsOf(inventory, gpu));
  const undivided = rows.filter(({ part }) => part === undefined);
  const energy = new Map(gpus.map((gpu) => [gpu, counter(gpu.utilisation, gpu.node.life)]));
  const failing = failingGpu(inventory)?.uuid;
  const spell = gpuSpell(inventory.spec);
  const hot = hotGpu(inventory)?.uuid;
  const heat = hotSpell(inventory.spec);
  type At = (row: Row, t: number) => number;
  const metric = (name: string, type: "gauge" | "counter", help: string, at: At, of: readonly Row[] = rows) =>
    seen(
      lost,
      family(name, type, help, () => of.map((row) => [row.labels, (t: number) => at(row, t)])),
    );
  const busy: At = ({ gpu, part }, t) => Math.round(level((part ?? gpu).utilisation, t));
  const used: At = ({ gpu, part }, t) => Math.round(level((part ?? gpu).used, t));
  const storm = failing === undefined ? [] : rows.filter(({ gpu }) => gpu.uuid === failing);
  return [
    metric("DCGM_FI_DEV_GPU_UTIL", "gauge", "GPU utilization (in %).", busy, undivided),
    metric(
      "DCGM_FI_DEV_MEM_COPY_UTIL",
      "gauge",
      "Memory utilization (in %).",
      (row, t) => Math.round(busy(row, t) * 0.55),
      undivided,
    ),
    metric(
      "DCGM_FI_PROF_GR_ENGINE_ACTIVE",
      "gauge",
      "Ratio of time the graphics engine is active.",
      (row, t) => busy(row, t) / 100,
    ),
    metric("DCGM_FI_DEV_FB_USED", "gauge", "Framebuffer memory used (in MiB).", used),
    metric(
      "DCGM_FI_DEV_FB_FREE",
      "gauge",
      "Framebuffer memory free (in MiB).",
      (row, t) => (row.part?.memory ?? GPU_MODELS[row.gpu.model].memory) - used(row, t),
    ),
    metric(
      "DCGM_FI_DEV_POWER_USAGE",
      "gauge",
      "Power draw (in W).",
      ({ gpu }, t) => Math.round(gpuWatts(gpu, t) * 1000) / 1000,
    ),
    metric("DCGM_FI_DEV_GPU_TEMP", "gauge", "GPU temperature (in C).", ({ gpu }, t) => gpuDegrees(gpu, t)),
    metric("DCGM_FI_DEV_SM_CLOCK", "gauge", "SM clock frequency (in MHz).", (row, t) =>
      busy(row, t) > 0 ? 1410 : 210,
    ),
    metric(
      "DCGM_FI_DEV_CLOCK_THROTTLE_REASONS",
      "gauge",
      "Reasons for which the clocks are lower than they could be (bitmask).",
      ({ gpu }, t) => (gpu.uuid === hot && heat(t) !== undefined ? HOT : level(gpu.utilisation, t) > 0 ? 0 : 1),
    ),
    metric("DCGM_FI_DEV_ROW_REMAP_FAILURE", "gauge", "Whether remapping of rows has failed.", () => 0),
    metric("DCGM_FI_DEV_XID_ERRORS", "gauge", "Value of the last XID error encountered.", ({ gpu }, t) =>
      gpu.uuid === failing && spell(t) !== undefined ? XID : 0,
    ),
    seen(
      lost,
      family(
        "DCGM_EXP_XID_ERRORS_COUNT",
        "gauge",
        "Count of XID Errors within user-specified time window (see xid-count-window-size param).",
        () =>
          storm.map(({ labels }) => [
            { ...labels, window_size_in_ms: "300000", xid: String(XID) },
            // One more each minute, for as long as the window is.
            (t) => Math.min(5, Math.ceil((t - (spell(t) ?? t)) / 60)),
          ]),
      ),
    ),
    metric(
      "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION",
      "counter",
      "Total energy consumption since boot (in mJ).",
      ({ gpu }, t) => {
        const { idle, perCent } = GPU_MODELS[gpu.model];
        const boot = startedAt(gpu.node.life, t);
        return Math.floor(1000 * (idle * (t - boot) + perCent * (energy.get(gpu)?.(t) ?? 0)));
      },
    ),
  ];
}

export const gpuWatts = ({ model, utilisation }: WorldGpu, t: number): number =>
  GPU_MODELS[model].idle + GPU_MODELS[model].perCent * level(utilisation, t);

export const gpuDegrees = ({ utilisation }: WorldGpu, t: number): number =>
  Math.round(32 + 0.38 * level(utilisation, t));

/** Without the series of GPUs that are lost: they end, and do not fall to 0. */
const seen = (lost: LostGpus, all: MetricFamily): MetricFamily => ({
  name: all.name,
  type: all.type,
  help: all.help,
  get series() {
    return all.series.filter(({ labels }) => !lost.has(labels["UUID"] ?? ""));
  },
});
