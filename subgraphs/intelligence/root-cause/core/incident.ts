import { keyOf } from "./entity.ts";
import type { EntityRef, Incident, RelatedAlert, TopologyEdge } from "./model.ts";

const MOST_ALERTS = 2_000;
const MOST_HOPS = 2;
const TIME_CONSTANT_MS = 10 * 60_000;
/** After so long, nothing belongs together any more. */
const LATEST_MS = 60 * 60_000;
const TOGETHER = 0.35;
/** They say what kind of alert it is, or who looked, and not what it is about. */
const NOT_ABOUT = new Set(["alertname", "severity", "prometheus", "job", "endpoint", "receiver", "monitor", "replica"]);

/**
 * Alerts that belong together, the incident that began first in front. Two do by what their labels share, how near they are in the
 * topology, and how soon one followed the other; and what belongs to any of an incident belongs to it.
 */
export function groupAlerts(alerts: readonly RelatedAlert[], topology: readonly TopologyEdge[]): Incident[] {
  const inOrder = [...alerts]
    .filter(({ startsAt }) => Number.isFinite(startsAt))
    .sort((a, b) => a.startsAt - b.startsAt || (a.id < b.id ? -1 : 1))
    .slice(-MOST_ALERTS);
  const hops = new Hops(topology);
  const labels = new Map(inOrder.map((alert) => [alert, labelSet(alert)]));
  const groups: RelatedAlert[][] = [];
  for (const alert of inOrder) {
    const joins = groups.filter((group) => group.some((other) => affinity(alert, other, labels, hops) >= TOGETHER));
    const [home] = joins;
    if (!home) {
      groups.push([alert]);
      continue;
    }
    home.push(alert);
    for (const other of joins.slice(1)) home.push(...groups.splice(groups.indexOf(other), 1).flat());
  }
  return groups.map(incidentOf).sort((a, b) => a.startsAt - b.startsAt || (a.id < b.id ? -1 : 1));
}

function affinity(
  a: RelatedAlert,
  b: RelatedAlert,
  labels: ReadonlyMap<RelatedAlert, ReadonlySet<string>>,
  hops: Hops,
): number {
  const apart = Math.abs(a.startsAt - b.startsAt);
  if (apart > LATEST_MS) return 0;
  const near = a.entity && b.entity ? hops.nearness(a.entity, b.entity) : 0;
  const alike = jaccard(labels.get(a), labels.get(b));
  return Math.max(alike, near) * Math.exp(-apart / TIME_CONSTANT_MS / 2);
}

const labelSet = ({ labels }: RelatedAlert): ReadonlySet<string> =>
  new Set(
    Object.entries(labels)
      .filter(([name]) => !NOT_ABOUT.has(name))
      .map(([name, value]) => `${name}=${value}`),
  );

function jaccard(a: ReadonlySet<string> = new Set(), b: ReadonlySet<string> = new Set()): number {
  let both = 0;
  for (const label of a) if (b.has(label)) both += 1;
  return both === 0 ? 0 : both / (a.size + b.size - both);
}

class Hops {
  readonly #neighbours = new Map<string, Set<string>>();
  readonly #within = new Map<string, Map<string, number>>();

  constructor(topology: readonly TopologyEdge[]) {
    for (const { from, to } of topology) {
      this.#join(keyOf(from), keyOf(to));
      this.#join(keyOf(to), keyOf(from));
    }
  }

  /** 1 for the same, half for a neighbour, a third for a neighbour's neighbour. */
  nearness(a: EntityRef, b: EntityRef): number {
    const hops = this.#reach(keyOf(a)).get(keyOf(b));
    return hops === undefined ? 0 : 1 / (1 + hops);
  }

  #join(from: string, to: string): void {
    this.#neighbours.set(from, (this.#neighbours.get(from) ?? new Set()).add(to));
  }

  #reach(from: string): Map<string, number> {
    const known = this.#within.get(from);
    if (known) return known;
    const found = new Map([[from, 0]]);
    let edge = [from];
    for (let hops = 1; hops <= MOST_HOPS; hops += 1) {
      edge = edge.flatMap((key) => [...(this.#neighbours.get(key) ?? [])]).filter((key) => !found.has(key));
      for (const key of edge) found.set(key, hops);
    }
    this.#within.set(from, found);
    return found;
  }
}

function incidentOf(group: readonly RelatedAlert[]): Incident {
  const alerts = [...group].sort((a, b) => a.startsAt - b.startsAt || (a.id < b.id ? -1 : 1));
  const [first] = alerts;
  const entities = new Map<string, EntityRef>();
  for (const { entity } of alerts) if (entity) entities.set(keyOf(entity), entity);
  const shared = Object.entries(first?.labels ?? {}).filter(([name, value]) =>
    alerts.every(({ labels }) => labels[name] === value),
  );
  return {
    id: first?.id ?? "",
    alerts,
    startsAt: first?.startsAt ?? 0,
    entities: [...entities.values()],
    labels: Object.fromEntries(shared),
  };
}
