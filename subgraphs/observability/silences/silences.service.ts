import { clusterOutcome, isComplete, requireAnswers } from "../../shared/fleet/cluster-outcome.ts";
import type { FleetDirectory, Target } from "../../shared/fleet/directory.ts";
import type { ClusterSelector } from "../../shared/fleet/selector.ts";
import type { PageRequest } from "../../shared/kernel/page.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import { matcherText } from "../../shared/upstreams/alertmanager/matcher.ts";
import type { Silence, SilenceState } from "../../shared/upstreams/alertmanager/schema.ts";
import type { AlertSourceRepository } from "../alerts/alert-source.repository.ts";
import type { ClusterOutcome } from "../cluster.type.ts";
import type { SilenceLoaders } from "./silence.loader.ts";
import { sharedAlertmanagers } from "./silence-group.plan.ts";

export interface AskedClusters {
  clusterIds?: readonly string[] | null;
  selector?: ClusterSelector | null;
}

export interface SilenceFilter extends AskedClusters {
  states?: readonly SilenceState[] | null;
  createdBy?: string | null;
  search?: string | null;
}

/** A silence, and the clusters whose Alertmanagers have it: the first was asked. */
export interface FoundSilence extends Silence {
  clusters: readonly Target[];
}

const ORDER: readonly SilenceState[] = ["ACTIVE", "PENDING", "EXPIRED"];

/** What silences there are, within one operation. */
export class SilencesService {
  readonly loaders: SilenceLoaders;
  readonly #operation: Operation;
  readonly #directory: FleetDirectory;
  readonly #sources: AlertSourceRepository;

  constructor(
    operation: Operation,
    {
      directory,
      sources,
      loaders,
    }: { directory: FleetDirectory; sources: AlertSourceRepository; loaders: SilenceLoaders },
  ) {
    this.#operation = operation;
    this.#directory = directory;
    this.#sources = sources;
    this.loaders = loaders;
  }

  /** Those in force or to come unless asked for otherwise, by when they end. @throws CLUSTER_NOT_FOUND, NO_CLUSTER_SUCCEEDED */
  async page(filter: SilenceFilter, { page, pageSize }: PageRequest) {
    const targets = await this.clusters(filter);
    const answers = await this.loaders.ofCluster.loadMany(targets);
    const outcomes: ClusterOutcome[] = [];
    const silences = new Map<string, Silence[]>();
    for (const [index, target] of targets.entries()) {
      const answer = answers[index];
      if (!answer || answer instanceof Error) throw answer ?? new Error("A fan-out lacks an answer.");
      outcomes.push(clusterOutcome(target, answer, ({ length: rows }) => ({ rows })));
      if (answer.value) silences.set(target.id, answer.value);
    }
    requireAnswers(outcomes);
    const found = (await this.groups(targets)).flatMap((clusters) => {
      // Of those that share them, whoever answered.
      const own = clusters.map(({ id }) => silences.get(id)).find((list) => list !== undefined) ?? [];
      return own.filter(matching(filter)).map((silence): FoundSilence => ({ ...silence, clusters }));
    });
    const sorted = found.sort(
      (a, b) =>
        ORDER.indexOf(a.state) - ORDER.indexOf(b.state) ||
        a.endsAt.getTime() - b.endsAt.getTime() ||
        (a.id < b.id ? -1 : 1),
    );
    const items = sorted.slice((page - 1) * pageSize, page * pageSize);
    return { items, total: sorted.length, outcomes, complete: isComplete(outcomes) };
  }

  /** Those that keep an alert's notifications back. Null where its Alertmanager does not say. */
  async named(cluster: Target, ids: readonly string[]): Promise<FoundSilence[] | null> {
    if (ids.length === 0) return [];
    const { value } = await this.loaders.ofCluster.load(cluster);
    return value?.filter(({ id }) => ids.includes(id)).map((silence) => ({ ...silence, clusters: [cluster] })) ?? null;
  }

  /** @throws CLUSTER_NOT_FOUND */
  clusters(asked: AskedClusters): Promise<Target[]> {
    return this.#directory.selectNamed(this.#operation.identity, asked);
  }

  /** The clusters by whom they share their silences with. */
  async groups(targets: readonly Target[]) {
    const sources = await this.#sources.ofClusters(targets.map(({ id }) => id));
    return sharedAlertmanagers(
      targets,
      new Map(sources.flatMap((source) => (source ? [[source.clusterId, source.haGroup]] : []))),
    );
  }
}

function matching({ states, createdBy, search }: SilenceFilter): (silence: Silence) => boolean {
  const wanted: readonly SilenceState[] = states?.length ? states : ["ACTIVE", "PENDING"];
  const text = search?.toLowerCase();
  return ({ state, createdBy: author, comment, matchers }) =>
    wanted.includes(state) &&
    (!createdBy || author === createdBy) &&
    (!text || [comment, author, ...matchers.map(matcherText)].some((part) => part.toLowerCase().includes(text)));
}
