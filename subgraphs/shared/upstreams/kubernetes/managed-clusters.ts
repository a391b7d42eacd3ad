import { z } from "zod";
import { CodedError } from "../../kernel/errors.ts";
import { type KubernetesClient, orAbsent } from "./client.ts";

const MAX_CLUSTERS = 1000;
const PER_PAGE = 200;

/** A cluster as a hub describes it. What the hub does not say is null. */
export interface ManagedCluster {
  /** Its name on the hub, which is also the namespace that the hub keeps its things in. */
  name: string;
  displayName: string | null;
  server: string | null;
  /** PEM. */
  caCertificate: string | null;
  labels: Record<string, string>;
  /** Claims of the cluster (Open Cluster Management), or properties (ClusterProfile), by name. */
  properties: Record<string, string>;
  /** Without the "v". */
  kubernetesVersion: string | null;
  /** Namespace of the ClusterProfile; null for a ManagedCluster, which has none. */
  profileNamespace: string | null;
}

const strings = z.record(z.string(), z.string()).nullish();
const claims = z.array(z.object({ name: z.string(), value: z.string().nullish() })).nullish();
const version = z.object({ kubernetes: z.string().nullish() }).nullish();

/** https://open-cluster-management.io/docs/concepts/cluster-inventory/managedcluster/ */
const ManagedClusterObject = z
  .object({
    metadata: z.object({ name: z.string(), labels: strings }),
    spec: z
      .object({
        managedClusterClientConfigs: z.array(z.object({ url: z.string(), caBundle: z.string().nullish() })).nullish(),
      })
      .nullish(),
    status: z.object({ version, clusterClaims: claims }).nullish(),
  })
  .transform(({ metadata, spec, status }): ManagedCluster => {
    const [config] = spec?.managedClusterClientConfigs ?? [];
    return {
      name: metadata.name,
      displayName: null,
      server: config?.url || null,
      caCertificate: decoded(config?.caBundle),
      labels: metadata.labels ?? {},
      properties: propertiesOf(status?.clusterClaims),
      kubernetesVersion: withoutV(status?.version?.kubernetes),
      profileNamespace: null,
    };
  });

const providers = z
  .array(
    z.object({
      name: z.string(),
      cluster: z
        .looseObject({ server: z.string().nullish(), "certificate-authority-data": z.string().nullish() })
        .nullish(),
    }),
  )
  .nullish();

/** Which label of Open Cluster Management tells the cluster of a ClusterProfile. */
const CLUSTER_NAME_LABEL = "open-cluster-management.io/cluster-name";

/** https://multicluster.sigs.k8s.io/concepts/cluster-profile-api/ (credentialProviders is the older name of accessProviders.) */
const ClusterProfileObject = z
  .object({
    metadata: z.object({ name: z.string(), namespace: z.string().default(""), labels: strings }),
    spec: z.object({ displayName: z.string().nullish() }).nullish(),
    status: z
      .object({ version, properties: claims, accessProviders: providers, credentialProviders: providers })
      .nullish(),
  })
  .transform(({ metadata, spec, status }): ManagedCluster => {
    const known = [...(status?.accessProviders ?? []), ...(status?.credentialProviders ?? [])];
    const access = known.find(({ cluster }) => cluster?.server)?.cluster;
    return {
      name: metadata.labels?.[CLUSTER_NAME_LABEL] || metadata.name,
      displayName: spec?.displayName || null,
      server: access?.server ?? null,
      caCertificate: decoded(access?.["certificate-authority-data"]),
      labels: metadata.labels ?? {},
      properties: propertiesOf(status?.properties),
      kubernetesVersion: withoutV(status?.version?.kubernetes),
      profileNamespace: metadata.namespace,
    };
  });

/**
 * What Red Hat Advanced Cluster Management and Open Cluster Management manage; null where the cluster has no such API.
 * @throws LIMIT_EXCEEDED where there are more than 1,000; UPSTREAM_… where the hub does not answer, or forbids it.
 */
export const listManagedClusters = (
  client: KubernetesClient,
  labelSelector: string | null,
  signal: AbortSignal,
): Promise<ManagedCluster[] | null> =>
  listOrAbsent(client, "/apis/cluster.open-cluster-management.io/v1/managedclusters", ManagedClusterObject, {
    labelSelector,
    signal,
  });

/** The ClusterProfiles of every namespace; null where the cluster has no such API. Throws as `listManagedClusters` does. */
export const listClusterProfiles = (
  client: KubernetesClient,
  labelSelector: string | null,
  signal: AbortSignal,
): Promise<ManagedCluster[] | null> =>
  listOrAbsent(client, "/apis/multicluster.x-k8s.io/v1alpha1/clusterprofiles", ClusterProfileObject, {
    labelSelector,
    signal,
  });

/** Every object of a list, read by the API's own pages; null where there is no such list (404). */
export async function listOrAbsent<T>(
  client: KubernetesClient,
  path: string,
  item: z.ZodType<T>,
  { labelSelector, signal }: { labelSelector: string | null; signal: AbortSignal },
): Promise<T[] | null> {
  const page = z.object({
    metadata: z.object({ continue: z.string().nullish() }),
    items: z.array(item).nullable(),
  });
  const found: T[] = [];
  let next: string | null | undefined;
  do {
    const query = new URLSearchParams({ limit: String(PER_PAGE) });
    if (labelSelector) query.set("labelSelector", labelSelector);
    if (next) query.set("continue", next);
    const answer = await orAbsent(() => client.read(page, `${path}?${query.toString()}`, { signal }));
    if (answer === null) return null;
    found.push(...(answer.items ?? []));
    next = answer.metadata.continue;
    if (found.length + (next ? 1 : 0) > MAX_CLUSTERS) throw tooMany();
  } while (next);
  return found;
}

const propertiesOf = (list: z.output<typeof claims>): Record<string, string> =>
  Object.fromEntries((list ?? []).map(({ name, value }) => [name, value ?? ""]));

const decoded = (base64: string | null | undefined): string | null =>
  base64 ? Buffer.from(base64, "base64").toString("utf8") : null;

const withoutV = (text: string | null | undefined): string | null => text?.replace(/^v/, "") || null;

const tooMany = (): CodedError =>
  new CodedError("LIMIT_EXCEEDED", `The hub has more than ${MAX_CLUSTERS} of them. Choose some by labelSelector.`, {
    limit: MAX_CLUSTERS,
  });
