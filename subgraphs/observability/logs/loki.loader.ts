import DataLoader from "dataloader";
import type { FleetClients } from "../../shared/fleet/clients.ts";
import type { Target } from "../../shared/fleet/directory.ts";
import { fanOut } from "../../shared/kernel/fan-out.ts";
import type { Outcome } from "../../shared/kernel/outcome.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import type { Lines, LinesQuery, LokiClient, NanoRange } from "../../shared/upstreams/loki/client.ts";
import type { Labels } from "../../shared/upstreams/loki/schema.ts";
import type { Evaluation } from "../../shared/upstreams/prometheus/client.ts";
import type { Listing } from "../../shared/upstreams/prometheus/listing-schema.ts";
import type { CallOptions } from "../../shared/upstreams/readiness.ts";
import type { ClusterAnswer } from "../metrics/cluster-queries.loader.ts";
import type { ClosedLines } from "./closed-lines.loader.ts";

/** One question to one cluster's Loki. Two that are alike are one. */
interface Asked {
  target: Target;
  timeoutSeconds: number;
}

export interface AskedLines extends Asked, LinesQuery {}
export interface AskedSamples extends Asked {
  query: string;
  when: Evaluation;
}
export interface AskedLabels extends Asked, NanoRange {}
export interface AskedValues extends AskedLabels {
  label: string;
  /** Of these streams alone; of all for null. */
  query: string | null;
}
export interface AskedSeries extends AskedLabels {
  match: string;
}

type Loader<K, V> = DataLoader<K, Outcome<V>, string>;

/** A cluster's lines, which are told when they come in, and not only when those of all clusters have. */
export interface ComingLines {
  outcome: Promise<Outcome<Lines>>;
}

/**
 * All that one operation asks the clusters' Loki: whatever its shape and number of hops, one upstream request for each cluster and
 * distinct question. Lives as long as the operation, so nothing is shared between users.
 */
export interface LokiLoaders {
  lines: DataLoader<AskedLines, ComingLines, string>;
  samples: Loader<AskedSamples, ClusterAnswer>;
  labels: Loader<AskedLabels, Listing<string>>;
  values: Loader<AskedValues, Listing<string>>;
  series: Loader<AskedSeries, Listing<Labels>>;
}

export function lokiLoaders(
  operation: Operation,
  clients: Pick<FleetClients, "loki">,
  closed: ClosedLines,
  onInternalError: (error: unknown) => void,
): LokiLoaders {
  const ask = <K extends Asked, V>(all: readonly K[], question: Question<K, V>): Promise<Outcome<V>[]> =>
    fanOut(
      all,
      async (asked, signal) =>
        await question(await clients.loki(asked.target), asked, { signal, requestId: operation.requestId }),
      { signal: operation.signal, patienceMs: ({ timeoutSeconds }) => timeoutSeconds * 1000, onInternalError },
    );
  const loader = <K extends Asked, V>(question: Question<K, V>): Loader<K, V> =>
    new DataLoader<K, Outcome<V>, string>((all) => ask(all, question), { cacheKeyFn: keyOf });
  const lines: Question<AskedLines, Lines> = (loki, asked, { signal, requestId }) =>
    closed.get(asked, operation, signal, (own) => loki.lines(queryOf(asked), { signal: own, requestId }));
  const coming = async (asked: AskedLines): Promise<Outcome<Lines>> => {
    const [outcome] = await ask([asked], lines);
    return outcome as Outcome<Lines>;
  };
  return {
    lines: new DataLoader<AskedLines, ComingLines, string>(
      (all) => Promise.resolve(all.map((asked) => ({ outcome: coming(asked) }))),
      { cacheKeyFn: keyOf },
    ),
    samples: loader(async (loki, { query, when }, options) => ({
      ...(await loki.samples(query, when, options)),
      truncated: false,
      fromCache: false,
    })),
    labels: loader((loki, range, options) => loki.labels(within(range), options)),
    values: loader((loki, { label, query, ...range }, options) =>
      loki.labelValues(label, { ...within(range), query }, options),
    ),
    series: loader((loki, { match, ...range }, options) => loki.series(match, within(range), options)),
  };
}

type Question<K, V> = (loki: LokiClient, asked: K, options: CallOptions) => Promise<V>;

const queryOf = ({ query, start, end, limit, direction }: LinesQuery): LinesQuery => ({
  query,
  start,
  end,
  limit,
  direction,
});

const within = ({ start, end }: NanoRange): NanoRange => ({ start, end });

const keyOf = ({ target, ...asked }: Asked): string =>
  JSON.stringify([target.id, asked], (_, value: unknown) => (typeof value === "bigint" ? String(value) : value));
