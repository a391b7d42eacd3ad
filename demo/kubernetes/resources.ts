import type { ClusterSpec } from "../catalogue.ts";
import type { World } from "../world/world.ts";
import { certificateObjects } from "./certificate-objects.ts";
import { deploymentObjects, replicaSetObjects } from "./deployment-objects.ts";
import { eventObjects } from "./event-object.ts";
import { clusterProfiles, managedClusters, managedServiceAccounts, tokenSecrets } from "./hub-objects.ts";
import type { KubernetesObject } from "./metadata.ts";
import { ingressObjects, routeObjects, serviceObjects } from "./network-objects.ts";
import { nodeObject } from "./node-object.ts";
import { clusterVersions, configMaps, namespaces } from "./platform-objects.ts";
import { podObject } from "./pod-object.ts";
import { resourceClaimObjects } from "./resource-claim-object.ts";
import { resourceApiVersion, resourceSliceObjects } from "./resource-slice-object.ts";

/** A kind of object the API serves; `list` gives all of them sorted by namespace and name, at `now` in unix seconds. */
export interface Resource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly fields: readonly string[];
  readonly list: (world: World, now: number) => readonly KubernetesObject[];
}

const CORE = { group: "", version: "v1" };
const RESOURCES: readonly Resource[] = [
  {
    ...CORE,
    plural: "nodes",
    kind: "Node",
    namespaced: false,
    fields: ["metadata.name", "spec.unschedulable"],
    list: (world, now) => world.inventory.nodes.map((node) => nodeObject(node, world, now)),
  },
  {
    ...CORE,
    plural: "namespaces",
    kind: "Namespace",
    namespaced: false,
    fields: ["metadata.name", "status.phase"],
    list: namespaces,
  },
  {
    ...CORE,
    plural: "pods",
    kind: "Pod",
    namespaced: true,
    fields: [
      "metadata.name",
      "metadata.namespace",
      "spec.nodeName",
      "status.phase",
      "spec.restartPolicy",
      "status.podIP",
    ],
    list: ({ inventory, spec }, now) => inventory.pods.map((pod) => podObject(pod, now, spec.seed)),
  },
  {
    ...CORE,
    plural: "events",
    kind: "Event",
    namespaced: true,
    fields: [
      "metadata.name",
      "metadata.namespace",
      "involvedObject.kind",
      "involvedObject.name",
      "involvedObject.namespace",
      "involvedObject.uid",
      "reason",
      "type",
    ],
    list: eventObjects,
  },
  {
    ...CORE,
    plural: "configmaps",
    kind: "ConfigMap",
    namespaced: true,
    fields: ["metadata.name", "metadata.namespace"],
    list: configMaps,
  },
];
const CLUSTER_VERSIONS: Resource = {
  group: "config.openshift.io",
  version: "v1",
  plural: "clusterversions",
  kind: "ClusterVersion",
  namespaced: false,
  fields: ["metadata.name", "metadata.namespace"],
  list: clusterVersions,
};

/** As its objects have it. */
export const apiVersionOf = ({ group, version }: Resource): string => (group === "" ? version : `${group}/${version}`);

const NAMED = ["metadata.name", "metadata.namespace"];
const SERVICES: Resource = {
  ...CORE,
  plural: "services",
  kind: "Service",
  namespaced: true,
  fields: NAMED,
  list: serviceObjects,
};
const INGRESSES: Resource = {
  group: "networking.k8s.io",
  version: "v1",
  plural: "ingresses",
  kind: "Ingress",
  namespaced: true,
  fields: NAMED,
  list: ingressObjects,
};
const APPS = { group: "apps", version: "v1", namespaced: true, fields: NAMED };
const WORKLOADS: readonly Resource[] = [
  { ...APPS, plural: "deployments", kind: "Deployment", list: deploymentObjects },
  { ...APPS, plural: "replicasets", kind: "ReplicaSet", list: replicaSetObjects },
];
const CERTIFICATES: Resource = {
  group: "cert-manager.io",
  version: "v1",
  plural: "certificates",
  kind: "Certificate",
  namespaced: true,
  fields: NAMED,
  list: certificateObjects,
};
const ROUTES: Resource = {
  group: "route.openshift.io",
  version: "v1",
  plural: "routes",
  kind: "Route",
  namespaced: true,
  fields: NAMED,
  list: routeObjects,
};
const resourceSlices = (version: string): Resource => ({
  group: "resource.k8s.io",
  version,
  plural: "resourceslices",
  kind: "ResourceSlice",
  namespaced: false,
  fields: ["metadata.name", "spec.nodeName", "spec.driver"],
  list: resourceSliceObjects,
});

const resourceClaims = (version: string): Resource => ({
  group: "resource.k8s.io",
  version,
  plural: "resourceclaims",
  kind: "ResourceClaim",
  namespaced: true,
  fields: NAMED,
  list: resourceClaimObjects,
});

/** What Red Hat Advanced Cluster Management and the ClusterProfile API add to a hub. */
const HUB_RESOURCES: readonly Resource[] = [
  {
    group: "cluster.open-cluster-management.io",
    version: "v1",
    plural: "managedclusters",
    kind: "ManagedCluster",
    namespaced: false,
    fields: NAMED,
    list: managedClusters,
  },
  {
    group: "authentication.open-cluster-management.io",
    version: "v1beta1",
    plural: "managedserviceaccounts",
    kind: "ManagedServiceAccount",
    namespaced: true,
    fields: NAMED,
    list: managedServiceAccounts,
  },
  {
    group: "multicluster.x-k8s.io",
    version: "v1alpha1",
    plural: "clusterprofiles",
    kind: "ClusterProfile",
    namespaced: true,
    fields: NAMED,
    list: clusterProfiles,
  },
  { ...CORE, plural: "secrets", kind: "Secret", namespaced: true, fields: [...NAMED, "type"], list: tokenSecrets },
];

/** The resources a cluster serves. */
export function resourcesOf(spec: ClusterSpec): readonly Resource[] {
  const slices = resourceApiVersion(spec);
  return [
    ...RESOURCES,
    SERVICES,
    INGRESSES,
    ...WORKLOADS,
    CERTIFICATES,
    ...(spec.platform === "KUBERNETES" ? [] : [ROUTES]),
    ...(slices === undefined ? [] : [resourceSlices(slices), resourceClaims(slices)]),
    ...(spec.platform === "OPENSHIFT" ? [CLUSTER_VERSIONS] : []),
    ...(spec.clusterType === "HUB" ? HUB_RESOURCES : []),
  ];
}

/** The API groups a cluster has, each with its version, whether or not any of their resources is served here. */
export function groupsOf(spec: ClusterSpec): readonly (readonly [group: string, version: string])[] {
  const slices = resourceApiVersion(spec);
  return [
    ...([
      ["apps", "v1"],
      ["authentication.k8s.io", "v1"],
      ["authorization.k8s.io", "v1"],
      ["batch", "v1"],
      ["cert-manager.io", "v1"],
    ] as const),
    ...([
      ["networking.k8s.io", "v1"],
      ["storage.k8s.io", "v1"],
      ["apiextensions.k8s.io", "v1"],
    ] as const),
    ...(spec.platform === "KUBERNETES"
      ? []
      : ([
          ["route.openshift.io", "v1"],
          ["security.openshift.io", "v1"],
        ] as const)),
    ...(spec.platform === "OPENSHIFT" ? ([["config.openshift.io", "v1"]] as const) : []),
    ...(spec.mesh ? ([["networking.istio.io", "v1"]] as const) : []),
    ...(spec.gpu === undefined ? [] : ([["nvidia.com", "v1"]] as const)),
    ...(slices === undefined ? [] : ([["resource.k8s.io", slices]] as const)),
    ...(spec.cnf
      ? ([
          ["sriovnetwork.openshift.io", "v1"],
          ["ptp.openshift.io", "v1"],
        ] as const)
      : []),
    ...(spec.clusterType === "HUB"
      ? HUB_RESOURCES.filter(({ group }) => group !== "").map(({ group, version }) => [group, version] as const)
      : []),
  ];
}
