import { clusterOutcome, isComplete, requireAnswers } from "../../shared/fleet/cluster-outcome.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import type { Outcome } from "../../shared/kernel/outcome.ts";
import type { ClusterReading } from "../readings/exporters.mapper.ts";
import type { GpuTarget } from "../readings/gpu-cluster.repository.ts";
import { factsByKubernetes, factsByMetrics, type NodeFacts } from "../readings/node-facts.plan.ts";
import type { InventoryLoader, ReadingLoader } from "../readings/readings.loader.ts";
import type { AskedClusters, GpuTargets } from "../readings/targets.loader.ts";
import type { SmiLoader } from "../smi/smi.loader.ts";
import { type MergedDevice, mergedDevices, type SmiState } from "./merged.mapper.ts";
import { type NodeReading, nodesIn } from "./node-reading.mapper.ts";

type Row = ReturnType<typeof clusterOutcome>;

/** What a fleet answered. */
export interface FleetReading {
  nodes: NodeReading[];
  rows: Row[];
  /** Whether every cluster that may have GPUs answered completely. */
  complete: boolean;
}

const OFF = "nvidia-smi is not allowed to be run in this cluster (setGpuExec).";
const OF_ALL = "nvidia-smi tells of all namespaces: it needs a scope without namespaces.";

/** GPUs of clusters, within one operation. */
export class GpusService {
  readonly #targets: GpuTargets;
  readonly #readings: ReadingLoader;
  readonly #inventories: InventoryLoader;
  readonly #smi: SmiLoader;

  constructor(options: { targets: GpuTargets; readings: ReadingLoader; inventories: InventoryLoader; smi: SmiLoader }) {
    this.#targets = options.targets;
    this.#readings = options.readings;
    this.#inventories = options.inventories;
    this.#smi = options.smi;
  }

  /**
   * By cluster name, then node name. Clusters that are known to have no GPUs are not asked, and lack nothing.
   * @throws NO_CLUSTER_SUCCEEDED when there were clusters to ask and none answered
   */
  async overFleet(asked: AskedClusters): Promise<FleetReading> {
    const targets = await this.#targets.select(asked);
    const outcomes = await Promise.all(targets.map((target) => this.outcome(target)));
    const nodes = targets.flatMap((target, index) => {
      const reading = outcomes[index]?.value;
      return reading ? nodesIn(target, reading) : [];
    });
    const rows = targets.flatMap((target, index) => {
      const outcome = outcomes[index];
      if (!outcome) return [];
      return [clusterOutcome(target, outcome, (reading) => sizeOf(target, reading))];
    });
    requireAnswers(rows);
    return { nodes, rows, complete: isComplete(rows) };
  }

  async outcome(target: GpuTarget): Promise<Outcome<ClusterReading>> {
    if (target.hasGpuNodes !== false) return await this.#readings.load(target);
    return { status: "SKIPPED", skipReason: "NO_CAPABILITY", startedAt: new Date(), durationMs: 0 };
  }

  /** Null for a cluster that is not to be seen. @throws why it cannot be asked. */
  async ofCluster(clusterId: string): Promise<NodeReading[] | null> {
    const target = await this.#targets.byId.load(clusterId);
    if (!target) return null;
    const { value, failure } = await this.outcome(target);
    if (value) return nodesIn(target, value);
    if (!failure) return [];
    throw new CodedError(failure.code, `${target.name}: ${failure.message}`, { clusterId });
  }

  async node(clusterId: string, nodeName: string): Promise<NodeReading | null> {
    return (await this.ofCluster(clusterId))?.find(({ name }) => name === nodeName) ?? null;
  }

  /** As exporters tell of them, and nvidia-smi where it may be run. */
  async devices(node: NodeReading): Promise<MergedDevice[]> {
    return mergedDevices(node, await this.smi(node));
  }

  async smi({ target, name }: NodeReading): Promise<SmiState> {
    if (target.namespaces) return { reason: OF_ALL };
    if (!target.gpuExecEnabled) return { reason: OFF };
    const { value, failure } = await this.#smi.load({ target, node: name });
    return value ? { reading: value } : { reason: `nvidia-smi: ${failure?.message ?? "no answer."}` };
  }

  /** How many are not seen of those that should be; null where nobody tells of the node's devices, or of how many there should be. */
  async missing(node: NodeReading, { expected }: NodeFacts): Promise<number | null> {
    const seen = (await this.devices(node)).length;
    return expected === null || seen === 0 ? null : Math.max(0, expected - seen);
  }

  /** Kubernetes is asked only where what kube-state-metrics told is not enough. */
  async facts({ target, name, devices, resources }: NodeReading): Promise<NodeFacts> {
    const told = factsByMetrics(devices, resources);
    if (told) return told;
    const { value, failure } = await this.#inventories.load(target);
    if (!value) return { expected: null, sharing: null, reason: `Kubernetes: ${failure?.message ?? "no answer."}` };
    const pools = value.pools.filter(({ node }) => node === name);
    return factsByKubernetes(devices, value.nodes.get(name), pools);
  }

  /** Of the driver: as nvidia-smi tells it, or the node's labels. */
  async cudaVersion({ node, device, smi }: MergedDevice): Promise<CudaVersion> {
    if ("reading" in smi && smi.reading.log.cudaVersion !== null) {
      return { version: smi.reading.log.cudaVersion, source: "NVIDIA_SMI", reason: null };
    }
    if (device.vendor !== "NVIDIA") return { version: null, source: "KUBERNETES", reason: "CUDA is NVIDIA's." };
    const { value, failure } = await this.#inventories.load(node.target);
    const labels = value?.nodes.get(node.name)?.labels;
    const [major, minor] = ["major", "minor"].map((part) => labels?.[`nvidia.com/cuda.runtime.${part}`]);
    if (major && minor) return { version: `${major}.${minor}`, source: "KUBERNETES", reason: null };
    const reason = failure ? `Kubernetes: ${failure.message}` : "The node's labels do not tell it.";
    return { version: null, source: "KUBERNETES", reason };
  }
}

const sizeOf = (target: GpuTarget, reading: ClusterReading) => ({
  rows: nodesIn(target, reading).length,
  warnings: reading.warnings,
});

export interface CudaVersion {
  version: string | null;
  source: "NVIDIA_SMI" | "KUBERNETES";
  /** Why it is not known. */
  reason: string | null;
}
