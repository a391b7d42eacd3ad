import type { Environment } from "../../../prisma/generated/enums.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import type { KubernetesClient } from "../../shared/upstreams/kubernetes/client.ts";
import type { ManagedCluster } from "../../shared/upstreams/kubernetes/managed-clusters.ts";
import {
  type AccountToken,
  type ManagedServiceAccount,
  readAccountToken,
} from "../../shared/upstreams/kubernetes/managed-service-accounts.ts";
import type { Change, Registration } from "../registry/cluster.service.ts";
import type { Candidate, Prepared } from "./import.service.ts";
import { descriptionOf, isHubItself } from "./managed-cluster.mapper.ts";

/** What is chosen for all clusters of a hub. */
export interface HubChoice {
  environment?: Environment | null;
  /** Which ManagedServiceAccount's token to sign in with; the only one there is unless given. */
  serviceAccount?: string | null;
}

interface Options {
  client: KubernetesClient;
  hubServer: string;
  accounts: readonly ManagedServiceAccount[];
  given: HubChoice;
}

/** Makes candidates of what one hub lists. */
export class HubCandidates {
  readonly #options: Options;
  /** API servers that an earlier one leads to, with its name: a ClusterProfile may be in several namespaces. */
  readonly #known = new Map<string, string>();

  constructor(options: Options) {
    this.#options = options;
  }

  of(cluster: ManagedCluster, name: string): Candidate {
    const { profileNamespace, server } = cluster;
    const context = profileNamespace === null ? cluster.name : `${profileNamespace}/${cluster.name}`;
    const candidate = { context, name, prepare: (signal: AbortSignal) => this.#prepare(cluster, name, signal) };
    if (isHubItself(cluster, this.#options.hubServer)) return { ...candidate, passedOver: HUB };
    const twin = server === null ? undefined : this.#known.get(server);
    if (twin !== undefined) return { ...candidate, passedOver: sameCluster(twin) };
    if (server !== null) this.#known.set(server, context);
    return { ...candidate, passedOver: null };
  }

  async #prepare(cluster: ManagedCluster, name: string, signal: AbortSignal): Promise<Prepared> {
    const { server, displayName } = cluster;
    if (server === null) throw new CodedError("NO_ENDPOINT", "The hub gives no address of its API server.");
    const { environment, platformVersion, region, platform, labels } = descriptionOf(cluster);
    const { token, warning } = await this.#token(cluster, signal);
    const known: Change = {
      apiServerUrl: server,
      platform,
      labels,
      ...(displayName ? { displayName: displayName.slice(0, 128) } : {}),
      ...(platformVersion ? { platformVersion: platformVersion.slice(0, 64) } : {}),
      ...(region ? { region: region.slice(0, 128) } : {}),
      ...(token
        ? { credentials: { token: token.token, caCertificate: cluster.caCertificate ?? token.caCertificate } }
        : {}),
    };
    const registration: Registration = {
      ...known,
      name,
      apiServerUrl: server,
      platform,
      clusterType: "SPOKE",
      environment: this.#options.given.environment ?? environment ?? "DEVELOPMENT",
    };
    const chosen = this.#options.given.environment;
    return { registration, change: { ...known, ...(chosen ? { environment: chosen } : {}) }, warnings: warning };
  }

  /** The token of the cluster's service account that is meant, or why there is none. */
  async #token(
    { name, profileNamespace }: ManagedCluster,
    signal: AbortSignal,
  ): Promise<{ token: AccountToken | null; warning: string[] }> {
    const { client, accounts, given } = this.#options;
    const there = accounts.filter(
      ({ namespace, synced }) => namespace === name && (profileNamespace === null || synced),
    );
    const meant = given.serviceAccount ? there.filter((account) => account.name === given.serviceAccount) : there;
    const [account, ...others] = meant;
    if (!account) return { token: null, warning: [NO_CREDENTIALS] };
    if (others.length > 0) return { token: null, warning: [severalAccounts(meant)] };
    const [namespace, secret] =
      profileNamespace === null ? [account.namespace, account.secret] : [profileNamespace, `${name}-${account.name}`];
    const token = await readAccountToken(client, namespace, secret, signal);
    return { token, warning: token ? [] : [unreadable(account.name)] };
  }
}

const HUB = { code: "CLUSTER_ALREADY_EXISTS" as const, message: "It is the hub itself." };

const sameCluster = (twin: string) => ({
  code: "CLUSTER_ALREADY_EXISTS" as const,
  message: `It leads to the same API server as ${JSON.stringify(twin)}, which is imported.`,
});

const AFTERWARDS = "The cluster is registered without credentials, and is checked once it has some.";
const NO_CREDENTIALS = `The hub has no ManagedServiceAccount token for it. ${AFTERWARDS}`;

const severalAccounts = (accounts: readonly ManagedServiceAccount[]): string =>
  `The hub has several ManagedServiceAccounts for it (${accounts
    .slice(0, 5)
    .map(({ name }) => name)
    .join(", ")}): choose one by serviceAccount. ${AFTERWARDS}`;

const unreadable = (account: string): string =>
  `The token of the ManagedServiceAccount ${account} is not there, or not readable for the hub's credentials. ${AFTERWARDS}`;
