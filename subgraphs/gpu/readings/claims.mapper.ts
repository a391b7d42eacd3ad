import type { GpuPool, PoolDevice } from "../../shared/upstreams/kubernetes/gpu-pools.ts";
import type { ResourceClaimObject } from "../../shared/upstreams/kubernetes/objects/resource-claim.ts";
import type { DeviceReading, PodName } from "./device.mapper.ts";
import type { ClusterReading } from "./exporters.mapper.ts";

/** What claims have of a GPU. */
export interface ClaimedDevice {
  /** Null where its claims, or all of its pool, could not be read. */
  allocated: boolean | null;
  /** Those that may use it now; none, where what is allocated is reserved for nobody. */
  pods: readonly PodName[];
  /** Since when it has been so at the longest; null where it is not allocated, or nobody tells. */
  since: Date | null;
}

/** By UUID: of every GPU that a driver of dynamic resource allocation offers. */
export type ClaimedDevices = ReadonlyMap<string, ClaimedDevice>;

type Claim = Pick<ResourceClaimObject, "namespace" | "createdAt" | "allocatedAt" | "devices" | "pods">;

const UNKNOWN: ClaimedDevice = { allocated: null, pods: [], since: null };

const keyOf = (driver: string, pool: string, device: string): string => JSON.stringify([driver, pool, device]);

/**
 * Joins what is offered with what is claimed: a device is its driver, its pool and its name. Of a GPU that is divided, a part that is
 * allocated is enough. Who looks at a device with an administrator's access does not have it.
 * @param claims null where they could not be read.
 */
export function claimedDevices(
  { pools, uncertain }: { pools: readonly GpuPool[]; uncertain: readonly PoolDevice[] },
  claims: readonly Claim[] | null,
): ClaimedDevices {
  const uuids = new Map<string, string>();
  const found = new Map<string, ClaimedDevice>();
  for (const { gpuUuid } of uncertain) if (gpuUuid !== null) found.set(gpuUuid, UNKNOWN);
  for (const { driver, name: pool, devices } of pools) {
    for (const { name, gpuUuid } of devices) {
      if (gpuUuid === null) continue;
      uuids.set(keyOf(driver, pool, name), gpuUuid);
      found.set(gpuUuid, claims === null ? UNKNOWN : { allocated: false, pods: [], since: null });
    }
  }
  for (const { namespace, createdAt, allocatedAt, devices, pods } of claims ?? []) {
    const names = pods.map((name) => ({ namespace: namespace ?? "", name }));
    const since = allocatedAt ?? createdAt;
    for (const { driver, pool, device, adminAccess } of devices) {
      const uuid = uuids.get(keyOf(driver, pool, device));
      const known = uuid === undefined ? undefined : found.get(uuid);
      if (uuid === undefined || !known || adminAccess) continue;
      const others = names.filter(
        ({ namespace: of, name }) => !known.pods.some((pod) => pod.name === name && pod.namespace === of),
      );
      found.set(uuid, {
        allocated: true,
        pods: [...known.pods, ...others],
        since: known.allocated && (known.since === null || since === null || known.since < since) ? known.since : since,
      });
    }
  }
  return found;
}

/** Whether claims may tell more of a cluster: on some node devices are seen that it does not offer as a resource, and no pod of them. */
export function mayBeClaimed({ devices, nodes }: Pick<ClusterReading, "devices" | "nodes">): boolean {
  return devices.some(
    ({ node, pods, instances }) =>
      pods.length === 0 &&
      instances.every((instance) => instance.pods.length === 0) &&
      Object.keys(nodes.get(node)?.capacity ?? {}).length === 0,
  );
}

/** The device with what is claimed of it. Where its exporter tells its pods, these are the same ones, and told of its parts too. */
export function withClaim(device: DeviceReading, claims: ClaimedDevices | undefined): DeviceReading {
  const claim = claims?.get(device.uuid);
  if (!claim) return device;
  const told = device.pods.length > 0 || device.instances.some(({ pods }) => pods.length > 0);
  const claimed = claim.allocated;
  return told || claimed === null
    ? { ...device, claimed }
    : { ...device, claimed, pods: [...claim.pods], podsBy: "KUBERNETES" };
}
