import type { FleetReading, GpusService } from "../nodes/gpus.service.ts";
import { mergedDevices } from "../nodes/merged.mapper.ts";
import type { NodeReading } from "../nodes/node-reading.mapper.ts";
import type { AskedClusters } from "../readings/targets.loader.ts";
import type { Counted } from "./summary.mapper.ts";

const NOT_ASKED = { reason: "Not asked to add up." };

/** What GPUs there are, to be added up: as exporters tell, and nvidia-smi only of nodes that no exporter tells of. */
export class SummaryService {
  readonly #gpus: GpusService;

  constructor(gpus: GpusService) {
    this.#gpus = gpus;
  }

  async overFleet(asked: AskedClusters): Promise<FleetReading & { counted: Counted[] }> {
    const fleet = await this.#gpus.overFleet(asked);
    return { ...fleet, counted: await this.#count(fleet.nodes) };
  }

  /** Null for a cluster that is not to be seen. */
  async ofCluster(clusterId: string): Promise<Counted[] | null> {
    const nodes = await this.#gpus.ofCluster(clusterId);
    return nodes && (await this.#count(nodes));
  }

  #count(nodes: readonly NodeReading[]): Promise<Counted[]> {
    return Promise.all(
      nodes.map(async (node) => ({
        node,
        devices: node.devices.length > 0 ? mergedDevices(node, NOT_ASKED) : await this.#gpus.devices(node),
      })),
    );
  }
}
