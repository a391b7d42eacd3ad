import pLimit from "p-limit";
import type { Changes } from "../../shared/fleet/changes.ts";
import type { FleetClients } from "../../shared/fleet/clients.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import { CodedError } from "../../shared/kernel/errors.ts";
import { fanOut } from "../../shared/kernel/fan-out.ts";
import type { Outcome } from "../../shared/kernel/outcome.ts";
import { SharedAnswers } from "../../shared/kernel/shared-answers.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import { forbidsUser } from "../../shared/upstreams/failures.ts";
import { mayI } from "../../shared/upstreams/kubernetes/access-review.ts";
import type { KubernetesClient } from "../../shared/upstreams/kubernetes/client.ts";
import { execInPod } from "../../shared/upstreams/kubernetes/exec.ts";
import { firstObjects } from "../../shared/upstreams/kubernetes/first-objects.ts";
import { parseQuery, type SmiLog } from "../../shared/upstreams/nvidia-smi/query.ts";
import type { GpuTarget } from "../readings/gpu-cluster.repository.ts";
import { NAMESPACES, placesIn, type SmiPlace, SmiPod } from "./smi-pod.mapper.ts";

/** What one node's nvidia-smi told. */
export interface SmiReading {
  observedAt: Date;
  log: SmiLog;
}

/** A failure is kept too: where it hangs, one that hangs is enough. */
type Kept = { reading: SmiReading } | { failure: CodedError };
type Places = ReadonlyMap<string, SmiPlace>;
type By = Pick<Operation, "identity" | "requestId">;

const ARGV = ["nvidia-smi", "-q", "-x"] as const;
const LIMITS = { ms: 10_000, bytes: 4 * 1024 * 1024, atOnce: 32, pods: 2000 };
/** Longer than a run may take, so that a run that is too slow is remembered as such. */
const PATIENCE_MS = LIMITS.ms + 5000;
const FRESH_MS = 20_000;
const PLACES_FRESH_MS = 60_000;
const BYTES = { kept: 32 * 1024 * 1024, perProcess: 300, perGpu: 2000, perPlace: 500 };

/** Runs nvidia-smi on nodes, where the cluster's owner and its API server allow it: one run of a node at a time, and each on record. */
export class SmiReadings {
  readonly #clients: Pick<FleetClients, "kubernetes">;
  readonly #changes: Changes;
  readonly #clock: Clock;
  readonly #turn = pLimit(LIMITS.atOnce);
  readonly #runs = new SharedAnswers<Kept>({
    ttlMs: FRESH_MS,
    maxBytes: BYTES.kept,
    bytesOf: weight,
    keeps: () => true,
  });
  readonly #places = new SharedAnswers<Places>({
    ttlMs: PLACES_FRESH_MS,
    maxBytes: BYTES.kept,
    bytesOf: ({ size }) => size * BYTES.perPlace,
    keeps: () => true,
  });

  constructor(options: { clients: Pick<FleetClients, "kubernetes">; changes: Changes; clock: Clock }) {
    this.#clients = options.clients;
    this.#changes = options.changes;
    this.#clock = options.clock;
  }

  /** Of nodes of a cluster that the caller may see, in their order. */
  async read(
    target: GpuTarget,
    nodes: readonly string[],
    by: By,
    { signal, onInternalError }: { signal: AbortSignal; onInternalError: (error: unknown) => void },
  ): Promise<Outcome<SmiReading>[]> {
    const options = { signal, patienceMs: () => PATIENCE_MS, onInternalError };
    const [found] = await fanOut([target], (_, patience) => this.#placesOf(target, patience), options);
    const due = nodes.flatMap((node) => {
      const place = found?.value?.get(node);
      return place && !this.#runs.peek(keyOf(target, place)) ? [place] : [];
    });
    if (due.length > 0) await this.#note(target, due, by);
    return await fanOut(
      nodes,
      async (node, patience) => {
        if (found?.failure) throw new CodedError(found.failure.code, found.failure.message);
        const place = found?.value?.get(node);
        if (!place) throw new CodedError("NO_ENDPOINT", "No pod of the GPU operator runs on the node.");
        const run = (shared: AbortSignal) => this.#turn(() => this.#run(target, place, shared));
        const { answer } = await this.#runs.get(keyOf(target, place), "", patience, run);
        if ("failure" in answer) throw answer.failure;
        return answer.reading;
      },
      { ...options, concurrency: LIMITS.atOnce },
    );
  }

  /** Before it is done: so that nothing is done without. */
  async #note(target: GpuTarget, places: readonly SmiPlace[], by: By): Promise<void> {
    const pods = places.map(({ namespace, pod, container, node }) => ({ namespace, pod, container, node }));
    await this.#changes.commit(async (_, record) => {
      const after = { command: ARGV.join(" "), pods, ...(target.as ? { as: target.as.user } : {}) };
      await record.deed(by, { action: "RUN_NVIDIA_SMI", cluster: target, before: null, after });
    });
  }

  async #run(target: GpuTarget, place: SmiPlace, signal: AbortSignal): Promise<Kept> {
    const patience = new AbortController();
    const late = new CodedError("UPSTREAM_TIMEOUT", `nvidia-smi did not end within ${LIMITS.ms / 1000} s.`);
    const timer = setTimeout(() => patience.abort(late), LIMITS.ms);
    try {
      const client = await this.#clients.kubernetes(target);
      const both = AbortSignal.any([signal, patience.signal]);
      const { stdout } = await execInPod(client, place, ARGV, { signal: both, maxBytes: LIMITS.bytes });
      return { reading: { observedAt: this.#clock.now(), log: seen(parseQuery(stdout), place) } };
    } catch (error) {
      if (!(error instanceof CodedError) || signal.aborted) throw error;
      return { failure: error };
    } finally {
      clearTimeout(timer);
    }
  }

  async #placesOf(target: GpuTarget, signal: AbortSignal): Promise<Places> {
    const key = `${target.id} ${target.apiServerUrl} ${target.credentialsAt?.getTime()} ${target.as?.key}`;
    const { answer } = await this.#places.get(key, "", signal, async (shared) => {
      const client = await this.#clients.kubernetes(target);
      const found = await Promise.all(NAMESPACES.map((namespace) => placesOf(client, namespace, target, shared)));
      if (found.some((places) => places.size > 0)) return new Map(found.flatMap((places) => [...places]));
      throw new CodedError("NO_ENDPOINT", "No pod of the GPU operator runs in the cluster.");
    });
    return answer;
  }
}

async function placesOf(
  client: KubernetesClient,
  namespace: string,
  { as }: GpuTarget,
  signal: AbortSignal,
): Promise<Places> {
  const pods = { plural: "pods", schema: SmiPod };
  const { objects } = await firstObjects(client, pods, { namespace }, { most: LIMITS.pods, signal });
  const places = placesIn(objects);
  const access = { verb: "create", group: "", resource: "pods", subresource: "exec", namespace };
  if (places.size === 0 || (await mayI(client, access, { signal }))) return places;
  if (as) throw forbidsUser(403, as.user);
  throw new CodedError("UPSTREAM_REFUSED", `The credentials may not run programs in pods of ${namespace} (pods/exec).`);
}

/** Where processes of other containers cannot be seen, an empty list says nothing. */
const seen = (log: SmiLog, { seesProcesses }: SmiPlace): SmiLog => {
  if (seesProcesses) return log;
  return { ...log, gpus: log.gpus.map((gpu) => ({ ...gpu, processes: gpu.processes?.length ? gpu.processes : null })) };
};

const keyOf = ({ id, credentialsAt, as }: GpuTarget, { namespace, pod }: SmiPlace): string =>
  `${id} ${credentialsAt?.getTime()} ${as?.key} ${namespace}/${pod}`;

function weight(kept: Kept): number {
  if ("failure" in kept) return BYTES.perPlace;
  const { gpus } = kept.reading.log;
  return gpus.reduce((sum, { processes }) => sum + BYTES.perGpu + (processes?.length ?? 0) * BYTES.perProcess, 0);
}
