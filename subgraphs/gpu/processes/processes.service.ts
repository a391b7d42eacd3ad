import { isComplete, requireAnswers } from "../../shared/fleet/cluster-outcome.ts";
import type { PageRequest } from "../../shared/kernel/page.ts";
import { modeOf } from "../nodes/gpu.mapper.ts";
import { toProcesses } from "../nodes/gpu-process.mapper.ts";
import type { GPUProcess } from "../nodes/gpu-process.type.ts";
import type { FleetReading, GpusService } from "../nodes/gpus.service.ts";
import { mergedDevices, type SmiState } from "../nodes/merged.mapper.ts";
import type { NodeReading } from "../nodes/node-reading.mapper.ts";
import type { AskedClusters } from "../readings/targets.loader.ts";

export interface ProcessFilter extends AskedClusters {
  nodes?: readonly string[] | null;
  gpuUuids?: readonly string[] | null;
  namespaces?: readonly string[] | null;
  nameContains?: string | null;
}

type Row = FleetReading["rows"][number];

export interface FoundProcesses {
  items: GPUProcess[];
  total: number;
  rows: Row[];
  complete: boolean;
}

/** On more nodes than these, nvidia-smi is not run for one answer. */
const MOST_RUNS = 100;

/** What runs on the fleet's GPUs. */
export class ProcessesService {
  readonly #gpus: GpusService;

  constructor(gpus: GpusService) {
    this.#gpus = gpus;
  }

  /** By cluster, node, GPU and process id. @throws NO_CLUSTER_SUCCEEDED where clusters were asked and none tells its processes */
  async overFleet(filter: ProcessFilter, { page, pageSize }: PageRequest): Promise<FoundProcesses> {
    const fleet = await this.#gpus.overFleet(filter);
    const nodes = fleet.nodes.filter(({ name }) => !filter.nodes?.length || filter.nodes.includes(name));
    const asked = nodes.filter(({ target }) => target.gpuExecEnabled).slice(0, MOST_RUNS);
    const states = new Map<NodeReading, SmiState>(
      await Promise.all(asked.map(async (node) => [node, await this.#gpus.smi(node)] as const)),
    );
    const all = (await Promise.all(asked.map((node) => this.#processes(node, states.get(node))))).flat();
    const found = all.filter((process) => matches(process, filter));
    const byCluster = Map.groupBy(nodes, ({ target }) => target.id);
    const rows = fleet.rows.map((row) => told(row, byCluster.get(row.clusterId) ?? [], states, found));
    // Where nvidia-smi is not allowed, nobody failed: the rows say so.
    requireAnswers(rows.filter(({ skipReason }) => skipReason !== "NO_ENDPOINT"));
    return {
      items: found.slice((page - 1) * pageSize, page * pageSize),
      total: found.length,
      rows,
      complete: isComplete(rows),
    };
  }

  async #processes(node: NodeReading, smi: SmiState | undefined): Promise<GPUProcess[]> {
    if (!smi || !("reading" in smi)) return [];
    const { sharing } = await this.#gpus.facts(node);
    return mergedDevices(node, smi).flatMap((merged) => toProcesses(merged, modeOf(merged, sharing)) ?? []);
  }
}

const matches = (
  { gpuUuid, pod, processName }: GPUProcess,
  { gpuUuids, namespaces, nameContains }: ProcessFilter,
): boolean =>
  (!gpuUuids?.length || gpuUuids.includes(gpuUuid)) &&
  (!namespaces?.length || (pod !== null && namespaces.includes(pod.namespace))) &&
  (!nameContains || (processName?.toLowerCase().includes(nameContains.toLowerCase()) ?? false));

/** The row of a cluster that was read, once its nodes were asked for processes too. */
function told(
  row: Row,
  nodes: readonly NodeReading[],
  states: ReadonlyMap<NodeReading, SmiState>,
  found: readonly GPUProcess[],
): Row {
  const [first] = nodes;
  if (!first) return { ...row, rows: 0 };
  if (!first.target.gpuExecEnabled) {
    const message = "nvidia-smi is not allowed to be run in this cluster (setGpuExec), and only it tells processes.";
    const error = { code: "NO_ENDPOINT" as const, message, retryable: false };
    return { ...row, rows: 0, status: "SKIPPED", skipReason: "NO_ENDPOINT", error };
  }
  const asked = nodes.filter((node) => states.has(node));
  const failures = asked.flatMap((node) => {
    const state = states.get(node);
    return state && "reason" in state ? [`${node.name}: ${state.reason}`] : [];
  });
  const truncated = asked.length < nodes.length;
  const rows = found.filter(({ clusterId }) => clusterId === row.clusterId).length;
  const [failure] = failures;
  if (failure && failures.length === nodes.length) {
    return { ...row, rows, status: "ERROR", error: { code: "UPSTREAM_ERROR", message: failure, retryable: true } };
  }
  const warnings = [...row.warnings, ...failures];
  return { ...row, rows, truncated, warnings, status: truncated || warnings.length > 0 ? "PARTIAL" : row.status };
}
