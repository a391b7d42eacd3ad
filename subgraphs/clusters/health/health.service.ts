import { setTimeout as delay } from "node:timers/promises";
import type { FleetClients } from "../../shared/fleet/clients.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import { fanOut } from "../../shared/kernel/fan-out.ts";
import type { Outcome } from "../../shared/kernel/outcome.ts";
import type { CapabilitiesService } from "../capabilities/capabilities.service.ts";
import type { Changes } from "../changes.ts";
import type { Checked, HealthRepository } from "./health.repository.ts";
import { assess, type Health, type Probe, type ProbeResult, SCHEDULE } from "./health.score.ts";

const CONFIRM_AFTER_MS = 500;

type Backend = keyof Probe;

interface Dependencies {
  repository: HealthRepository;
  clients: FleetClients;
  capabilities: CapabilitiesService;
  changes: Changes;
  clock: Clock;
}

/** Checks clusters: asks each configured endpoint whether it is ready, writes what that means, and tells of changes. */
export class HealthService {
  readonly #repository: HealthRepository;
  readonly #clients: FleetClients;
  readonly #capabilities: CapabilitiesService;
  readonly #changes: Changes;
  readonly #clock: Clock;

  constructor({ repository, clients, capabilities, changes, clock }: Dependencies) {
    this.#repository = repository;
    this.#clients = clients;
    this.#capabilities = capabilities;
    this.#changes = changes;
    this.#clock = clock;
  }

  async check(cluster: Checked, signal: AbortSignal): Promise<void> {
    const health = await this.#confirmed(cluster, signal);
    // An abort says nothing about the cluster.
    if (signal.aborted) return;
    const now = this.#clock.now();
    const reached = health.apiServerHealthy || health.prometheusHealthy === true;
    const found = health.apiServerHealthy ? await this.#capabilities.detectIfDue(cluster, now, signal) : null;
    const data = { ...health, ...found, ...(reached ? { lastSeenAt: now } : {}) };
    await this.#changes.commit(async (tx, record) => {
      const written = await this.#repository.record(tx, cluster.id, cluster.state, data);
      if (!written || health.state === cluster.state) return;
      const payload = {
        old_state: cluster.state,
        new_state: health.state,
        health_score: health.healthScore,
        last_error: health.lastError,
      };
      await record.event({ type: "CLUSTER_STATUS_CHANGED", cluster, payload });
    });
  }

  /** A single failed probe never flips a known state: only a second one that finds the same does. */
  async #confirmed(cluster: Checked, signal: AbortSignal): Promise<Health> {
    const first = assess(await this.#probe(cluster, signal));
    const known = cluster.state !== "PROVISIONING" && cluster.state !== "UNKNOWN";
    if (!known || first.lastError === null || first.state === cluster.state || signal.aborted) return first;
    await delay(CONFIRM_AFTER_MS, undefined, { signal }).catch(() => {});
    return assess(await this.#probe(cluster, signal));
  }

  async #probe(cluster: Checked, signal: AbortSignal): Promise<Probe> {
    const backends: Backend[] = ["apiServer", ...(cluster.prometheusUrl ? (["prometheus"] as const) : [])];
    const patienceMs = SCHEDULE[cluster.clusterType].patienceSeconds * 1000;
    const outcomes = await fanOut(backends, (backend, patience) => this.#ready(backend, cluster, patience), {
      signal,
      patienceMs: () => patienceMs,
    });
    const [apiServer, prometheus] = outcomes.map(toResult);
    return { apiServer: apiServer ?? { healthy: false, error: "Not asked." }, prometheus: prometheus ?? null };
  }

  async #ready(backend: Backend, cluster: Checked, signal: AbortSignal): Promise<void> {
    if (backend === "apiServer") await (await this.#clients.kubernetes(cluster)).ready({ signal });
    else await (await this.#clients.prometheus(cluster)).ready({ signal, requestId: `health-${cluster.id}` });
  }
}

const toResult = ({ status, failure }: Outcome<void>): ProbeResult => ({
  healthy: status === "SUCCESS",
  error: failure?.message ?? null,
});
