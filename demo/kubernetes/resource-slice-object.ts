import type { ClusterSpec } from "../catalogue.ts";
import { gpusOf, type WorldGpu } from "../world/gpus.ts";
import { EPOCH } from "../world/lifecycle.ts";
import { hex, uuid } from "../world/random.ts";
import type { World } from "../world/world.ts";
import { type KubernetesObject, objectMetadata } from "./metadata.ts";

export const DRIVER = "gpu.nvidia.com";
const GENERATION = 2;

/** The version of resource.k8s.io that is on by default, or by the driver's demand; undefined where there is none. */
export function resourceApiVersion({ kubernetesVersion, gpu }: ClusterSpec): "v1" | "v1beta1" | undefined {
  if (Number(kubernetesVersion.split(".")[1]) >= 34) return "v1";
  return gpu?.dra === true ? "v1beta1" : undefined;
}

/** The name of a part of a divided GPU, as NVIDIA's driver makes it. */
export const partName = ({ index }: WorldGpu, { id, profile }: WorldGpu["parts"][number]): string =>
  `gpu-${index}-mig-${profile.replace(".", "")}-${id}`;

/** A GPU, or the parts it is divided into. */
function devicesOf(gpu: WorldGpu): { name: string; attributes: object }[] {
  const { index, uuid: id, model, parts } = gpu;
  const device = (name: string, type: string, own: string, more: object = {}) => ({
    name,
    attributes: {
      type: { string: type },
      uuid: { string: own },
      productName: { string: model },
      driverVersion: { version: "570.124.6" },
      ...more,
    },
  });
  if (parts.length === 0) return [device(`gpu-${index}`, "gpu", id)];
  return parts.map((part) =>
    device(partName(gpu, part), "mig", part.uuid, {
      parentUUID: { string: id },
      profile: { string: part.profile },
    }),
  );
}

/**
 * What NVIDIA's driver of dynamic resource allocation offers: a pool for each node, in one slice. The first node's pool also has
 * a slice of the generation before, which the driver has not removed yet.
 */
export function resourceSliceObjects({ spec, inventory }: World): KubernetesObject[] {
  const version = resourceApiVersion(spec);
  if (spec.gpu?.dra !== true || version === undefined) return [];
  const gpus = gpusOf(inventory);
  const nodes = inventory.nodes.filter(({ gpu }) => gpu !== undefined);
  const slice = (node: string, generation: number, devices: readonly object[]): KubernetesObject => {
    const name = `${node}-${DRIVER}-${hex(spec.seed, `slice/${node}/${generation}`, 5)}`;
    return {
      metadata: { ...objectMetadata(uuid(spec.seed, name), name, EPOCH, {}), generateName: `${node}-${DRIVER}-` },
      spec: { driver: DRIVER, nodeName: node, pool: { name: node, generation, resourceSliceCount: 1 }, devices },
    };
  };
  const slices = nodes.map((node) => {
    const devices = gpus
      .filter((gpu) => gpu.node === node)
      .flatMap((gpu) => devicesOf(gpu))
      .map(({ name, attributes }) => (version === "v1" ? { name, attributes } : { name, basic: { attributes } }));
    return slice(node.name, GENERATION, devices);
  });
  const [first] = nodes;
  const outdated = first ? [slice(first.name, GENERATION - 1, [{ name: "gpu-0" }])] : [];
  return [...slices, ...outdated].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
}
