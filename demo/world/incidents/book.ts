import type { Incident, IncidentKind } from "../../incidents.ts";
import { begunAt, deploymentsOf } from "../deployments.ts";
import type { Inventory, WorldNode, WorldPod } from "../inventory.ts";
import { holds, type Period, startedAt } from "../lifecycle.ts";
import type { MetricFamily } from "../metrics/family.ts";
import type { Endpoint } from "../metrics/http.ts";
import { existsAt, runsAt } from "../presence.ts";
import { checkoutAlerts } from "./checkout-alerts.ts";
import {
  type At,
  type Effect,
  growth,
  type Happening,
  type IncidentAlert,
  type Influence,
  type Labels,
  type Traffic,
} from "./effect.ts";
import { MAKERS } from "./makers.ts";

interface Noted {
  readonly kind: IncidentKind;
  readonly period: Period;
  readonly effect: Effect;
}

const keyOf = (namespace: string, name: string) => `${namespace}/${name}`;

/** The incidents of a cluster, and the cluster as they make it. */
export class Incidents {
  readonly #usual: () => Inventory;
  readonly #noted = new Map<IncidentKind, Noted>();
  #version = 0;
  #inventory: Inventory | undefined;
  #touched: ReadonlyMap<string, WorldPod> = new Map();
  /** Replica sets that come with an incident. */
  #rollouts: ReadonlyMap<string, Period> = new Map();
  #alerts: readonly IncidentAlert[] = [];

  constructor(usual: () => Inventory) {
    this.#usual = usual;
  }

  /** Grows with every change. */
  get version(): number {
    return this.#version;
  }

  /** The cluster with all pods that exist at any time. */
  get inventory(): Inventory {
    return this.#inventory ?? this.#usual();
  }

  /** What the alerting rules find because of them. */
  get alerts(): readonly IncidentAlert[] {
    return this.#alerts;
  }

  get effects(): readonly Effect[] {
    return [...this.#noted.values()].map(({ effect }) => effect);
  }

  get happenings(): readonly Happening[] {
    return this.effects.flatMap(({ happenings = [] }) => happenings);
  }

  /** Throws where the cluster lacks what it takes. */
  start(kind: IncidentKind, period: Period): Incident {
    const effect = MAKERS[kind]({ inventory: this.#usual(), period });
    if (effect === undefined) throw new Error(`"${this.#usual().spec.name}" lacks what an incident "${kind}" takes`);
    this.#noted.set(kind, { kind, period, effect });
    this.#changed();
    return this.#told({ kind, period, effect });
  }

  /** Ends what goes on at unix second `t`. */
  end(kind: IncidentKind, t: number): Incident | null {
    const noted = this.#noted.get(kind);
    if (noted === undefined || noted.period.to <= t) return null;
    return this.start(kind, { from: noted.period.from, to: Math.max(t, noted.period.from) });
  }

  find(kind: IncidentKind): Incident | null {
    const noted = this.#noted.get(kind);
    return noted === undefined ? null : this.#told(noted);
  }

  /** The series of a family as they are with the incidents, and without what does not exist at a time. */
  seriesOf(family: MetricFamily): readonly { readonly labels: Labels; readonly at: At }[] {
    const { effects } = this;
    if (effects.length === 0) return family.series;
    const bent = family.series.map(({ labels, at: usual }) => {
      const at = effects.reduce<At>((so, { bend }) => bend?.(family.name, labels, so) ?? so, usual);
      const there = this.#presence(family.name, labels);
      return { labels, at: there === undefined ? at : (t: number) => (there(t) ? at(t) : undefined) };
    });
    return [...bent, ...effects.flatMap(({ series }) => series?.(family.name) ?? [])];
  }

  readonly served = (pod: WorldPod, end: Endpoint): Endpoint => this.#moved(pod, end, ({ traffic }) => traffic?.(pod));
  readonly sent = (pod: WorldPod, end: Endpoint): Endpoint => this.#moved(pod, end, ({ sent }) => sent?.(pod));

  /** What they do to a call that the pod answers. */
  influence(pod: WorldPod, t: number, seed: number): Influence {
    let all: Influence = {};
    for (const { period, effect } of this.#noted.values()) {
      if (t < period.from || t >= period.to) continue;
      const { delay = 0, work = 0, ...how } = effect.influence?.(pod, t, seed) ?? {};
      all = { ...all, ...how, delay: (all.delay ?? 0) + delay, work: (all.work ?? 0) + work };
    }
    return all;
  }

  /** Since when a node is short of memory. */
  pressedSince(node: WorldNode, t: number): number | undefined {
    return this.effects.map(({ pressure }) => pressure?.(node, t)).find((since) => since !== undefined);
  }

  /** Since when a certificate is not valid. */
  expiredSince(namespace: string, name: string, t: number): number | undefined {
    return this.effects.map(({ expired }) => expired?.(namespace, name, t)).find((since) => since !== undefined);
  }

  /** When that exists of which a series tells; undefined for what always does. */
  #presence(family: string, { namespace = "", pod: name, replicaset }: Labels): ((t: number) => boolean) | undefined {
    if (replicaset !== undefined) {
      const begun = this.#rollouts.get(keyOf(namespace, replicaset));
      return begun && ((t) => holds(begun, t));
    }
    const pod = this.#touched.get(keyOf(namespace, name ?? ""));
    const there = family.startsWith("kube_") ? existsAt : runsAt;
    return pod && ((t) => there(pod, t));
  }

  #moved(pod: WorldPod, end: Endpoint, of: (effect: Effect) => Traffic | undefined): Endpoint {
    let moved = end;
    for (const { period, effect } of this.#noted.values()) {
      const { failed = 0, slow = 0, lost = 0 } = of(effect) ?? {};
      const share = failed + slow + lost;
      if (share === 0) continue;
      // Of what earlier ones leave.
      const before = moved;
      const grown = (t: number) => growth(before.fast, period, startedAt(pod.life, t), t);
      moved = {
        labels: end.labels,
        fast: (t) => before.fast(t) - share * grown(t),
        slow: (t) => before.slow(t) + slow * grown(t),
        failed: (t) => before.failed(t) + failed * grown(t),
      };
    }
    return moved;
  }

  #changed(): void {
    this.#version++;
    const usual = this.#usual();
    const pods = this.effects.reduce<readonly WorldPod[]>((all, effect) => effect.pods?.(all) ?? all, usual.pods);
    const known = new Set(usual.pods);
    const touched = pods.filter((pod) => !known.has(pod));
    this.#rollouts = new Map(
      deploymentsOf({ ...usual, pods }).flatMap(({ namespace, sets }) =>
        sets.slice(1).map((set) => {
          const to = set.pods[0]?.within?.to ?? Infinity;
          return [keyOf(namespace, set.name), { from: begunAt(set), to }] as const;
        }),
      ),
    );
    this.#touched = new Map(touched.map((pod) => [keyOf(pod.namespace, pod.name), pod]));
    const sorted = pods.toSorted((a, b) =>
      a.namespace !== b.namespace ? (a.namespace < b.namespace ? -1 : 1) : a.name < b.name ? -1 : 1,
    );
    this.#inventory = { ...usual, pods: sorted };
    this.#alerts = [...this.#noted.values()].flatMap(({ effect, period }) => [
      ...effect.alerts,
      ...checkoutAlerts(sorted, effect, period),
    ]);
  }

  #told({ kind, period: { from, to }, effect }: Noted): Incident {
    return {
      kind,
      cluster: this.#usual().spec.name,
      onset: from * 1000,
      end: to === Infinity ? null : to * 1000,
      cause: effect.cause,
      alertname: effect.alerts[0].name,
    };
  }
}
