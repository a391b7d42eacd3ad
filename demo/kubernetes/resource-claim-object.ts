import { gpusOf } from "../world/gpus.ts";
import type { WorldNode, WorldPod } from "../world/inventory.ts";
import { EPOCH } from "../world/lifecycle.ts";
import { uuid } from "../world/random.ts";
import type { World } from "../world/world.ts";
import { type KubernetesObject, objectMetadata } from "./metadata.ts";
import { DRIVER, partName, resourceApiVersion } from "./resource-slice-object.ts";

interface Given {
  readonly pod: WorldPod;
  readonly pool: string;
  readonly device: string;
}

/**
 * The claims of a cluster whose GPUs are given out so: one for each pod that has any, made by hand before it, and one by which the
 * exporter of each node looks at all of the node's, as an administrator.
 */
export function resourceClaimObjects({ spec, inventory }: World): KubernetesObject[] {
  if (spec.gpu?.dra !== true || resourceApiVersion(spec) === undefined) return [];
  const gpus = gpusOf(inventory);
  const given = gpus.flatMap((gpu): Given[] => {
    const pool = gpu.node.name;
    if (gpu.parts.length === 0) return gpu.pod ? [{ pod: gpu.pod, pool, device: `gpu-${gpu.index}` }] : [];
    return gpu.parts.flatMap((part) => (part.pod ? [{ pod: part.pod, pool, device: partName(gpu, part) }] : []));
  });
  const seen = gpus.flatMap((gpu): Given[] => {
    const pod = inventory.pods.find((each) => each.workload === "nvidia-dcgm-exporter" && each.node === gpu.node);
    const names = gpu.parts.length > 0 ? gpu.parts.map((part) => partName(gpu, part)) : [`gpu-${gpu.index}`];
    return pod ? names.map((device) => ({ pod, pool: gpu.node.name, device })) : [];
  });
  const claim = ([pod, all]: [WorldPod, readonly Given[]], adminAccess: boolean): KubernetesObject => {
    const name = `${pod.name}-gpus`;
    const results = all.map(({ pool, device }) => ({
      request: "gpus",
      driver: DRIVER,
      pool,
      device,
      ...(adminAccess ? { adminAccess } : {}),
    }));
    return {
      metadata: { ...objectMetadata(uuid(pod.seed, "claim"), name, EPOCH, {}), namespace: pod.namespace },
      spec: {
        devices: { requests: [{ name: "gpus", ...requested(spec.kubernetesVersion, all.length, adminAccess) }] },
      },
      status: {
        allocation: { devices: { results }, nodeSelector: onNode(pod.node) },
        reservedFor: [{ resource: "pods", name: pod.name, uid: pod.uid }],
      },
    };
  };
  const claims = [
    ...[...Map.groupBy(given, ({ pod }) => pod)].map((each) => claim(each, false)),
    ...[...Map.groupBy(seen, ({ pod }) => pod)].map((each) => claim(each, true)),
  ];
  const place = ({ metadata }: KubernetesObject): string => `${metadata.namespace} ${metadata.name}`;
  return claims.sort((a, b) => (place(a) < place(b) ? -1 : 1));
}

/** From v1 on, what is asked for stands one level deeper. */
function requested(kubernetesVersion: string, count: number, adminAccess: boolean): object {
  const exactly = {
    deviceClassName: DRIVER,
    allocationMode: "ExactCount",
    count,
    ...(adminAccess ? { adminAccess } : {}),
  };
  return Number(kubernetesVersion.split(".")[1]) >= 34 ? { exactly } : exactly;
}

const onNode = (node: WorldNode | undefined): object => ({
  nodeSelectorTerms: [{ matchFields: [{ key: "metadata.name", operator: "In", values: [node?.name ?? ""] }] }],
});
