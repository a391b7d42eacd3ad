import { setTimeout as delay } from "node:timers/promises";
import DataLoader from "dataloader";
import type { Changes, ClusterEvent } from "../../shared/fleet/changes.ts";
import type { FleetClients } from "../../shared/fleet/clients.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import type { ErrorCode } from "../../shared/kernel/errors.ts";
import { fanOut } from "../../shared/kernel/fan-out.ts";
import type { Outcome } from "../../shared/kernel/outcome.ts";
import type { CallOptions } from "../../shared/upstreams/readiness.ts";
import type { CapabilitiesService } from "../capabilities/capabilities.service.ts";
import type { Checked, Finding, HealthRepository } from "./health.repository.ts";
import { assess, type Backend, type Health, type Probe, type ProbeResult, SCHEDULE } from "./health.score.ts";

const CONFIRM_AFTER_MS = 500;
/** What ends within this is written together: where a whole fleet changes at once, the database is not asked for each cluster. */
const GATHER_MS = 20;
const WRITTEN_TOGETHER = 100;

/** A check that has ended. */
interface Checkup {
  cluster: Checked;
  health: Health;
  at: Date;
}

interface Dependencies {
  repository: HealthRepository;
  clients: FleetClients;
  capabilities: CapabilitiesService;
  changes: Changes;
  clock: Clock;
  /** Told of what failed here, and not at a cluster. */
  onInternalError: (error: unknown) => void;
}

/** Checks clusters: asks each configured endpoint whether it is ready, writes what that means, and tells of changes. */
export class HealthService {
  readonly #repository: HealthRepository;
  readonly #clients: FleetClients;
  readonly #capabilities: CapabilitiesService;
  readonly #changes: Changes;
  readonly #clock: Clock;
  readonly #onInternalError: (error: unknown) => void;
  readonly #writes = new DataLoader<Checkup, null>(
    async (checkups) => {
      await this.#write(checkups);
      return checkups.map(() => null);
    },
    { cache: false, maxBatchSize: WRITTEN_TOGETHER, batchScheduleFn: (write) => setTimeout(write, GATHER_MS) },
  );

  constructor({ repository, clients, capabilities, changes, clock, onInternalError }: Dependencies) {
    this.#repository = repository;
    this.#clients = clients;
    this.#capabilities = capabilities;
    this.#changes = changes;
    this.#clock = clock;
    this.#onInternalError = onInternalError;
  }

  /** Check, and detect what the cluster has if that is due. */
  async check(cluster: Checked, signal: AbortSignal): Promise<void> {
    if (await this.probe(cluster, signal)) await this.detect(cluster, signal);
  }

  /**
   * Ask each configured endpoint, and write what that means; an abort writes nothing.
   * @returns whether the API server is there to be asked for more.
   */
  async probe(cluster: Checked, signal: AbortSignal): Promise<boolean> {
    const health = await this.#confirmed(cluster, signal);
    // An abort says nothing about the cluster.
    if (signal.aborted) return false;
    await this.#writes.load({ cluster, health, at: this.#clock.now() });
    return health.apiServerHealthy === true;
  }

  detect(cluster: Checked, signal: AbortSignal): Promise<void> {
    return this.#capabilities.detectIfDue(cluster, this.#clock.now(), signal);
  }

  async #write(checkups: readonly Checkup[]): Promise<void> {
    // Of two checks of one cluster at the same moment, one counts.
    const distinct = new Map(checkups.map((each) => [each.cluster.id, each]));
    const findings = [...distinct.values()].map(({ cluster, health, at }) => toFinding(cluster, health, at));
    const changed = [...distinct.values()].filter(({ cluster, health }) => health.state !== cluster.state);
    if (changed.length === 0) {
      await this.#repository.record(findings);
      return;
    }
    await this.#changes.commit(async (tx, record) => {
      const written = await this.#repository.record(findings, tx);
      await record.event(...changed.filter(({ cluster }) => written.has(cluster.id)).map(toEvent));
    });
  }

  /** A single failed probe never flips a known state: what failed is asked once more. */
  async #confirmed(cluster: Checked, signal: AbortSignal): Promise<Health> {
    const probe = await this.#ask(cluster, configured(cluster), signal);
    const first = assess(probe, cluster.recentReachable);
    const known = cluster.state !== "PROVISIONING" && cluster.state !== "UNKNOWN";
    if (!known || first.lastError === null || first.state === cluster.state || signal.aborted) return first;
    await delay(CONFIRM_AFTER_MS, undefined, { signal }).catch(() => {});
    const failed = configured(cluster).filter((backend) => probe[backend]?.healthy !== true);
    return assess({ ...probe, ...(await this.#ask(cluster, failed, signal)) }, cluster.recentReachable);
  }

  async #ask(cluster: Checked, backends: readonly Backend[], signal: AbortSignal): Promise<Probe> {
    // Before the patience begins: what the database takes to give out credentials is not the cluster's fault.
    const clients = await Promise.allSettled(backends.map((backend) => this.#client(backend, cluster)));
    const patienceMs = SCHEDULE[cluster.clusterType].patienceSeconds * 1000;
    const requestId = `health-${cluster.id}`;
    const outcomes = await fanOut(
      clients,
      (client, patience) => {
        if (client.status === "rejected") throw client.reason;
        return client.value.ready({ signal: patience, requestId });
      },
      { signal, patienceMs: () => patienceMs, onInternalError: this.#onInternalError },
    );
    return Object.fromEntries(outcomes.map((outcome, index) => [String(backends[index]), toResult(outcome)]));
  }

  #client(backend: Backend, cluster: Checked): Promise<{ ready(options: CallOptions): Promise<void> }> {
    return backend === "apiServer" ? this.#clients.kubernetes(cluster) : this.#clients[backend](cluster);
  }
}

function toFinding(cluster: Checked, health: Health, at: Date): Finding {
  const { apiServerHealthy, prometheusHealthy, tempoHealthy, lokiHealthy, alertmanagerHealthy } = health;
  const seen = [apiServerHealthy, prometheusHealthy, tempoHealthy, lokiHealthy, alertmanagerHealthy].includes(true);
  return { ...health, clusterId: cluster.id, from: cluster.state, at, seen };
}

const toEvent = ({ cluster, health }: Checkup): ClusterEvent => ({
  type: "CLUSTER_STATUS_CHANGED",
  cluster,
  payload: {
    old_state: cluster.state,
    new_state: health.state,
    health_score: health.healthScore,
    last_error: health.lastError,
  },
});

function configured({ prometheusUrl, tempoUrl, lokiUrl, alertmanagerUrl }: Checked): Backend[] {
  return [
    "apiServer",
    ...(prometheusUrl ? (["prometheus"] as const) : []),
    ...(tempoUrl ? (["tempo"] as const) : []),
    ...(lokiUrl ? (["loki"] as const) : []),
    ...(alertmanagerUrl ? (["alertmanager"] as const) : []),
  ];
}

/** An answer, whatever it says, came from something that is there. */
const ANSWERED: ReadonlySet<ErrorCode> = new Set([
  "UPSTREAM_REFUSED",
  "CREDENTIALS_EXPIRED",
  "UPSTREAM_ERROR",
  "UPSTREAM_QUERY_FAILED",
  "UPSTREAM_INVALID_ANSWER",
  "UPSTREAM_ANSWER_TOO_LARGE",
]);
const SILENT: ReadonlySet<ErrorCode> = new Set(["UPSTREAM_UNREACHABLE", "UPSTREAM_TIMEOUT"]);

/** Any other failure, such as a key or credentials that are not there or a target that is not allowed, is not the cluster's. */
function toResult({ failure }: Outcome<void>): ProbeResult {
  if (!failure) return { healthy: true, reached: true, error: null };
  const reached = ANSWERED.has(failure.code);
  return { healthy: reached || SILENT.has(failure.code) ? false : null, reached, error: failure.message };
}
