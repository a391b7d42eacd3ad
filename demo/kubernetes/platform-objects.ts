import { EPOCH } from "../world/lifecycle.ts";
import { hashText, hex, uuid } from "../world/random.ts";
import type { World } from "../world/world.ts";
import { type KubernetesObject, objectMetadata, timestamp } from "./metadata.ts";

export function namespaces(world: World): KubernetesObject[] {
  return world.inventory.namespaces.map((name) => ({
    metadata: objectMetadata(uuid(world.spec.seed, `ns/${name}`), name, EPOCH, { "kubernetes.io/metadata.name": name }),
    spec: { finalizers: ["kubernetes"] },
    status: { phase: "Active" },
  }));
}

/** Where MicroShift keeps its version. */
export function configMaps({ spec }: World): KubernetesObject[] {
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

/** Where OpenShift keeps its own. */
export function clusterVersions({ spec }: World): KubernetesObject[] {
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
