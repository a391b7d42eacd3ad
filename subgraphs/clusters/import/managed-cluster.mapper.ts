import type { Environment, Platform } from "../../../prisma/generated/enums.ts";
import type { ManagedCluster } from "../../shared/upstreams/kubernetes/managed-clusters.ts";

const LABEL_KEY = /^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/;
const MAX_LABELS = 64;
/** States of the hub's own agents, which change by themselves; nobody selects clusters by them. */
const STATES = /^feature\.open-cluster-management\.io\//;

/** Products of Red Hat that are OpenShift by another name. */
const OPENSHIFT = new Set(["OpenShift", "OpenShiftDedicated", "ROSA", "ARO", "ROKS"]);

const ENVIRONMENTS: ReadonlyMap<string, Environment> = new Map([
  ["prod", "PRODUCTION"],
  ["production", "PRODUCTION"],
  ["stage", "STAGING"],
  ["staging", "STAGING"],
  ["dev", "DEVELOPMENT"],
  ["development", "DEVELOPMENT"],
  ["lab", "LAB"],
]);

/** What a hub says of a cluster, as far as a registration has a place for it. */
export interface Described {
  platform: Platform;
  platformVersion: string | null;
  region: string | null;
  environment: Environment | null;
  labels: Record<string, string>;
}

export function descriptionOf({ labels, properties, kubernetesVersion }: ManagedCluster): Described {
  const product = properties["product.open-cluster-management.io"] ?? labels["vendor"] ?? "";
  const openshiftVersion = properties["version.openshift.io"] || null;
  const platform =
    product === "MicroShift" ? "MICROSHIFT" : openshiftVersion || OPENSHIFT.has(product) ? "OPENSHIFT" : "KUBERNETES";
  const region =
    properties["region.open-cluster-management.io"] ||
    properties["topology.kubernetes.io/region"] ||
    labels["topology.kubernetes.io/region"] ||
    labels["region"];
  return {
    platform,
    // A MicroShift's own version is not Kubernetes': what the hub does not say, the first check finds.
    platformVersion: openshiftVersion ?? (platform === "KUBERNETES" ? kubernetesVersion : null),
    region: region || null,
    environment: ENVIRONMENTS.get((labels["environment"] ?? labels["env"] ?? "").toLowerCase()) ?? null,
    labels: sanitised(labels),
  };
}

/** Labels that the registry takes; a surplus is cut from the end of the alphabet, so that it is always the same. */
const sanitised = (labels: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(labels)
      .filter(([key, value]) => LABEL_KEY.test(key) && LABEL_VALUE.test(value) && !STATES.test(key))
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .slice(0, MAX_LABELS),
  );

/** Whether it is the hub itself, which manages itself under this name, or with this label where it was given another. */
export const isHubItself = ({ name, labels, server }: ManagedCluster, hubServer: string): boolean =>
  name === "local-cluster" || labels["local-cluster"] === "true" || (server !== null && sameServer(server, hubServer));

const sameServer = (a: string, b: string): boolean => URL.parse(a)?.href === URL.parse(b)?.href;
