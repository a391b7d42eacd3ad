import DataLoader from "dataloader";
import { CodedError } from "../../shared/kernel/errors.ts";
import type { GpuTarget } from "../readings/gpu-cluster.repository.ts";
import type { GpuTargets } from "../readings/targets.loader.ts";
import type { CollectionRepository } from "../updates/collection.repository.ts";
import { type NodeReading, nodesIn } from "./node-reading.mapper.ts";

/** The node of a device that is told of now; null where no cluster that may be seen has it. */
export type GpuLookup = DataLoader<string, NodeReading | null>;

interface Sources {
  targets: GpuTargets;
  collections: CollectionRepository;
  gpus: { outcome(target: GpuTarget): Promise<{ value?: Parameters<typeof nodesIn>[1]; failure?: object }> };
}

/**
 * A UUID does not tell its cluster: the one that it was last collected from is asked first, and the rest of the fleet only where it
 * was not collected, or is gone from there.
 */
export const gpuLookup = ({ targets, collections, gpus }: Sources): GpuLookup =>
  new DataLoader<string, NodeReading | null>(async (uuids) => {
    const collected = await collections.clustersOf(uuids);
    const search = async (uuid: string, among: readonly GpuTarget[]): Promise<Found> => {
      const outcomes = await Promise.all(among.map((target) => gpus.outcome(target)));
      for (const [index, { value }] of outcomes.entries()) {
        const target = among[index];
        const nodes = target && value ? nodesIn(target, value) : [];
        const node = nodes.find(({ devices }) => devices.some((device) => device.uuid === uuid));
        if (node) return { node, silent: 0 };
      }
      return { node: null, silent: outcomes.filter(({ failure }) => failure).length };
    };
    return await Promise.all(
      uuids.map(async (uuid) => {
        const likely = await Promise.all((collected.get(uuid) ?? []).map((id) => targets.byId.load(id)));
        const first = await search(
          uuid,
          likely.filter((target) => target !== null),
        );
        const { node, silent } = first.node ? first : await search(uuid, await targets.select({}));
        return node ?? (silent === 0 ? null : notAmong(silent));
      }),
    );
  });

interface Found {
  node: NodeReading | null;
  /** Clusters that did not answer. */
  silent: number;
}

const notAmong = (silent: number): CodedError =>
  new CodedError("INCOMPLETE", `It is in no cluster that answered, and ${silent} did not answer.`, { silent });
