import type { ClusterType } from "../../../prisma/generated/enums.ts";
import type { FleetClients } from "../../shared/fleet/clients.ts";
import type { Target } from "../../shared/fleet/directory.ts";
import type { SignIn } from "../../shared/fleet/sign-in.ts";
import { fanOut } from "../../shared/kernel/fan-out.ts";
import type { Outcome } from "../../shared/kernel/outcome.ts";
import { SCHEDULE } from "../health/health.score.ts";
import { type PermissionResult, type ReviewedCluster, reviewPermissions } from "./permission.service.ts";
import { SignInEndpoint } from "./sign-in-endpoint.filter.ts";

/** How one endpoint took the credentials. */
export interface EndpointResult extends Outcome<void> {
  endpoint: SignInEndpoint;
}

interface Asked extends Target {
  clusterType: ClusterType;
}

/** Asks a cluster's endpoints for what they answer to nobody without credentials, where they want any. */
export class EndpointProbe {
  readonly #clients: FleetClients;
  readonly #onInternalError: (error: unknown) => void;

  constructor(clients: FleetClients, onInternalError: (error: unknown) => void) {
    this.#clients = clients;
    this.#onInternalError = onInternalError;
  }

  /** With the stored credentials. Never rejects. */
  async stored(
    cluster: Asked,
    signal: AbortSignal,
    endpoints: readonly SignInEndpoint[] = Object.values(SignInEndpoint),
  ): Promise<EndpointResult[]> {
    return await this.#ask(this.#clients, cluster, endpoints, signal);
  }

  /** With these, whatever is stored. Never rejects. */
  async candidate(cluster: Asked, signIn: SignIn, signal: AbortSignal): Promise<EndpointResult[]> {
    const clients = this.#clients.signingIn(signIn);
    try {
      return await this.#ask(clients, cluster, Object.values(SignInEndpoint), signal);
    } finally {
      clients.close();
    }
  }

  /** What the stored credentials may do at the API server. Never rejects. */
  async permissions(cluster: Asked & ReviewedCluster, signal: AbortSignal): Promise<PermissionResult[]> {
    const patienceMs = patienceFor(cluster);
    return await reviewPermissions(this.#clients, cluster, {
      signal,
      patienceMs,
      onInternalError: this.#onInternalError,
    });
  }

  async #ask(
    clients: FleetClients,
    cluster: Asked,
    endpoints: readonly SignInEndpoint[],
    signal: AbortSignal,
  ): Promise<EndpointResult[]> {
    const patienceMs = patienceFor(cluster);
    const outcomes = await fanOut(endpoints, (kind, patience) => ask(kind, clients, cluster, patience), {
      signal,
      patienceMs: () => patienceMs,
      onInternalError: this.#onInternalError,
    });
    return outcomes.map((outcome, i) => ({ ...outcome, endpoint: endpoints[i] ?? "API_SERVER" }));
  }
}

const patienceFor = ({ clusterType }: Asked): number => SCHEDULE[clusterType].patienceSeconds * 1000;

async function ask(kind: SignInEndpoint, clients: FleetClients, cluster: Asked, signal: AbortSignal): Promise<void> {
  const options = { signal, requestId: `credentials-${cluster.id}` };
  switch (kind) {
    case "API_SERVER":
      return await (await clients.kubernetes(cluster)).authenticate(options);
    case "PROMETHEUS":
      return await (await clients.prometheus(cluster)).authenticate(options);
    case "TEMPO":
      return await (await clients.tempo(cluster)).authenticate(options);
    case "LOKI":
      return await (await clients.loki(cluster)).authenticate(options);
    case "ALERTMANAGER":
      return await (await clients.alertmanager(cluster)).authenticate(options);
  }
}
