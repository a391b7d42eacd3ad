import type { IncidentCause } from "../../incidents.ts";
import type { Subject } from "../alerts/rule.ts";
import type { FailureText, Inventory, WorldNode, WorldPod } from "../inventory.ts";
import type { Period } from "../lifecycle.ts";
import type { Entry } from "../logs/line.ts";

export type Labels = Readonly<Record<string, string>>;
/** A series' value at a unix second; undefined where it has none. */
export type At = (t: number) => number | undefined;

/** Shares of a pod's requests that fail, get slow, and never come, while the incident lasts. */
export interface Traffic {
  readonly failed?: number;
  readonly slow?: number;
  readonly lost?: number;
}

/** What an incident does to a call that a pod answers. Times in microseconds. */
export interface Influence {
  /** Nobody answers; the caller fails with this. */
  readonly refused?: FailureText;
  /** The pod fails with this. */
  readonly failure?: FailureText;
  /** What the call takes on its way to the pod. */
  readonly delay?: number;
  /** What the pod takes longer. */
  readonly work?: number;
}

/** An event that the API server keeps for an hour. */
export interface Happening {
  readonly subject: {
    readonly kind: string;
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly apiVersion?: string;
  };
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
  readonly component: string;
  readonly host?: string;
  readonly at: number;
  /** Reported again and again until then. */
  readonly until?: number;
}

/** All that an incident does, in every place where it can be seen; what is left out is as ever. */
export interface Effect {
  readonly cause: IncidentCause;
  /** The alerts whose rules find it; the first is the one that is about it. */
  readonly alerts: readonly [IncidentAlert, ...IncidentAlert[]];
  readonly pods?: (pods: readonly WorldPod[]) => WorldPod[];
  /** A series as it is with the incident. */
  readonly bend?: (name: string, labels: Labels, at: At) => At | undefined;
  /** Series that are there only because of it. */
  readonly series?: (name: string) => readonly { readonly labels: Labels; readonly at: At }[];
  /** Of the requests that a pod answers. */
  readonly traffic?: (pod: WorldPod) => Traffic | undefined;
  /** Of the requests that it sends to the services it calls. */
  readonly sent?: (pod: WorldPod) => Traffic | undefined;
  readonly influence?: (pod: WorldPod, t: number, seed: number) => Influence | undefined;
  /** Lines of a pod's first container, and of a node's system. */
  readonly lines?: (pod: WorldPod, stretch: Period) => readonly Entry[];
  readonly journal?: (node: WorldNode, unit: string, stretch: Period) => readonly Entry[];
  readonly happenings?: readonly Happening[];
  /** Since when the node is short of memory. */
  readonly pressure?: (node: WorldNode, t: number) => number | undefined;
  /** Since when the certificate is not valid any more. */
  readonly expired?: (namespace: string, name: string, t: number) => number | undefined;
}

export interface IncidentAlert {
  readonly name: string;
  readonly subjects: readonly Subject[];
}

/** What an incident is made from: the cluster as it is without it, and its time. */
export interface Setting {
  readonly inventory: Inventory;
  readonly period: Period;
}

/** Undefined where the cluster lacks what it takes. */
export type Maker = (setting: Setting) => Effect | undefined;

/** The seconds of a period that lie between `begin` and `t`. */
export const secondsOf = ({ from, to }: Period, begin: number, t: number): number =>
  Math.max(0, Math.min(t, to) - Math.max(from, begin));

/** How much a counter that began at `begin` has grown in the period. */
export function growth(at: (t: number) => number, { from, to }: Period, begin: number, t: number): number {
  const end = Math.min(t, to);
  const first = Math.max(from, begin);
  return end <= first ? 0 : at(end) - (first === begin ? 0 : at(first));
}

/** An alert's subject that holds from some seconds after the incident's onset, or after that of a pod that comes with it. */
export function during({ from, to }: Period, after: number, labels: Labels, value = 1): Subject {
  const since = from + after;
  return { labels, spell: (t) => (t >= since && t < to ? since : undefined), value: () => value };
}

/** One entry in every so many seconds of the incident that lie in a stretch. */
export function every(
  seconds: number,
  { from, to }: Period,
  stretch: Period,
  entry: (t: number, index: number) => Omit<Entry, "at">,
): Entry[] {
  const entries: Entry[] = [];
  const end = Math.min(to, stretch.to);
  for (let i = Math.max(0, Math.ceil((stretch.from - from) / seconds)); from + i * seconds < end; i++) {
    const t = from + i * seconds;
    entries.push({ at: t * 1e6, ...entry(t, i) });
  }
  return entries;
}
