import { randomUUID } from "node:crypto";
import type { Cluster as Row } from "../../../prisma/generated/client.ts";
import type { ClusterType, Environment, Platform, UserAccess } from "../../../prisma/generated/enums.ts";
import type { Changes } from "../../shared/fleet/changes.ts";
import { labelPairs } from "../../shared/fleet/label-selector.ts";
import type { Identity } from "../../shared/kernel/auth-context.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import { CodedError, clusterNotFound } from "../../shared/kernel/errors.ts";
import { requireRole } from "../../shared/kernel/permissions.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import type { TargetGuard } from "../../shared/upstreams/target-guard.ts";
import { eventView } from "../credentials/credentials.mapper.ts";
import type { CredentialsGiven, CredentialsIntake } from "../credentials/intake.service.ts";
import type { HealthService } from "../health/health.service.ts";
import { auditView } from "./cluster.mapper.ts";
import type { ClusterRepository } from "./cluster.repository.ts";
import {
  createCluster,
  purgeCluster,
  restoreCluster,
  type SealedCredentials,
  storeCredentials,
  updateCluster,
} from "./cluster-writes.repository.ts";

interface Endpoints {
  prometheusUrl?: string | null;
  tempoUrl?: string | null;
  tempoTenant?: string | null;
  lokiUrl?: string | null;
  lokiTenant?: string | null;
  alertmanagerUrl?: string | null;
}

export interface Registration {
  name: string;
  displayName?: string | null;
  apiServerUrl: string;
  clusterType: ClusterType;
  platform: Platform;
  platformVersion?: string | null;
  region?: string | null;
  environment: Environment;
  userAccess?: UserAccess;
  labels?: Record<string, string> | null;
  endpoints?: Endpoints | null;
  credentials?: CredentialsGiven | null;
}

/** What is left out stays. */
export type Change = Omit<Partial<Registration>, "labels"> & { labels?: Record<string, string> };

interface Dependencies {
  repository: ClusterRepository;
  guard: TargetGuard;
  intake: CredentialsIntake;
  health: HealthService;
  changes: Changes;
  clock: Clock;
}

/** What can be done to the registry. Who may do it is decided here; what is visible, in the repositories. */
export class ClusterService {
  readonly #repository: ClusterRepository;
  readonly #guard: TargetGuard;
  readonly #intake: CredentialsIntake;
  readonly #health: HealthService;
  readonly #changes: Changes;
  readonly #clock: Clock;

  constructor({ repository, guard, intake, health, changes, clock }: Dependencies) {
    this.#repository = repository;
    this.#guard = guard;
    this.#intake = intake;
    this.#health = health;
    this.#changes = changes;
    this.#clock = clock;
  }

  /** The cluster as PROVISIONING; its first check is due at once. */
  async register(operation: Operation, { endpoints, credentials, ...registration }: Registration): Promise<Row> {
    const { identity } = operation;
    requireRole(identity, "admin");
    if (registration.userAccess === "USER_TOKEN") requireAllClusters(identity);
    this.#guard.checkUrls({ apiServerUrl: registration.apiServerUrl, endpoints: urlsOf(endpoints) });
    const id = randomUUID();
    const now = this.#clock.now();
    const labels = registration.labels ?? {};
    const sealed = await this.#seal({ ...registration, id, tenantId: identity.tenant }, credentials, now);
    const data = {
      ...registration,
      labels,
      ...withoutUndefined(endpoints ?? {}),
      id,
      tenantId: identity.tenant,
      labelPairs: labelPairs(labels),
      hasPrometheus: Boolean(endpoints?.prometheusUrl),
      hasTempo: Boolean(endpoints?.tempoUrl),
      hasLoki: Boolean(endpoints?.lokiUrl),
      credentialsAt: sealed && now,
      nextCheckAt: now,
      createdAt: now,
      updatedAt: now,
    };
    return await this.#changes.commit(async (tx, record) => {
      const row = await createCluster(tx, identity, data, sealed);
      await record.deed(operation, { action: "REGISTER_CLUSTER", cluster: row, before: null, after: auditView(row) });
      await record.event({ type: "CLUSTER_REGISTERED", cluster: row, payload: { name: row.name } });
      return row;
    });
  }

  /** Changes what is given, and has the cluster checked at once. */
  async update(
    operation: Operation,
    id: string,
    expectedUpdatedAt: Date | null,
    { endpoints, credentials, ...change }: Change,
  ): Promise<Row> {
    const { identity } = operation;
    requireRole(identity, "admin");
    this.#guard.checkUrls({ apiServerUrl: change.apiServerUrl, endpoints: urlsOf(endpoints) });
    const current = await this.#living(identity, id);
    const leads = change.apiServerUrl ?? endpoints ?? change.userAccess;
    if (leads && [current.userAccess, change.userAccess].includes("USER_TOKEN")) requireAllClusters(identity);
    // Or it could be given its users' tokens in between.
    const expected = expectedUpdatedAt ?? (leads && identity.scope ? current.updatedAt : null);
    const now = this.#clock.now();
    const sealed = await this.#seal({ ...current, ...withoutUndefined(change) }, credentials, now);
    const given = withoutUndefined({ ...change, ...endpoints });
    const data = {
      ...given,
      ...(change.labels ? { labelPairs: labelPairs(change.labels) } : {}),
      ...present(endpoints, "prometheusUrl", "hasPrometheus"),
      ...present(endpoints, "tempoUrl", "hasTempo"),
      ...present(endpoints, "lokiUrl", "hasLoki"),
      ...(sealed ? { credentialsAt: now } : {}),
      updatedAt: now,
      nextCheckAt: now,
    };
    const changed = [...Object.keys(given), ...(sealed ? ["credentials"] : [])];
    return await this.#changes.commit(async (tx, record) => {
      const row = await updateCluster(tx, identity, id, expected, data);
      if (!row) throw clusterNotFound(id);
      if (sealed) await storeCredentials(tx, id, sealed);
      const [before, after] = [auditView(current), { ...auditView(row), changed }];
      await record.deed(operation, { action: "UPDATE_CLUSTER", cluster: row, before, after });
      await record.event({ type: "CLUSTER_UPDATED", cluster: row, payload: { name: row.name, changed } });
      const payload = sealed && eventView(row.name, sealed);
      if (payload) await record.event({ type: "CLUSTER_CREDENTIALS_UPDATED", cluster: row, payload });
      return row;
    });
  }

  /** Soft: the row stays and can be restored, its name is free again, and nothing asks the cluster any more. */
  async delete(operation: Operation, id: string): Promise<Row> {
    const { identity } = operation;
    requireRole(identity, "admin");
    const now = this.#clock.now();
    return await this.#changes.commit(async (tx, record) => {
      const row = await updateCluster(tx, identity, id, null, { deletedAt: now, updatedAt: now });
      if (!row) throw clusterNotFound(id);
      await record.deed(operation, { action: "DELETE_CLUSTER", cluster: row, before: auditView(row), after: null });
      await record.event({ type: "CLUSTER_DELETED", cluster: row, payload: { name: row.name } });
      return row;
    });
  }

  /** Undoes a deletion; the cluster is checked anew. */
  async restore(operation: Operation, id: string): Promise<Row> {
    requireRole(operation.identity, "admin");
    return await this.#changes.commit(async (tx, record) => {
      const row = await restoreCluster(tx, operation.identity, id, this.#clock.now());
      if (!row) throw clusterNotFound(id);
      await record.deed(operation, { action: "RESTORE_CLUSTER", cluster: row, before: null, after: auditView(row) });
      await record.event({ type: "CLUSTER_REGISTERED", cluster: row, payload: { name: row.name, restored: true } });
      return row;
    });
  }

  /** Removes a deleted cluster for good, with its credentials and history. The audit log keeps that it was. */
  async purge(operation: Operation, id: string): Promise<Row> {
    requireRole(operation.identity, "admin");
    return await this.#changes.commit(async (tx, record) => {
      const row = await purgeCluster(tx, operation.identity, id);
      if (!row) throw clusterNotFound(id);
      await record.deed(operation, { action: "PURGE_CLUSTER", cluster: row, before: auditView(row), after: null });
      return row;
    });
  }

  /** Checks the cluster and detects what it has now, and answers with what was found. */
  async refresh(operation: Operation, id: string): Promise<Row> {
    const { identity, signal } = operation;
    requireRole(identity, "operator");
    const cluster = await this.#living(identity, id);
    // As if nothing were known of it: its capabilities are detected anew, too.
    await this.#health.check({ ...cluster, capabilitiesAt: null }, signal);
    const checked = await this.#living(identity, id);
    const [before, after] = [{ state: cluster.state }, { state: checked.state }];
    await this.#changes.commit((_, record) =>
      record.deed(operation, { action: "REFRESH_CLUSTER", cluster, before, after }),
    );
    return checked;
  }

  /** @throws CLUSTER_NOT_FOUND */
  async #living(identity: Identity, id: string): Promise<Row> {
    const [row] = await this.#repository.byIds(identity, [id]);
    if (!row) throw clusterNotFound(id);
    return row;
  }

  async #seal(
    cluster: { id: string; tenantId: string; apiServerUrl: string },
    given: CredentialsGiven | null | undefined,
    now: Date,
  ): Promise<SealedCredentials | null> {
    return given ? this.#intake.seal(cluster.id, await this.#intake.take(cluster, given), now) : null;
  }
}

/** Users' tokens open what their owners see: whoever sees part of it could have them sent to a place of their own. @throws FORBIDDEN */
function requireAllClusters({ scope }: Identity): void {
  if (scope === null) return;
  throw new CodedError(
    "FORBIDDEN",
    "Users' own tokens are sent to a cluster with USER_TOKEN: who sees only part of the fleet cannot say where they go.",
  );
}

/** Without the tenants, which lead nowhere. */
const urlsOf = (endpoints: Endpoints | null | undefined): object =>
  Object.fromEntries(Object.entries(endpoints ?? {}).filter(([name]) => name.endsWith("Url")));

/** GraphQL leaves out what was not given; for Prisma, too, only what is present changes. */
const withoutUndefined = <T extends object>(given: T): T =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as T;

const present = (
  endpoints: Endpoints | null | undefined,
  url: keyof Endpoints,
  flag: string,
): Record<string, boolean> => (endpoints && endpoints[url] !== undefined ? { [flag]: Boolean(endpoints[url]) } : {});
