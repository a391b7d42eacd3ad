import { clusterOutcome, isComplete } from "../../shared/fleet/cluster-outcome.ts";
import type { Target } from "../../shared/fleet/directory.ts";
import { labelKey } from "../../shared/kernel/label-key.ts";
import type { Outcome } from "../../shared/kernel/outcome.ts";
import type {
  LabelSet,
  Listing,
  Metadata,
  Rule,
  ScrapeTarget,
} from "../../shared/upstreams/prometheus/listing-schema.ts";
import type { ClusterOutcome } from "../cluster.type.ts";
import type { FleetList, MetricLabelSet, MetricMetadata, MetricRule, MetricTarget } from "./catalogue.type.ts";

/** A kind of thing that is listed: how its items are ordered, and what becomes of them in the graph. */
export interface Kind<T, R> {
  key: (item: T) => string;
  row: (item: T, target: Target) => R;
  /** Where the same item of another cluster adds to a row, instead of being one. */
  join?: (row: R, target: Target) => void;
}

export const NAMES: Kind<string, string> = { key: (name) => name, row: (name) => name, join: () => {} };

export const SERIES: Kind<LabelSet, MetricLabelSet> = {
  key: labelKey,
  row: (metric, { id }) => ({ metric, clusters: [{ id }] }),
  join: ({ clusters }, { id }) => void clusters.push({ id }),
};

export const METADATA: Kind<Metadata, MetricMetadata> = {
  key: ({ metric, type, help, unit }) => JSON.stringify([metric, type, help, unit]),
  row: (metadata, { id }) => ({ ...metadata, clusters: [{ id }] }),
  join: ({ clusters }, { id }) => void clusters.push({ id }),
};

const ofCluster = ({ id, name }: Target) => ({ clusterId: id, clusterName: name, cluster: { id } });

export const RULES: Kind<Rule, MetricRule> = {
  key: ({ group, kind, name, query, labels, file }) =>
    JSON.stringify([group, kind, name, query, labelKey(labels), file]),
  row: (rule, target) => ({ ...ofCluster(target), ...rule }),
};

export const TARGETS: Kind<ScrapeTarget, MetricTarget> = {
  key: ({ pool, labels }) => JSON.stringify([pool, labels["instance"] ?? "", labelKey(labels)]),
  row: (target, cluster) => ({ ...ofCluster(cluster), ...target }),
};

/** One cluster's items: in their order, and no more than the limit. */
export interface Part<T> {
  target: Target;
  items: T[];
  outcome: ClusterOutcome;
}

export function toPart<T>(
  target: Target,
  outcome: Outcome<Listing<T>>,
  { key }: Pick<Kind<T, unknown>, "key">,
  limit: number,
): Part<T> {
  const items = inOrder((outcome.value?.items ?? []).map((item) => ({ item, key: key(item) }))).map(({ item }) => item);
  return {
    target,
    items: items.slice(0, limit),
    outcome: clusterOutcome(target, outcome, ({ warnings, bytes }) => ({
      rows: Math.min(items.length, limit),
      truncated: items.length > limit,
      warnings,
      bytes,
    })),
  };
}

/** All clusters' items in one list, and each cluster's own. */
export function toFleetList<T, R>(parts: readonly Part<T>[], kind: Kind<T, R>, limit: number): FleetList<R> {
  const outcomes = parts.map(({ outcome }) => outcome);
  const rows = merged(parts, kind);
  return {
    items: rows.slice(0, limit),
    truncated: rows.length > limit || outcomes.some(({ truncated }) => truncated),
    complete: isComplete(outcomes),
    outcomes,
    clusters: parts.map(({ target, items, outcome }) => ({
      ...ofCluster(target),
      items: items.map((item) => kind.row(item, target)),
      outcome,
    })),
  };
}

function merged<T, R>(parts: readonly Part<T>[], { key: keyOf, row, join }: Kind<T, R>): R[] {
  const rows: { key: string; row: R }[] = [];
  const known = new Map<string, R>();
  for (const { target, items } of parts) {
    for (const item of items) {
      const key = keyOf(item);
      const same = join && known.get(key);
      if (same !== undefined) join?.(same, target);
      else {
        const made = row(item, target);
        known.set(key, made);
        rows.push({ key, row: made });
      }
    }
  }
  return inOrder(rows).map(({ row }) => row);
}

const inOrder = <K extends { key: string }>(keyed: K[]): K[] =>
  keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
