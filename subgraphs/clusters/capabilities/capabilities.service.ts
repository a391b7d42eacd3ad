import type { Prisma } from "../../../prisma/generated/client.ts";
import type { FleetClients } from "../../shared/fleet/clients.ts";
import type { KubernetesClient } from "../../shared/upstreams/kubernetes/client.ts";
import type { Node } from "../../shared/upstreams/kubernetes/schema.ts";
import type { Checked } from "../health/health.repository.ts";

/** Extended resources of the device plugins, and the node label that names the product. */
const GPU_VENDORS = [
  { resource: "nvidia.com/gpu", productLabel: "nvidia.com/gpu.product", vendor: "NVIDIA" },
  { resource: "amd.com/gpu", productLabel: "amd.com/gpu.product-name", vendor: "AMD" },
  { resource: "habana.ai/gaudi", productLabel: "habana.ai/gaudi.product", vendor: "Intel Gaudi" },
];
const REFRESH_MS = 10 * 60_000;

type Found = Pick<
  Prisma.ClusterUncheckedUpdateManyInput,
  "platformVersion" | "hasGpuNodes" | "gpuCount" | "gpuTypes" | "capabilitiesAt"
>;

/** Detects what a cluster has, by its API server. What is forbidden stays null: that is not the same as absent. */
export class CapabilitiesService {
  readonly #clients: FleetClients;

  constructor(clients: FleetClients) {
    this.#clients = clients;
  }

  /** Findings to store, or null where the last ones are fresh. */
  async detectIfDue(cluster: Checked, now: Date, signal: AbortSignal): Promise<Found | null> {
    if (cluster.capabilitiesAt && now.getTime() - cluster.capabilitiesAt.getTime() < REFRESH_MS) return null;
    const client = await this.#clients.kubernetes(cluster);
    const [nodes, version] = await Promise.all([orNull(client.nodes({ signal })), orNull(client.version({ signal }))]);
    const platformVersion =
      (await orNull(distributionVersion(client, cluster, signal))) ?? version?.replace(/^v/, "") ?? null;
    return {
      ...(platformVersion ? { platformVersion } : {}),
      ...(nodes ? gpus(nodes) : { hasGpuNodes: null, gpuCount: null, gpuTypes: [] }),
      capabilitiesAt: now,
    };
  }
}

/** Of the distribution, where it has a version of its own. */
async function distributionVersion(
  client: KubernetesClient,
  { platform }: Checked,
  signal: AbortSignal,
): Promise<string | null> {
  if (platform === "OPENSHIFT") return await client.openshiftVersion({ signal });
  if (platform === "MICROSHIFT") return await client.microshiftVersion({ signal });
  return null;
}

function gpus(nodes: readonly Node[]): Pick<Found, "hasGpuNodes" | "gpuCount" | "gpuTypes"> {
  const types = new Set<string>();
  let count = 0;
  for (const { capacity, labels } of nodes) {
    for (const { resource, productLabel, vendor } of GPU_VENDORS) {
      const devices = Number(capacity[resource] ?? 0);
      if (!(devices > 0)) continue;
      count += devices;
      types.add(labels[productLabel]?.replaceAll("-", " ") ?? vendor);
    }
  }
  return { hasGpuNodes: count > 0, gpuCount: count, gpuTypes: [...types].sort() };
}

/** A part that cannot be looked at (forbidden, say) must not hide what the others found. */
const orNull = <T>(value: Promise<T>): Promise<T | null> => value.catch(() => null);
