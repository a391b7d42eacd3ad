import { isWithin } from "../../kernel/namespaces.ts";
import type { Endpoint, UpstreamHttp } from "../http.ts";
import { NAMESPACE_LABELS } from "../logql/namespace-labels.ts";
import { namespaceMatcher, withinNamespaces } from "../logql/within.ts";
import type { Evaluation } from "../prometheus/client.ts";
import type { Listing } from "../prometheus/listing-schema.ts";
import type { QueryResult } from "../prometheus/schema.ts";
import type { CallOptions } from "../readiness.ts";
import { type Lines, type LinesQuery, LokiClient, type NanoRange } from "./client.ts";
import type { Labels } from "./schema.ts";
import type { Tail } from "./tail.ts";

/** What each Loki calls the namespace: asked once for as long as its client lives. */
const known = new WeakMap<Endpoint, string>();
/** Looked at where a question has no range of its own, such as a tail. */
const LOOK_BACK_NANOS = 6n * 3_600_000_000_000n;

/** A cluster's Loki for whoever sees only some namespaces: all that it is asked, it is asked of their streams. */
export class LokiWithin extends LokiClient {
  readonly #endpoint: Endpoint;
  readonly #namespaces: readonly string[];

  constructor(http: UpstreamHttp, endpoint: Endpoint, namespaces: readonly string[]) {
    super(http, endpoint);
    this.#endpoint = endpoint;
    this.#namespaces = namespaces;
  }

  override async lines(query: LinesQuery, options: CallOptions): Promise<Lines> {
    return await super.lines({ ...query, query: await this.#within(query.query, query, options) }, options);
  }

  override async samples(
    query: string,
    when: Evaluation,
    options: CallOptions,
  ): Promise<QueryResult & { bytes: number }> {
    return await super.samples(await this.#within(query, null, options), when, options);
  }

  /** By the streams: not every Loki lists the labels of some streams only. */
  override async labels(range: NanoRange, options: CallOptions): Promise<Listing<string>> {
    const { items, ...rest } = await this.series(null, range, options);
    return { ...rest, items: distinct(items.flatMap((labels) => Object.keys(labels))) };
  }

  override async labelValues(
    label: string,
    { query, ...range }: NanoRange & { query: string | null },
    options: CallOptions,
  ): Promise<Listing<string>> {
    const { items, ...rest } = await this.series(query, range, options);
    return { ...rest, items: distinct(items.flatMap((labels) => labels[label] ?? [])) };
  }

  override async series(match: string | null, range: NanoRange, options: CallOptions): Promise<Listing<Labels>> {
    const label = await this.#label(range, options);
    const within =
      match === null
        ? `{${namespaceMatcher(label, this.#namespaces)}}`
        : withinNamespaces(match, label, this.#namespaces);
    const { items, ...rest } = await super.series(within, range, options);
    return { ...rest, items: items.filter((labels) => isWithin(this.#namespaces, labels[label])) };
  }

  override async tail(asked: Tail, options: CallOptions): Promise<void> {
    await super.tail({ ...asked, query: await this.#within(asked.query, null, options) }, options);
  }

  async #within(query: string, range: NanoRange | null, options: CallOptions): Promise<string> {
    return withinNamespaces(query, await this.#label(range, options), this.#namespaces);
  }

  /** Where several are used, streams that lack the first are not seen. */
  async #label(range: NanoRange | null, options: CallOptions): Promise<string> {
    const before = known.get(this.#endpoint);
    if (before) return before;
    const end = BigInt(Date.now()) * 1_000_000n;
    const { items } = await super.labels(range ?? { start: end - LOOK_BACK_NANOS, end }, options);
    const found = NAMESPACE_LABELS.find((label) => items.includes(label));
    if (found) known.set(this.#endpoint, found);
    return found ?? NAMESPACE_LABELS[0];
  }
}

const distinct = (names: readonly string[]): string[] => [...new Set(names)].sort();
