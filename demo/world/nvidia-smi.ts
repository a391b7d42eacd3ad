import { GPU_MODELS, gpusOf, type WorldGpu } from "./gpus.ts";
import type { WorldNode, WorldPod } from "./inventory.ts";
import { DRIVER, gpuDegrees, gpuWatts } from "./metrics/gpu.ts";
import { level } from "./rhythm.ts";
import type { World } from "./world.ts";

const CUDA = "12.8";
/** What the pods run on GPUs. */
const PROGRAMS: Readonly<Record<string, string>> = {
  "llm-inference": "VLLM::EngineCore",
  embeddings: "text-embeddings-router",
  train: "/usr/bin/python3.12",
  notebook: "/opt/conda/bin/python",
};

interface Process {
  readonly pod: WorldPod;
  readonly memory: number;
  readonly part?: number;
}

/** Those of the pods that have it, share it, or have parts of it. */
function processesOf({ pod, sharers, parts, used }: WorldGpu, t: number): Process[] {
  const memory = (rhythm: WorldGpu["used"], share = 1) => Math.floor((level(rhythm, t) - 4) * share);
  return [
    ...(pod ? [{ pod, memory: memory(used) }] : []),
    ...sharers.map((sharer) => ({ pod: sharer, memory: memory(used, 1 / sharers.length) })),
    ...parts.flatMap((part) => (part.pod ? [{ pod: part.pod, memory: memory(part.used), part: part.id }] : [])),
  ];
}

const processXml = ({ pod, memory, part }: Process): string => `
			<process_info>
				<gpu_instance_id>${part ?? "N/A"}</gpu_instance_id>
				<compute_instance_id>${part === undefined ? "N/A" : 0}</compute_instance_id>
				<pid>${20_000 + (pod.seed % 900_000)}</pid>
				<type>C</type>
				<process_name>${PROGRAMS[pod.workload] ?? pod.workload}</process_name>
				<used_memory>${memory} MiB</used_memory>
			</process_info>`;

const partXml = ({ id, memory, used }: WorldGpu["parts"][number], index: number, t: number): string => `
			<mig_device>
				<index>${index}</index>
				<gpu_instance_id>${id}</gpu_instance_id>
				<compute_instance_id>0</compute_instance_id>
				<fb_memory_usage>
					<total>${memory} MiB</total>
					<reserved>0 MiB</reserved>
					<used>${Math.round(level(used, t))} MiB</used>
					<free>${memory - Math.round(level(used, t))} MiB</free>
				</fb_memory_usage>
			</mig_device>`;

function gpuXml(gpu: WorldGpu, t: number, seesProcesses: boolean): string {
  const { memory, family, limit } = GPU_MODELS[gpu.model];
  const divided = gpu.parts.length > 0;
  const used = Math.round(gpu.parts.reduce((sum, part) => sum + level(part.used, t), divided ? 0 : level(gpu.used, t)));
  const busy = Math.round(level(gpu.utilisation, t));
  const mig = family === "ada-lovelace" ? "N/A" : divided ? "Enabled" : "Disabled";
  const processes = seesProcesses ? processesOf(gpu, t).map(processXml).join("") : "";
  return `
	<gpu id="${gpu.pciBusId}">
		<product_name>${gpu.model}</product_name>
		<product_brand>NVIDIA</product_brand>
		<mig_mode>
			<current_mig>${mig}</current_mig>
			<pending_mig>${mig}</pending_mig>
		</mig_mode>
		<mig_devices>${divided ? gpu.parts.map((part, index) => partXml(part, index, t)).join("") : "\n\t\t\tNone"}
		</mig_devices>
		<uuid>${gpu.uuid}</uuid>
		<minor_number>${gpu.index}</minor_number>
		<fan_speed>N/A</fan_speed>
		<performance_state>P0</performance_state>
		<fb_memory_usage>
			<total>${memory} MiB</total>
			<reserved>551 MiB</reserved>
			<used>${used} MiB</used>
			<free>${memory - used} MiB</free>
		</fb_memory_usage>
		<utilization>
			<gpu_util>${divided ? "N/A" : `${busy} %`}</gpu_util>
			<memory_util>${divided ? "N/A" : `${Math.round(busy * 0.55)} %`}</memory_util>
		</utilization>
		<temperature>
			<gpu_temp>${gpuDegrees(gpu, t)} C</gpu_temp>
		</temperature>
		<gpu_power_readings>
			<power_state>P0</power_state>
			<average_power_draw>${gpuWatts(gpu, t).toFixed(2)} W</average_power_draw>
			<instant_power_draw>${gpuWatts(gpu, t).toFixed(2)} W</instant_power_draw>
			<current_power_limit>${limit}.00 W</current_power_limit>
		</gpu_power_readings>
		<processes>${processes}
		</processes>
	</gpu>`;
}

/** What `nvidia-smi -q -x` writes on a node. Only in a container that shares the node's process ids it sees processes. */
export function smiOutput(world: World, node: WorldNode, t: number, seesProcesses: boolean): string {
  const gpus = gpusOf(world.inventory).filter((gpu) => gpu.node === node);
  const lost = gpus.filter(({ uuid }) => world.lostGpus.has(uuid));
  const present = gpus.filter((gpu) => !lost.includes(gpu));
  const notices = lost.map(
    ({ pciBusId }) =>
      `Unable to determine the device handle for GPU${pciBusId.slice(4)}: GPU is lost.  Reboot the system to recover this GPU\n`,
  );
  return `${notices.join("")}<?xml version="1.0" ?>
<!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v12.dtd">
<nvidia_smi_log>
	<timestamp>${new Date(t * 1000).toUTCString()}</timestamp>
	<driver_version>${DRIVER}</driver_version>
	<cuda_version>${CUDA}</cuda_version>
	<attached_gpus>${present.length}</attached_gpus>${present.map((gpu) => gpuXml(gpu, t, seesProcesses)).join("")}
</nvidia_smi_log>
`;
}
