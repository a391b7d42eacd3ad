import { CodedError } from "../../shared/kernel/errors.ts";
import type { PageRequest } from "../../shared/kernel/page.ts";
import type { AskedClusters } from "../readings/targets.loader.ts";
import { type DeviceFilter, filtersDevices, matches } from "./gpu.filter.ts";
import { modeOf } from "./gpu.mapper.ts";
import type { FleetReading, GpusService } from "./gpus.service.ts";
import type { MergedDevice } from "./merged.mapper.ts";
import type { NodeReading } from "./node-reading.mapper.ts";

export interface NodeFilter extends AskedClusters, DeviceFilter {
  nodes?: readonly string[] | null;
}

/** On more nodes than these, nvidia-smi is not run for one answer. */
const MOST_RUNS = 100;

/** Which nodes and devices match. */
export class GpuNodesService {
  readonly #gpus: GpusService;

  constructor(gpus: GpusService) {
    this.#gpus = gpus;
  }

  async page(filter: NodeFilter, { page, pageSize }: PageRequest): Promise<FleetReading & { total: number }> {
    const fleet = await this.#gpus.overFleet(filter);
    const nodes = await this.#matching(fleet.nodes, filter);
    return { ...fleet, nodes: nodes.slice((page - 1) * pageSize, page * pageSize), total: nodes.length };
  }

  /** Null for a cluster that is not to be seen. */
  async ofCluster(clusterId: string, filter: NodeFilter): Promise<NodeReading[] | null> {
    if (filter.clusterIds || filter.selector) {
      throw new CodedError("BAD_USER_INPUT", "filter: of one cluster's nodes, leave out clusterIds and selector.", {
        field: "filter",
        rule: "without clusterIds and selector",
      });
    }
    const nodes = await this.#gpus.ofCluster(clusterId);
    return nodes && (await this.#matching(nodes, filter));
  }

  async devices(node: NodeReading, filter: DeviceFilter): Promise<MergedDevice[]> {
    const devices = await this.#gpus.devices(node);
    const sharing = await this.#sharing(node, filter);
    return devices.filter((merged) => matches(filter, withValues(merged), node, () => modeOf(merged, sharing)));
  }

  async #matching(nodes: readonly NodeReading[], filter: NodeFilter): Promise<NodeReading[]> {
    const named = nodes.filter(({ name }) => !filter.nodes?.length || filter.nodes.includes(name));
    if (!filtersDevices(filter)) return named;
    let runs = 0;
    const kept = await Promise.all(
      named.map(async (node) => {
        // Of nodes that exporters tell of, their word is enough to find them.
        if (node.devices.length === 0 && node.target.gpuExecEnabled && runs++ < MOST_RUNS) {
          return (await this.devices(node, filter)).length > 0;
        }
        const sharing = await this.#sharing(node, filter);
        return node.devices.some((device) =>
          matches(filter, device, node, () => modeOf({ device, smiGpu: null }, sharing)),
        );
      }),
    );
    return named.filter((_, index) => kept[index]);
  }

  async #sharing(node: NodeReading, { modes }: DeviceFilter) {
    return modes?.length ? (await this.#gpus.facts(node)).sharing : null;
  }
}

/** As the graph shows it. */
const withValues = ({ device, told: [newest, older] }: MergedDevice): MergedDevice["device"] => ({
  ...device,
  values: { ...older?.values, ...newest?.values },
});
