import { randomUUID } from "node:crypto";
import type { Cluster as Row } from "../../../prisma/generated/client.ts";
import type { ClusterType, Environment, Platform } from "../../../prisma/generated/enums.ts";
import { labelPairs } from "../../shared/fleet/label-selector.ts";
import type { Identity } from "../../shared/kernel/auth-context.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import { clusterNotFound } from "../../shared/kernel/errors.ts";
import { requireRole } from "../../shared/kernel/permissions.ts";
import type { CredentialsGiven, CredentialsService } from "../credentials/credentials.service.ts";
import type { ClusterEvents } from "../events.ts";
import type { HealthService } from "../health/health.service.ts";
import type { ClusterRepository, SealedCredentials } from "./cluster.repository.ts";

interface Endpoints {
  prometheusUrl?: string | null;
  tempoUrl?: string | null;
  lokiUrl?: string | null;
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
  labels?: Record<string, string> | null;
  endpoints?: Endpoints | null;
  credentials?: CredentialsGiven | null;
}

/** What is left out stays. */
export type Change = Omit<Partial<Registration>, "labels"> & { labels?: Record<string, string> };

interface Dependencies {
  repository: ClusterRepository;
  credentials: CredentialsService;
  health: HealthService;
  events: ClusterEvents;
  clock: Clock;
}

/** What can be done to the registry. Who may do it is decided here; what is visible, in the repository. */
export class ClusterService {
  readonly #repository: ClusterRepository;
  readonly #credentials: CredentialsService;
  readonly #health: HealthService;
  readonly #events: ClusterEvents;
  readonly #clock: Clock;

  constructor({ repository, credentials, health, events, clock }: Dependencies) {
    this.#repository = repository;
    this.#credentials = credentials;
    this.#health = health;
    this.#events = events;
    this.#clock = clock;
  }

  /** The cluster as PROVISIONING; its first check is due at once. */
  async register(identity: Identity, { endpoints, credentials, ...registration }: Registration): Promise<Row> {
    requireRole(identity, "admin");
    const id = randomUUID();
    const now = this.#clock.now();
    const labels = registration.labels ?? {};
    const sealed = await this.#seal(id, registration.apiServerUrl, credentials, now);
    const row = await this.#repository.create(
      identity,
      {
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
      },
      sealed,
    );
    await this.#events.publish("CLUSTER_REGISTERED", row, { name: row.name });
    return row;
  }

  /** Changes what is given, and has the cluster checked at once. */
  async update(
    identity: Identity,
    id: string,
    expectedUpdatedAt: Date | null,
    { endpoints, credentials, ...change }: Change,
  ): Promise<Row> {
    requireRole(identity, "admin");
    const [current] = await this.#repository.byIds(identity, [id]);
    if (!current) throw clusterNotFound(id);
    const now = this.#clock.now();
    const sealed = await this.#seal(id, change.apiServerUrl ?? current.apiServerUrl, credentials, now);
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
    const row = await this.#repository.update(identity, id, expectedUpdatedAt, data, sealed);
    if (!row) throw clusterNotFound(id);
    const changed = [...Object.keys(given), ...(sealed ? ["credentials"] : [])];
    await this.#events.publish("CLUSTER_UPDATED", row, { name: row.name, changed });
    return row;
  }

  /** Soft: the row stays for the audit trail, its name is free again, and nothing asks the cluster any more. */
  async delete(identity: Identity, id: string): Promise<Row> {
    requireRole(identity, "admin");
    const [current] = await this.#repository.byIds(identity, [id]);
    if (!current) throw clusterNotFound(id);
    const now = this.#clock.now();
    await this.#repository.update(identity, id, null, { deletedAt: now, updatedAt: now }, null);
    await this.#events.publish("CLUSTER_DELETED", current, { name: current.name });
    return { ...current, deletedAt: now, updatedAt: now };
  }

  /** Checks the cluster now, and answers with what was found. */
  async refresh(identity: Identity, id: string, signal: AbortSignal): Promise<Row> {
    requireRole(identity, "operator");
    const [current] = await this.#repository.byIds(identity, [id]);
    if (!current) throw clusterNotFound(id);
    await this.#health.check(current, signal);
    const [row] = await this.#repository.byIds(identity, [id]);
    if (!row) throw clusterNotFound(id);
    return row;
  }

  async #seal(
    id: string,
    server: string,
    given: CredentialsGiven | null | undefined,
    now: Date,
  ): Promise<SealedCredentials | null> {
    return given ? await this.#credentials.seal(id, server, given, now) : null;
  }
}

/** GraphQL leaves out what was not given; for Prisma, too, only what is present changes. */
const withoutUndefined = <T extends object>(given: T): T =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as T;

const present = (
  endpoints: Endpoints | null | undefined,
  url: keyof Endpoints,
  flag: string,
): Record<string, boolean> => (endpoints && endpoints[url] !== undefined ? { [flag]: Boolean(endpoints[url]) } : {});
