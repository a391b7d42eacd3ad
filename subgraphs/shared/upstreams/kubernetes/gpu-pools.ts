import type { ResourceSliceObject } from "./objects/resource-slice.ts";

/** Drivers of dynamic resource allocation whose devices are GPUs, each with the vendor that stands in for an unnamed product. */
const GPU_DRIVERS: Readonly<Record<string, string>> = {
  "gpu.nvidia.com": "NVIDIA",
  "gpu.amd.com": "AMD",
  "gpu.intel.com": "Intel",
  "gaudi.intel.com": "Intel Gaudi",
};

/** A pool of GPUs: usually a node's, else (node null) reachable from several. */
export interface GpuPool {
  driver: string;
  name: string;
  vendor: string;
  node: string | null;
  /** The product of each physical GPU, as its driver names it; null where it does not. */
  products: (string | null)[];
  /** What can be claimed of it, by the names that claims use. */
  devices: PoolDevice[];
}

export interface PoolDevice {
  name: string;
  /** Of the physical GPU that it is, or is a part of; null where its driver does not tell. */
  gpuUuid: string | null;
}

export interface GpuPools {
  pools: GpuPool[];
  /** Pools of GPUs of which a slice is missing: what they have is not known. */
  incomplete: number;
  /** Of these pools, what the slices that are there have. */
  uncertain: PoolDevice[];
}

/**
 * The GPUs that drivers offer. Of each pool only the highest generation counts, and only if all its slices are there: a driver
 * replaces slices one by one.
 */
export function gpuPools(slices: readonly ResourceSliceObject[]): GpuPools {
  const byPool = Map.groupBy(
    slices.filter(({ driver }) => Object.hasOwn(GPU_DRIVERS, driver)),
    ({ driver, pool }) => `${driver}/${pool.name}`,
  );
  const pools: GpuPool[] = [];
  const uncertain: PoolDevice[] = [];
  let incomplete = 0;
  for (const all of byPool.values()) {
    const generation = Math.max(...all.map(({ pool }) => pool.generation));
    const current = all.filter(({ pool }) => pool.generation === generation);
    const [first] = current;
    const offered = current.flatMap(({ devices }) => devices);
    const devices = offered.map(({ name, attributes }) => ({
      name,
      gpuUuid: attributes["parentUUID"] ?? attributes["uuid"] ?? null,
    }));
    if (!first || current.length !== first.pool.resourceSliceCount) {
      incomplete += 1;
      uncertain.push(...devices);
      continue;
    }
    const { driver, pool, nodeName } = first;
    const products = physicalGpus(offered);
    pools.push({ driver, name: pool.name, vendor: GPU_DRIVERS[driver] ?? driver, node: nodeName, products, devices });
  }
  return { pools, incomplete, uncertain };
}

/** A GPU, its partitions and its pass-through are devices each: they share a PCI address, or partitions name their parent. */
function physicalGpus(devices: ResourceSliceObject["devices"]): (string | null)[] {
  const products = new Map<string, string | null>();
  for (const { name, attributes } of devices) {
    const own = (...names: string[]) => names.map((attribute) => attributes[attribute]).find(Boolean);
    const card =
      own("parentPciAddr", "pcieBusID", "resource.kubernetes.io/pcieBusID", "pciAddr", "pciAddress") ??
      own("parentUUID", "uuid") ??
      name;
    products.set(card, own("productName", "model") ?? products.get(card) ?? null);
  }
  return [...products.values()];
}
