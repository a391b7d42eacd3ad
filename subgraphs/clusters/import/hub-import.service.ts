import type { Fleet } from "../../shared/fleet/index.ts";
import { CodedError, clusterNotFound } from "../../shared/kernel/errors.ts";
import { fanOut } from "../../shared/kernel/fan-out.ts";
import { requireRole } from "../../shared/kernel/permissions.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import type { KubernetesClient } from "../../shared/upstreams/kubernetes/client.ts";
import { parseLabelSelector } from "../../shared/upstreams/kubernetes/label-selector.ts";
import {
  listClusterProfiles,
  listManagedClusters,
  type ManagedCluster,
} from "../../shared/upstreams/kubernetes/managed-clusters.ts";
import {
  listManagedServiceAccounts,
  type ManagedServiceAccount,
} from "../../shared/upstreams/kubernetes/managed-service-accounts.ts";
import { clusterNames } from "./cluster-name.mapper.ts";
import { HubCandidates, type HubChoice } from "./hub-candidates.service.ts";
import type { ImportOptions, ImportRow, ImportService } from "./import.service.ts";

export interface HubImport extends ImportOptions, HubChoice {
  clusterId: string;
  source: "ACM" | "CLUSTER_PROFILE" | "AUTO";
  labelSelector?: string | null;
  namePrefix?: string | null;
}

/** To read the whole list. */
const PATIENCE_MS = 30_000;

/** The clusters that a registered hub manages, each as a cluster of its own. */
export class HubImportService {
  readonly #imports: ImportService;
  readonly #fleet: Pick<Fleet, "directory" | "clients">;
  readonly #onInternalError: (error: unknown) => void;

  constructor(options: {
    imports: ImportService;
    fleet: Pick<Fleet, "directory" | "clients">;
    onInternalError: (error: unknown) => void;
  }) {
    this.#imports = options.imports;
    this.#fleet = options.fleet;
    this.#onInternalError = options.onInternalError;
  }

  /**
   * One row for each cluster that the hub lists, by name.
   * @throws CLUSTER_NOT_FOUND, NOT_A_HUB, INVALID_LABEL_SELECTOR, and UPSTREAM_… where the hub cannot be read.
   */
  async import(operation: Operation, given: HubImport): Promise<ImportRow[]> {
    requireRole(operation.identity, "admin");
    if (given.labelSelector) parseLabelSelector(given.labelSelector);
    const [hub] = await this.#fleet.directory.byIds(operation.identity, [given.clusterId]);
    if (!hub) throw clusterNotFound(given.clusterId);
    const client = await this.#fleet.clients.kubernetes(hub);
    const { clusters, accounts } = await this.#read(operation, client, given);
    const sources = clusters.map(({ name, server }) => ({
      context: name,
      server,
      endpoint: server ?? `no server: ${name}`,
    }));
    const candidates = new HubCandidates({ client, hubServer: hub.apiServerUrl, accounts, given });
    const names = clusterNames(sources, given.namePrefix ?? "");
    return await this.#imports.carryOut(
      operation,
      clusters.map((cluster, i) => candidates.of(cluster, names[i] ?? "")),
      given,
    );
  }

  async #read(
    { signal }: Operation,
    client: KubernetesClient,
    { source, labelSelector }: HubImport,
  ): Promise<{ clusters: ManagedCluster[]; accounts: ManagedServiceAccount[] }> {
    const read = async (_: string, patience: AbortSignal) => {
      const listed = await listFrom(source, client, labelSelector ?? null, patience);
      const clusters = listed.toSorted((a, b) => (a.name < b.name ? -1 : 1));
      return { clusters, accounts: await listManagedServiceAccounts(client, patience) };
    };
    const onInternalError = this.#onInternalError;
    const [outcome] = await fanOut(["hub"], read, { signal, patienceMs: () => PATIENCE_MS, onInternalError });
    if (outcome?.value) return outcome.value;
    const { code = "INTERNAL_SERVER_ERROR", message = "The hub could not be read." } = outcome?.failure ?? {};
    throw new CodedError(code, message);
  }
}

/** A hub of Open Cluster Management can have both, where each ManagedCluster is also a ClusterProfile: the former says more. */
async function listFrom(
  source: HubImport["source"],
  client: KubernetesClient,
  labelSelector: string | null,
  signal: AbortSignal,
): Promise<ManagedCluster[]> {
  const managed = source === "CLUSTER_PROFILE" ? null : await listManagedClusters(client, labelSelector, signal);
  if (managed?.length || source === "ACM") return managed ?? notHub("ManagedCluster");
  const profiles = await listClusterProfiles(client, labelSelector, signal);
  return profiles ?? managed ?? notHub(source === "AUTO" ? "ManagedCluster nor ClusterProfile" : "ClusterProfile");
}

function notHub(missing: string): never {
  throw new CodedError("NOT_A_HUB", `The cluster has no ${missing} API: it manages no other clusters that way.`);
}
