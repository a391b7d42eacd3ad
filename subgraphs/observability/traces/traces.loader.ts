import DataLoader from "dataloader";
import type { FleetClients } from "../../shared/fleet/clients.ts";
import type { Target } from "../../shared/fleet/directory.ts";
import { fanOut } from "../../shared/kernel/fan-out.ts";
import type { Outcome } from "../../shared/kernel/outcome.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import type { TempoClient, TimeBounds } from "../../shared/upstreams/tempo/client.ts";
import type { SearchResult, Tag, TagValue, TraceResult } from "../../shared/upstreams/tempo/schema.ts";

/** One question to one cluster's Tempo. Two that are alike are one. */
interface Asked {
  target: Target;
  timeoutSeconds: number;
}

export interface AskedSearch extends Asked {
  query: string;
  /** Newest first. */
  windows: readonly TimeBounds[];
  limit: number;
}

export interface AskedTrace extends Asked {
  traceId: string;
  /** When it happened. */
  bounds: TimeBounds;
}

export interface AskedTags extends Asked {
  bounds: TimeBounds;
}

export interface AskedValues extends AskedTags {
  tag: string;
  query: string | null;
  limit: number;
}

type Loader<K, V> = DataLoader<K, Outcome<V>, string>;

/**
 * All that one operation asks the clusters' Tempo: whatever its shape and number of hops, one upstream request for each cluster and
 * distinct question. Lives as long as the operation, so nothing is shared between users.
 */
export interface TraceLoaders {
  search: Loader<AskedSearch, SearchResult>;
  trace: Loader<AskedTrace, TraceResult>;
  tags: Loader<AskedTags, Tag[]>;
  values: Loader<AskedValues, TagValue[]>;
}

/** A whole trace is many spans: of a page of them, so many are read at once. */
const TRACES_AT_ONCE = 16;

export function traceLoaders(
  operation: Operation,
  clients: FleetClients,
  onInternalError: (error: unknown) => void,
): TraceLoaders {
  const loader = <K extends Asked, V>(
    ask: (tempo: TempoClient, asked: K, options: { signal: AbortSignal; requestId: string }) => Promise<V>,
    concurrency?: number,
  ): Loader<K, V> =>
    new DataLoader<K, Outcome<V>, string>(
      (all) =>
        fanOut(
          all,
          async (asked, signal) =>
            await ask(await clients.tempo(asked.target), asked, { signal, requestId: operation.requestId }),
          {
            signal: operation.signal,
            patienceMs: ({ timeoutSeconds }) => timeoutSeconds * 1000,
            onInternalError,
            ...(concurrency ? { concurrency } : {}),
          },
        ),
      { cacheKeyFn: ({ target, ...rest }) => JSON.stringify([target.id, rest]) },
    );
  return {
    search: loader(searchWindows),
    trace: loader((tempo, { traceId, bounds }, options) => tempo.trace(traceId, bounds, options), TRACES_AT_ONCE),
    tags: loader((tempo, { bounds }, options) => tempo.tags(bounds, options)),
    values: loader((tempo, { tag, query, bounds, limit }, options) =>
      tempo.tagValues(tag, { query, ...bounds }, { ...options, limit }),
    ),
  };
}

/** The newest window first, and none that is older than what is asked for. */
async function searchWindows(
  tempo: TempoClient,
  { query, windows, limit }: AskedSearch,
  options: { signal: AbortSignal; requestId: string },
): Promise<SearchResult> {
  const found: SearchResult = { traces: [], inspectedBytes: null, bytes: 0 };
  for (const window of windows) {
    if (found.traces.length >= limit) break;
    const { traces, inspectedBytes, bytes } = await tempo.search({ query, ...window, limit }, options);
    // One that goes over the border is in both.
    const known = new Set(found.traces.map(({ traceId }) => traceId));
    found.traces.push(...traces.filter(({ traceId }) => !known.has(traceId)));
    found.bytes += bytes;
    if (inspectedBytes !== null) found.inspectedBytes = (found.inspectedBytes ?? 0) + inspectedBytes;
  }
  return found;
}
