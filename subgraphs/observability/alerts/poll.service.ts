import type { FleetClients } from "../../shared/fleet/clients.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import { fanOut } from "../../shared/kernel/fan-out.ts";
import type { Outcome } from "../../shared/kernel/outcome.ts";
import type { CallOptions } from "../../shared/upstreams/readiness.ts";
import type { PolledCluster } from "./alert-source.repository.ts";
import type { IngestService } from "./ingest.service.ts";

/** For one answer: an Alertmanager with ten thousand alerts takes a second. */
const PATIENCE_MS = 15_000;

interface Dependencies {
  clients: FleetClients;
  ingest: IngestService;
  clock: Clock;
  onInternalError: (error: unknown) => void;
}

/** Asks a cluster for its alerts: its Alertmanager for what fires, its Prometheus for what is about to. */
export class PollService {
  readonly #dependencies: Dependencies;

  constructor(dependencies: Dependencies) {
    this.#dependencies = dependencies;
  }

  /** An abort writes nothing. */
  async poll(cluster: PolledCluster, signal: AbortSignal): Promise<void> {
    const { clients, ingest, clock } = this.#dependencies;
    const at = clock.now();
    const [alerts, status, pending] = await Promise.all([
      this.#ask(signal, async (options) => (await clients.alertmanager(cluster)).alerts(options)),
      this.#ask(signal, async (options) => (await clients.alertmanager(cluster)).status(options)),
      this.#ask(signal, async (options) => (await clients.prometheus(cluster)).pendingAlerts(options)),
    ]);
    // An abort says nothing about the cluster.
    if (signal.aborted) return;
    await ingest.read(cluster, {
      at,
      alertmanager: alerts.value ? { alerts: alerts.value, status: status.value ?? null } : why(alerts),
      pending: pending.value ?? why(pending) ?? [],
    });
  }

  async #ask<T>(signal: AbortSignal, call: (options: CallOptions) => Promise<T>): Promise<Outcome<T>> {
    const [outcome] = await fanOut([null], (_, patience) => call({ signal: patience, requestId: "alert-poll" }), {
      signal,
      patienceMs: () => PATIENCE_MS,
      onInternalError: this.#dependencies.onInternalError,
    });
    return outcome as Outcome<T>;
  }
}

/** Null where there is nobody to ask. */
const why = ({ status, failure }: Outcome<unknown>): string | null =>
  status === "SKIPPED" ? null : (failure?.message ?? "No answer.");
