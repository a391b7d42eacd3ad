import type { FleetClients } from "../../shared/fleet/clients.ts";
import type { Target } from "../../shared/fleet/directory.ts";
import { authorisationKey } from "../../shared/kernel/auth-context.ts";
import type { CacheMeter } from "../../shared/kernel/cache-meter.ts";
import { callScope, setCallScope } from "../../shared/kernel/call-scope.ts";
import { SharedAnswers } from "../../shared/kernel/shared-answers.ts";
import type { Operation } from "../../shared/kernel/subgraph.ts";
import { textCache } from "../../shared/kernel/text-cache.ts";
import type { Evaluation } from "../../shared/upstreams/prometheus/client.ts";
import type { QueryResult, Series } from "../../shared/upstreams/prometheus/schema.ts";
import { looksAhead } from "../../shared/upstreams/promql/shape.ts";
import { isClosed } from "./metrics.window.ts";
import { type AnswerLimits, cutTo } from "./series.filter.ts";

/** One request to one cluster. Two that are alike are one. */
export interface ClusterQuery {
  target: Target;
  query: string;
  when: Evaluation;
  timeoutSeconds: number;
  /** What it is part of, where clusters are asked the same in different words: their answers are held within bounds together. */
  question?: string;
}

/** One cluster's answer. What is kept of closed windows is shared: nobody may change it. */
export interface ClusterAnswer extends Omit<QueryResult, "series"> {
  series: readonly Series[];
  /** Of the answer's body. */
  bytes: number;
  /** Whether series were left out at a limit. */
  truncated: boolean;
  fromCache: boolean;
}

type Kept = Omit<ClusterAnswer, "fromCache">;
/** Who asks, and when that began. */
export type Asker = Pick<Operation, "identity" | "requestId" | "startedAt">;

const TTL_MS = 3_600_000;
/** In memory, an answer takes about so many times the bytes of its text. */
const BYTES_PER_BYTE = 3;
/** Of queries that something is remembered of, in characters. */
const REMEMBERED = 5_000_000;

/**
 * How one cluster is asked, and what is remembered of its answers, over all operations of the process: whole answers of closed
 * windows, which change no more, and how many series a query had. Shared only among askers of equal rights.
 */
export class ClusterQueries {
  readonly limits: AnswerLimits;
  readonly #clients: Pick<FleetClients, "prometheus">;
  readonly #closed: SharedAnswers<Kept>;
  readonly #looksAhead = textCache<{ ahead: boolean }>(REMEMBERED);
  readonly #seen = textCache<number>(REMEMBERED);

  constructor(clients: Pick<FleetClients, "prometheus">, limits: AnswerLimits, cacheBytes: number, meter?: CacheMeter) {
    this.#clients = clients;
    this.limits = limits;
    this.#closed = new SharedAnswers({
      maxBytes: cacheBytes,
      ttlMs: TTL_MS,
      bytesOf: ({ bytes }) => bytes * BYTES_PER_BYTE,
      keeps: ({ warnings, truncated }) => warnings.length === 0 && !truncated,
      meter,
    });
  }

  async ask(query: ClusterQuery, asker: Asker, signal: AbortSignal): Promise<ClusterAnswer> {
    if (!this.isClosed(query, asker)) return { ...(await this.#sent(query, asker, signal)), fromCache: false };
    const how = String(query.timeoutSeconds);
    const { answer, kept } = await this.#closed.get(keyOf(query, asker), how, signal, (own) => {
      setCallScope(own, callScope(signal));
      return this.#sent(query, asker, own);
    });
    return { ...answer, fromCache: kept };
  }

  /** Whether nothing can change any more of what is asked. */
  isClosed({ query, when }: ClusterQuery, { startedAt }: Asker): boolean {
    if (!isClosed(when, startedAt)) return false;
    const known = this.#looksAhead.get(query) ?? { ahead: looksAhead(query) };
    this.#looksAhead.set(query, known);
    return !known.ahead;
  }

  isKept(query: ClusterQuery, asker: Asker): boolean {
    return this.isClosed(query, asker) && this.#closed.peek(keyOf(query, asker)) !== undefined;
  }

  /** How many series the query's last answer had; null where there was none. */
  seriesSeen(query: ClusterQuery, asker: Asker): number | null {
    return this.#seen.get(seenKey(query, asker)) ?? null;
  }

  async #sent(query: ClusterQuery, asker: Asker, signal: AbortSignal): Promise<Kept> {
    const { target, when, timeoutSeconds } = query;
    const client = await this.#clients.prometheus(target);
    const { seriesPerCluster } = this.limits;
    // One more than is let through, to know that there are more.
    const options = { signal, requestId: asker.requestId, limit: seriesPerCluster + 1 };
    const { series, ...answer } = await client.query(query.query, when, timeoutSeconds, options);
    this.#seen.set(seenKey(query, asker), series.length);
    return { ...answer, ...cutTo(series, seriesPerCluster) };
  }
}

const seenKey = ({ target, query }: ClusterQuery, { identity }: Asker): string =>
  JSON.stringify([target.id, target.prometheusUrl, authorisationKey(identity), query]);

const keyOf = (query: ClusterQuery, asker: Asker): string =>
  JSON.stringify([seenKey(query, asker), query.target.credentialsAt, query.target.as?.key, query.when]);
