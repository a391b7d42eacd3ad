import { EPOCH } from "../world/lifecycle.ts";
import { hashText, uuid } from "../world/random.ts";
import type { Spoke, World } from "../world/world.ts";
import { type KubernetesObject, objectMetadata, timestamp } from "./metadata.ts";

// What a hub's API server has of the clusters it manages, in the shapes that the documentation of Open Cluster Management,
// Red Hat Advanced Cluster Management and the ClusterProfile API shows.

/** The namespace that a ManagedClusterSetBinding brings the ClusterProfiles to. */
const PROFILES = "fleet-system";
const ACCOUNT = "aiops";
const SYNCED = { "authentication.open-cluster-management.io/sync-to-clusterprofile": "true" };

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const joined = (seed: number): number => EPOCH + 86_400 + (hashText("joined", seed) % 8_000_000);

/** Every second cluster has an account whose token the hub keeps; whoever imports the others has to bring credentials. */
const accounted = ({ spokes }: World): readonly Spoke[] => spokes().filter((_, i) => i % 2 === 0);

function conditions(since: number): object[] {
  const condition = (type: string, reason: string, message: string) => ({
    type,
    status: "True",
    reason,
    message,
    lastTransitionTime: timestamp(since),
  });
  return [
    condition("HubAcceptedManagedCluster", "HubClusterAdminAccepted", "Accepted by hub cluster admin"),
    condition("ManagedClusterJoined", "ManagedClusterJoined", "Managed cluster joined"),
    condition("ManagedClusterConditionAvailable", "ManagedClusterAvailable", "Managed cluster is available"),
  ];
}

/** The claims that the agent in a cluster makes of it. */
function claimsOf({ spec }: Spoke): { name: string; value: string }[] {
  const product = { OPENSHIFT: "OpenShift", MICROSHIFT: "MicroShift", KUBERNETES: "EKS" }[spec.platform];
  const claims = {
    "id.k8s.io": uuid(spec.seed, "cluster-id"),
    "kubeversion.open-cluster-management.io": `v${spec.kubernetesVersion}`,
    "platform.open-cluster-management.io": spec.clusterType === "SPOKE" ? "AWS" : "BareMetal",
    "product.open-cluster-management.io": product,
    "region.open-cluster-management.io": spec.region,
    ...(spec.platform === "OPENSHIFT"
      ? { "id.openshift.io": uuid(spec.seed, "cluster-id"), "version.openshift.io": spec.platformVersion }
      : {}),
  };
  return Object.entries(claims).map(([name, value]) => ({ name, value }));
}

function managedCluster(spoke: Spoke, labels: Readonly<Record<string, string>>): KubernetesObject {
  const { spec, apiServerUrl, caCertificate } = spoke;
  const name = labels["name"] ?? spec.name;
  const since = joined(spec.seed);
  return {
    metadata: {
      ...objectMetadata(uuid(spec.seed, "managedcluster"), name, since, labels),
      generation: 2,
      finalizers: ["cluster.open-cluster-management.io/api-resource-cleanup"],
    },
    spec: {
      hubAcceptsClient: true,
      leaseDurationSeconds: 60,
      managedClusterClientConfigs: [{ url: apiServerUrl, caBundle: base64(caCertificate) }],
    },
    status: {
      allocatable: { cpu: String(spec.workers * 16), memory: `${spec.workers * 64}Gi` },
      capacity: { cpu: String(spec.workers * 16), memory: `${spec.workers * 64}Gi` },
      clusterClaims: claimsOf(spoke),
      conditions: conditions(since),
      version: { kubernetes: `v${spec.kubernetesVersion}` },
    },
  };
}

const labelsOf = ({ spec }: Spoke): Record<string, string> => ({
  ...spec.labels,
  name: spec.name,
  cloud: spec.clusterType === "SPOKE" ? "Amazon" : "BareMetal",
  clusterID: uuid(spec.seed, "cluster-id"),
  environment: { PRODUCTION: "prod", STAGING: "staging", DEVELOPMENT: "dev", LAB: "lab" }[spec.environment],
  vendor: spec.platform === "OPENSHIFT" ? "OpenShift" : "Other",
  ...(spec.platform === "OPENSHIFT" ? { openshiftVersion: spec.platformVersion } : {}),
  "cluster.open-cluster-management.io/clusterset": "default",
  "feature.open-cluster-management.io/addon-work-manager": "available",
});

/** The hub manages itself, too, as local-cluster. */
export function managedClusters(world: World): KubernetesObject[] {
  const { spec, spokes } = world;
  const self: Spoke = { spec, apiServerUrl: "https://kubernetes.default.svc", caCertificate: "", token: "" };
  const local = { ...labelsOf(self), name: "local-cluster", "local-cluster": "true" };
  return sorted([managedCluster(self, local), ...spokes().map((spoke) => managedCluster(spoke, labelsOf(spoke)))]);
}

export function managedServiceAccounts(world: World): KubernetesObject[] {
  return sorted(
    accounted(world).map(({ spec }) => {
      const since = joined(spec.seed) + 600;
      const metadata = objectMetadata(uuid(spec.seed, "account"), ACCOUNT, since, SYNCED);
      return {
        metadata: { ...metadata, namespace: spec.name },
        spec: { rotation: { enabled: true, validity: "8640h0m0s" } },
        status: {
          conditions: [
            { type: "SecretCreated", status: "True", reason: "SecretCreated", lastTransitionTime: timestamp(since) },
            { type: "TokenReported", status: "True", reason: "TokenReported", lastTransitionTime: timestamp(since) },
          ],
          expirationTimestamp: timestamp(since + 8640 * 3600),
          tokenSecretRef: { name: ACCOUNT, lastRefreshTimestamp: timestamp(since) },
        },
      };
    }),
  );
}

/** Each token where the account is, and where the ClusterProfile is. */
export function tokenSecrets(world: World): KubernetesObject[] {
  const secrets = accounted(world).flatMap(({ spec, token, caCertificate }) => {
    const secret = (namespace: string, name: string) => ({
      metadata: {
        ...objectMetadata(uuid(spec.seed, `secret/${namespace}`), name, joined(spec.seed) + 600, {
          "authentication.open-cluster-management.io/is-managed-serviceaccount": "true",
        }),
        namespace,
      },
      type: "Opaque",
      data: { "ca.crt": base64(caCertificate), token: base64(token) },
    });
    return [secret(spec.name, ACCOUNT), secret(PROFILES, `${spec.name}-${ACCOUNT}`)];
  });
  return sorted(secrets);
}

export function clusterProfiles({ spokes }: World): KubernetesObject[] {
  const manager = "open-cluster-management";
  return sorted(
    spokes().map((spoke) => {
      const { spec, apiServerUrl, caCertificate } = spoke;
      const since = joined(spec.seed) + 60;
      const labels = {
        demo: "true",
        "multicluster.x-k8s.io/clusterset": "default",
        "open-cluster-management.io/cluster-name": spec.name,
        "x-k8s.io/cluster-manager": manager,
      };
      const extensions = [{ name: "client.authentication.k8s.io/exec", extension: { clusterName: spec.name } }];
      const cluster = { server: apiServerUrl, "certificate-authority-data": base64(caCertificate), extensions };
      return {
        metadata: {
          ...objectMetadata(uuid(spec.seed, "clusterprofile"), spec.name, since, labels),
          namespace: PROFILES,
        },
        spec: { displayName: spec.displayName, clusterManager: { name: manager } },
        status: {
          accessProviders: [{ name: manager, cluster }],
          conditions: [
            {
              type: "ControlPlaneHealthy",
              status: "True",
              reason: "ManagedClusterAvailable",
              message: "Managed cluster is available",
              lastTransitionTime: timestamp(since),
            },
          ],
          properties: claimsOf(spoke),
          version: { kubernetes: `v${spec.kubernetesVersion}` },
        },
      };
    }),
  );
}

/** As lists are: by namespace, then name. */
const sorted = (objects: KubernetesObject[]): KubernetesObject[] => {
  const key = ({ metadata }: KubernetesObject) => `${metadata.namespace ?? ""}/${metadata.name}`;
  return objects.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
};
