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
}

export interface GpuPools {
  pools: GpuPool[];
  /** Pools of GPUs of which a slice is missing: what they have is not known. */
  incomplete: number;
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
  let incomplete = 0;
  for (const all of byPool.values()) {
    const generation = Math.max(...all.map(({ pool }) => pool.generation));
    const current = all.filter(({ pool }) => pool.generation === generation);
    const [first] = current;
    if (!first || current.length !== first.pool.resourceSliceCount) {
      incomplete += 1;
      continue;
    }
    const { driver, pool, nodeName } = first;
    const products = physicalGpus(current.flatMap(({ devices }) => devices));
    pools.push({ driver, name: pool.name, vendor: GPU_DRIVERS[driver] ?? driver, node: nodeName, products });
  }
  return { pools, incomplete };
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
