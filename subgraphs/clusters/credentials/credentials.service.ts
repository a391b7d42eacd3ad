import type { Cluster as Row } from "../../../prisma/generated/client.ts";
import type { Changes } from "../../shared/fleet/changes.ts";
import type { CredentialsSource } from "../../shared/fleet/credentials-source.ts";
import type { Identity } from "../../shared/kernel/auth-context.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import { CodedError, clusterNotFound } from "../../shared/kernel/errors.ts";
import { requireRole } from "../../shared/kernel/permissions.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import type { ClusterRepository } from "../registry/cluster.repository.ts";
import { storeCredentials, updateCluster } from "../registry/cluster-writes.repository.ts";
import { auditView, eventView } from "./credentials.mapper.ts";
import type { CredentialsRepository } from "./credentials.repository.ts";
import type { EndpointProbe, EndpointResult } from "./endpoint-probe.service.ts";
import type { CredentialsGiven, CredentialsIntake, Taken } from "./intake.service.ts";
import type { PermissionResult } from "./permission.service.ts";

/** How an endpoint took credentials, and whether that is why nothing was changed. */
export interface JudgedEndpoint extends EndpointResult {
  blocking: boolean;
}

export interface CredentialsResult {
  cluster: Row;
  /** Whether credentials were stored. */
  applied: boolean;
  endpoints: JudgedEndpoint[];
}

interface Dependencies {
  clusters: ClusterRepository;
  credentials: CredentialsRepository;
  intake: CredentialsIntake;
  source: CredentialsSource;
  probe: EndpointProbe;
  changes: Changes;
  clock: Clock;
}

/** What can be done to a cluster's credentials, and who may do it. */
export class CredentialsService {
  readonly #clusters: ClusterRepository;
  readonly #credentials: CredentialsRepository;
  readonly #intake: CredentialsIntake;
  readonly #source: CredentialsSource;
  readonly #probe: EndpointProbe;
  readonly #changes: Changes;
  readonly #clock: Clock;

  constructor({ clusters, credentials, intake, source, probe, changes, clock }: Dependencies) {
    this.#clusters = clusters;
    this.#credentials = credentials;
    this.#intake = intake;
    this.#source = source;
    this.#probe = probe;
    this.#changes = changes;
    this.#clock = clock;
  }

  /** Stores them in any case, and answers how each endpoint takes them. */
  async set(operation: Operation, id: string, given: CredentialsGiven): Promise<CredentialsResult> {
    requireRole(operation.identity, "admin");
    const cluster = await this.#living(operation.identity, id);
    const taken = await this.#intake.take(cluster, given);
    const endpoints = await this.#proof(cluster, taken, operation.signal);
    const row = await this.#store(operation, "SET_CREDENTIALS", cluster, null, taken, endpoints);
    return { cluster: row, applied: true, endpoints: endpoints.map(unblocked) };
  }

  /**
   * Replaces the stored ones if the API server accepts the new, and no endpoint that works now would stop. Until then the old ones
   * stay in use, and whatever is under way with them ends by itself.
   * @throws CREDENTIALS_INVALID where there are none to replace; CONFLICT when the cluster was changed in the meantime.
   */
  async rotate(operation: Operation, id: string, given: CredentialsGiven): Promise<CredentialsResult> {
    const { identity, signal } = operation;
    requireRole(identity, "admin");
    const cluster = await this.#living(identity, id);
    if (!(await this.#credentials.facts(id))) {
      throw new CodedError("CREDENTIALS_INVALID", "No credentials are stored to rotate. Use setClusterCredentials.");
    }
    const taken = await this.#intake.take(cluster, given);
    const endpoints = await this.#judged(cluster, await this.#proof(cluster, taken, signal), signal);
    if (endpoints.some(({ blocking }) => blocking)) return { cluster, applied: false, endpoints };
    const row = await this.#store(operation, "ROTATE_CREDENTIALS", cluster, cluster.updatedAt, taken, endpoints);
    return { cluster: row, applied: true, endpoints };
  }

  /** How each endpoint takes the stored ones now. */
  async validate(operation: Operation, id: string): Promise<CredentialsResult> {
    const { identity, signal } = operation;
    requireRole(identity, "operator");
    const cluster = await this.#living(identity, id);
    const stored = await this.#credentials.facts(id);
    const endpoints = await this.#probe.stored(cluster, signal);
    if (stored && accepted(endpoints)) {
      await this.#credentials.markValidated(id, stored.createdAt, this.#clock.now());
    }
    const after = Object.fromEntries(endpoints.map(({ endpoint, status }) => [endpoint, status]));
    await this.#changes.commit((_, record) =>
      record.deed(operation, { action: "VALIDATE_CREDENTIALS", cluster, before: null, after }),
    );
    return { cluster, applied: false, endpoints: endpoints.map(unblocked) };
  }

  /** What the stored ones may do at the API server, of what is done with them. */
  async permissions({ identity, signal }: Operation, id: string): Promise<PermissionResult[]> {
    requireRole(identity, "operator");
    return await this.#probe.permissions(await this.#living(identity, id), signal);
  }

  /** Nothing changes where none are stored. */
  async delete(operation: Operation, id: string): Promise<Row> {
    const { identity } = operation;
    requireRole(identity, "admin");
    const cluster = await this.#living(identity, id);
    const at = this.#stamp(cluster);
    return await this.#changes.commit(async (tx, record) => {
      const before = await this.#credentials.facts(id, tx);
      if (!before) return cluster;
      const row = await updateCluster(tx, identity, id, null, { credentialsAt: at, updatedAt: at, nextCheckAt: at });
      if (!row) throw clusterNotFound(id);
      await this.#credentials.remove(tx, id);
      const deed = { action: "DELETE_CREDENTIALS", cluster: row, before: auditView(before), after: null };
      await record.deed(operation, deed);
      const payload = eventView(row.name, null);
      await record.event({ type: "CLUSTER_CREDENTIALS_UPDATED", cluster: row, payload });
      return row;
    });
  }

  async #proof(cluster: Row, { credentials }: Taken, signal: AbortSignal): Promise<EndpointResult[]> {
    const signIn = this.#source.candidate(credentials, cluster.tenantId);
    const endpoints = await this.#probe.candidate(cluster, signIn, signal);
    if (signal.aborted) throw new CodedError("CANCELLED", "The request was cancelled; nothing was changed.");
    return endpoints;
  }

  /** An endpoint that refuses the new ones stands in the way if it takes the old ones, or is the API server. */
  async #judged(cluster: Row, endpoints: EndpointResult[], signal: AbortSignal): Promise<JudgedEndpoint[]> {
    const refusing = endpoints.filter(failing).map(({ endpoint }) => endpoint);
    const now = await this.#probe.stored(cluster, signal, refusing);
    const working = new Set(now.filter(({ status }) => status === "SUCCESS").map(({ endpoint }) => endpoint));
    return endpoints.map((result) => ({
      ...result,
      blocking: failing(result) && (result.endpoint === "API_SERVER" || working.has(result.endpoint)),
    }));
  }

  async #store(
    operation: Operation,
    action: string,
    cluster: Row,
    expected: Date | null,
    taken: Taken,
    endpoints: EndpointResult[],
  ): Promise<Row> {
    const { id } = cluster;
    const at = this.#stamp(cluster);
    const sealed = this.#intake.seal(id, taken, at);
    const validatedAt = accepted(endpoints) ? at : null;
    const data = { credentialsAt: at, updatedAt: at, nextCheckAt: at };
    return await this.#changes.commit(async (tx, record) => {
      const before = await this.#credentials.facts(id, tx);
      const row = await updateCluster(tx, operation.identity, id, expected, data);
      if (!row) throw clusterNotFound(id);
      await storeCredentials(tx, id, { ...sealed, validatedAt });
      const facts = { ...taken.credentials, createdAt: at, expiresAt: taken.expiresAt };
      const views = { before: before && auditView(before), after: auditView(facts) };
      await record.deed(operation, { action, cluster: row, ...views });
      const payload = eventView(row.name, facts);
      await record.event({ type: "CLUSTER_CREDENTIALS_UPDATED", cluster: row, payload });
      return row;
    });
  }

  /** Always later than the last: clients are told apart by it. */
  #stamp({ credentialsAt }: Row): Date {
    return new Date(Math.max(this.#clock.now().getTime(), (credentialsAt?.getTime() ?? 0) + 1));
  }

  /** @throws CLUSTER_NOT_FOUND */
  async #living(identity: Identity, id: string): Promise<Row> {
    const [row] = await this.#clusters.byIds(identity, [id]);
    if (!row) throw clusterNotFound(id);
    return row;
  }
}

const failing = ({ status }: EndpointResult): boolean => status !== "SUCCESS" && status !== "SKIPPED";
const accepted = (endpoints: readonly EndpointResult[]): boolean => !endpoints.some(failing);
const unblocked = (result: EndpointResult): JudgedEndpoint => ({ ...result, blocking: false });
