import { CodedError } from "../../kernel/errors.ts";
import { isWithin } from "../../kernel/namespaces.ts";
import type { Endpoint, UpstreamAnswer, UpstreamHttp } from "../http.ts";
import { namespaceMatcher, withinNamespaces } from "../promql/within.ts";
import type { PendingAlert } from "./alerts.ts";
import { type CallOptions, type Evaluation, type Matched, PrometheusClient } from "./client.ts";
import type { LabelSet, Listing, Metadata, Rule, RuleKind, ScrapeTarget } from "./listing-schema.ts";

/** A cluster's Prometheus for whoever sees only some namespaces: all that it is asked, it is asked of their series. */
export class PrometheusWithin extends PrometheusClient {
  readonly #namespaces: readonly string[];

  constructor(http: UpstreamHttp, endpoint: Endpoint, namespaces: readonly string[]) {
    super(http, endpoint);
    this.#namespaces = namespaces;
  }

  override async queryAnswer(
    query: string,
    when: Evaluation,
    timeoutSeconds: number,
    options: CallOptions & { limit?: number },
  ): Promise<UpstreamAnswer> {
    return await super.queryAnswer(withinNamespaces(query, this.#namespaces), when, timeoutSeconds, options);
  }

  override async labels(of: Matched, limit: number, options: CallOptions): Promise<Listing<string>> {
    return await super.labels(this.#within(of), limit, options);
  }

  override async labelValues(
    label: string,
    of: Matched,
    limit: number,
    options: CallOptions,
  ): Promise<Listing<string>> {
    return await super.labelValues(label, this.#within(of), limit, options);
  }

  override async series(of: Matched, limit: number, options: CallOptions): Promise<Listing<LabelSet>> {
    return await super.series(this.#within(of), limit, options);
  }

  /** A Prometheus does not know whose metrics they are. */
  override async metadata(_metric: string | null, _limit: number, _options: CallOptions): Promise<Listing<Metadata>> {
    throw new CodedError("FORBIDDEN", "Metadata is of all namespaces: it needs a scope without namespaces.");
  }

  /** Those that say which namespace they are of, as OpenShift labels its users' rules. */
  override async rules(kind: RuleKind | null, options: CallOptions): Promise<Listing<Rule>> {
    return this.#labelled(await super.rules(kind, options));
  }

  override async targets(options: CallOptions): Promise<Listing<ScrapeTarget>> {
    return this.#labelled(await super.targets(options));
  }

  override async pendingAlerts(options: CallOptions): Promise<PendingAlert[]> {
    const alerts = await super.pendingAlerts(options);
    return alerts.filter(({ labels }) => isWithin(this.#namespaces, labels["namespace"]));
  }

  /** Without a matcher, all series are meant. */
  #within({ matchers, ...time }: Matched): Matched {
    const own = matchers.map((matcher) => withinNamespaces(matcher, this.#namespaces));
    return { ...time, matchers: own.length > 0 ? own : [`{${namespaceMatcher(this.#namespaces)}}`] };
  }

  /** The size of an answer would tell of what is left out. */
  #labelled<T extends { labels: LabelSet }>({ items, warnings }: Listing<T>): Listing<T> {
    return { items: items.filter(({ labels }) => isWithin(this.#namespaces, labels["namespace"])), warnings, bytes: 0 };
  }
}
