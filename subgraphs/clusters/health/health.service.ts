import { setTimeout as delay } from "node:timers/promises";
import type { FleetClients } from "../../shared/fleet/clients.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import type { ErrorCode } from "../../shared/kernel/errors.ts";
import { fanOut } from "../../shared/kernel/fan-out.ts";
import type { Outcome } from "../../shared/kernel/outcome.ts";
import type { CallOptions } from "../../shared/upstreams/readiness.ts";
import type { CapabilitiesService } from "../capabilities/capabilities.service.ts";
import type { Changes } from "../changes.ts";
import type { Checked, HealthRepository } from "./health.repository.ts";
import { assess, type Backend, type Health, type Probe, type ProbeResult, SCHEDULE } from "./health.score.ts";

const CONFIRM_AFTER_MS = 500;

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

  constructor({ repository, clients, capabilities, changes, clock, onInternalError }: Dependencies) {
    this.#repository = repository;
    this.#clients = clients;
    this.#capabilities = capabilities;
    this.#changes = changes;
    this.#clock = clock;
    this.#onInternalError = onInternalError;
  }

  /** Resolves when what was found is written; an abort writes nothing. */
  async check(cluster: Checked, signal: AbortSignal): Promise<void> {
    const health = await this.#confirmed(cluster, signal);
    // An abort says nothing about the cluster.
    if (signal.aborted) return;
    await this.#write(cluster, health);
    if (health.apiServerHealthy) await this.#capabilities.detectIfDue(cluster, this.#clock.now(), signal);
  }

  async #write(cluster: Checked, health: Health): Promise<void> {
    const { prometheusHealthy, tempoHealthy, lokiHealthy, alertmanagerHealthy } = health;
    const seen = [health.apiServerHealthy, prometheusHealthy, tempoHealthy, lokiHealthy, alertmanagerHealthy];
    const from = cluster.state;
    const at = this.#clock.now();
    const finding = { ...health, clusterId: cluster.id, from, at, seen: seen.includes(true) };
    if (health.state === from) {
      await this.#repository.record(finding);
      return;
    }
    await this.#changes.commit(async (tx, record) => {
      if (!(await this.#repository.record(finding, tx))) return;
      const payload = {
        old_state: from,
        new_state: health.state,
        health_score: health.healthScore,
        last_error: health.lastError,
      };
      await record.event({ type: "CLUSTER_STATUS_CHANGED", cluster, payload });
    });
  }

  /** A single failed probe never flips a known state: what failed is asked once more. */
  async #confirmed(cluster: Checked, signal: AbortSignal): Promise<Health> {
    const probe = await this.#probe(cluster, configured(cluster), signal);
    const first = assess(probe, cluster.recentReachable);
    const known = cluster.state !== "PROVISIONING" && cluster.state !== "UNKNOWN";
    if (!known || first.lastError === null || first.state === cluster.state || signal.aborted) return first;
    await delay(CONFIRM_AFTER_MS, undefined, { signal }).catch(() => {});
    const failed = configured(cluster).filter((backend) => probe[backend]?.healthy !== true);
    return assess({ ...probe, ...(await this.#probe(cluster, failed, signal)) }, cluster.recentReachable);
  }

  async #probe(cluster: Checked, backends: readonly Backend[], signal: AbortSignal): Promise<Probe> {
    const patienceMs = SCHEDULE[cluster.clusterType].patienceSeconds * 1000;
    const outcomes = await fanOut(backends, (backend, patience) => this.#ready(backend, cluster, patience), {
      signal,
      patienceMs: () => patienceMs,
      onInternalError: this.#onInternalError,
    });
    return Object.fromEntries(outcomes.map((outcome, index) => [String(backends[index]), toResult(outcome)]));
  }

  async #ready(backend: Backend, cluster: Checked, signal: AbortSignal): Promise<void> {
    const options: CallOptions = { signal, requestId: `health-${cluster.id}` };
    const client = backend === "apiServer" ? this.#clients.kubernetes(cluster) : this.#clients[backend](cluster);
    await (await client).ready(options);
  }
}

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
