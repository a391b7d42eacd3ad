import type { FleetClients } from "../../shared/fleet/clients.ts";
import type { Target } from "../../shared/fleet/directory.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import { isWithin } from "../../shared/kernel/namespaces.ts";
import { SharedAnswers } from "../../shared/kernel/shared-answers.ts";
import { podOf } from "./device.mapper.ts";
import { type ClusterReading, readExporters } from "./exporters.mapper.ts";
import { QUERY, queryWithin } from "./exporters.plan.ts";

const MAX_BYTES = 64 * 1024 * 1024;
const BYTES_PER_DEVICE = 2000;
export const PATIENCE_MS = 10_000;

export interface ExportersOptions {
  clients: Pick<FleetClients, "prometheus">;
  clock: Clock;
  /** How long a reading is good for. */
  freshMs: number;
}

/** What exporters tell of the clusters' GPUs, by their Prometheus: one request for all of a cluster. */
export class ExporterReadings {
  readonly #options: ExportersOptions;
  readonly #reads: SharedAnswers<ClusterReading>;

  constructor(options: ExportersOptions) {
    this.#options = options;
    this.#reads = new SharedAnswers({
      ttlMs: options.freshMs,
      maxBytes: MAX_BYTES,
      bytesOf: ({ devices, nodes }) => (devices.length + nodes.size) * BYTES_PER_DEVICE,
      keeps: () => true,
    });
  }

  /**
   * Of a cluster that the caller may see; for whoever sees only some namespaces, the devices of their pods as these have them.
   * @throws Skip(NO_ENDPOINT) where it has no Prometheus.
   */
  async read(target: Target, requestId: string, signal: AbortSignal): Promise<ClusterReading> {
    const { clients, clock } = this.#options;
    // Its series are of the exporter's namespace, and say in labels of their own whose a device is: matched are those.
    const { namespaces, ...whole } = target;
    const { id, prometheusUrl, credentialsAt, as } = whole;
    const key = `${id} ${prometheusUrl} ${credentialsAt?.getTime()} ${as?.key} ${namespaces?.join()}`;
    const query = namespaces ? queryWithin(namespaces) : QUERY;
    const { answer } = await this.#reads.get(key, "", signal, async (shared) => {
      const client = await clients.prometheus(whole);
      const at = clock.now();
      const options = { signal: shared, requestId };
      const { series, warnings } = await client.query(query, { at: at.getTime() / 1000 }, PATIENCE_MS / 1000, options);
      const seen = namespaces ? series.filter(({ metric }) => isWithin(namespaces, podOf(metric)?.namespace)) : series;
      return readExporters(seen, at, warnings);
    });
    return answer;
  }
}
