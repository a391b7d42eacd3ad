import type { ClusterSpec } from "../catalogue.ts";
import { EPOCH } from "../world/lifecycle.ts";
import { hashText, hex, uuid } from "../world/random.ts";
import type { World } from "../world/world.ts";
import { type KubernetesObject, objectMetadata, timestamp } from "./metadata.ts";
import { nodeObject } from "./node-object.ts";
import { podObject } from "./pod-object.ts";

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

function namespaces(world: World): KubernetesObject[] {
  return world.inventory.namespaces.map((name) => ({
    metadata: objectMetadata(uuid(world.spec.seed, `ns/${name}`), name, EPOCH, { "kubernetes.io/metadata.name": name }),
    spec: { finalizers: ["kubernetes"] },
    status: { phase: "Active" },
  }));
}

function configMaps({ spec }: World): KubernetesObject[] {
  if (spec.platform !== "MICROSHIFT") return [];
  const [major = "", minor = "", patch = ""] = spec.platformVersion.split(".");
  const metadata = objectMetadata(uuid(spec.seed, "microshift-version"), "microshift-version", EPOCH, {});
  return [
    {
      metadata: { ...metadata, namespace: "kube-public" },
      data: { major, minor, patch, version: spec.platformVersion },
    },
  ];
}

function clusterVersions({ spec }: World): KubernetesObject[] {
  const { platformVersion: version, seed } = spec;
  const image = `quay.io/openshift-release-dev/ocp-release@sha256:${hex(seed, version, 64)}`;
  const installed = EPOCH + (hashText(version, seed) % 8_000_000);
  const condition = (type: string, yes: boolean, message: string) => ({
    type,
    status: yes ? "True" : "False",
    lastTransitionTime: timestamp(installed + 2400),
    message,
  });
  return [
    {
      metadata: { ...objectMetadata(uuid(seed, "clusterversion"), "version", installed, {}), generation: 2 },
      spec: { channel: `stable-${version.split(".").slice(0, 2).join(".")}`, clusterID: uuid(seed, "cluster-id") },
      status: {
        availableUpdates: null,
        conditions: [
          condition("Available", true, `Done applying ${version}`),
          condition("Failing", false, ""),
          condition("Progressing", false, `Cluster version is ${version}`),
        ],
        desired: { image, version, url: "" },
        history: [
          {
            state: "Completed",
            version,
            image,
            verified: false,
            startedTime: timestamp(installed),
            completionTime: timestamp(installed + 2400),
          },
        ],
        observedGeneration: 2,
        versionHash: hex(seed, "hash", 11),
      },
    },
  ];
}

const CORE = { group: "", version: "v1" };
const RESOURCES: readonly Resource[] = [
  {
    ...CORE,
    plural: "nodes",
    kind: "Node",
    namespaced: false,
    fields: ["metadata.name", "spec.unschedulable"],
    list: ({ inventory }, now) => inventory.nodes.map((node) => nodeObject(node, inventory, now)),
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
    list: ({ inventory }, now) => inventory.pods.map((pod) => podObject(pod, now)),
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

/** The resources a cluster serves. */
export function resourcesOf(spec: ClusterSpec): readonly Resource[] {
  return spec.platform === "OPENSHIFT" ? [...RESOURCES, CLUSTER_VERSIONS] : RESOURCES;
}

/** The API groups a cluster has, each with its version, whether or not any of their resources is served here. */
export function groupsOf(spec: ClusterSpec): readonly (readonly [group: string, version: string])[] {
  return [
    ...([
      ["apps", "v1"],
      ["authentication.k8s.io", "v1"],
      ["authorization.k8s.io", "v1"],
      ["batch", "v1"],
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
  ];
}
