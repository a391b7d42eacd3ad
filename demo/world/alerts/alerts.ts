import { labelsKey } from "../../../promql/values.ts";
import type { IncidentAlert } from "../incidents/effect.ts";
import type { Inventory, WorldPod } from "../inventory.ts";
import {
  type ActiveAlert,
  type AlertRule,
  type AlertState,
  activeAlert,
  alertLabels,
  type Labels,
  stateOf,
} from "./rule.ts";
import { alertRules } from "./rules.ts";

/** Trouble shows in logs and traces before an alert that is fired by hand tells of it. */
const LEAD = 180;
const KEPT = 200;
const SLOT = 10;
const MAX_SLOTS = 1000;

interface Change {
  readonly name: string;
  readonly state: AlertState | null;
  /** Unix second. */
  readonly at: number;
  /** Absent: all that the rule has. */
  readonly labels?: Labels;
}

function troublesOf(alerts: readonly ActiveAlert[]): ReadonlyMap<string, ActiveAlert> {
  const troubles = new Map<string, ActiveAlert>();
  for (const alert of alerts) {
    const { severity, namespace, pod, service } = alert.labels;
    const about = pod === undefined ? service : pod;
    if (severity === "info" || namespace === undefined || about === undefined) continue;
    const key = `${pod === undefined ? "service" : "pod"} ${namespace}/${about}`;
    // What is critical drowns out the rest.
    if (severity === "critical" || !troubles.has(key)) troubles.set(key, alert);
  }
  return troubles;
}

const BY_HAND = "by-hand";

/** The rule behind a name that only people know. */
function byHand(name: string): AlertRule {
  const annotations = { summary: `${name} was raised by hand.` };
  return { group: BY_HAND, name, query: "vector(1)", duration: 0, labels: {}, annotations, subjects: [] };
}

/** The labels of a subject that people named: what no rule knows is critical, unless they say otherwise. */
const own = ({ group }: AlertRule, labels: Labels): Labels =>
  group === BY_HAND ? { severity: "critical", ...labels } : labels;

/** What alerts a cluster has, as its rules say and as people wanted by hand. */
export class Alerts {
  readonly #inventory: () => Inventory;
  #scheduled: readonly AlertRule[] | undefined;
  #changes: Change[] = [];
  #version = 0;
  /** By slots of time: whoever writes an hour of logs asks for the same ones for every pod. */
  readonly #troubles = new Map<number, ReadonlyMap<string, ActiveAlert>>();

  readonly #incidents: () => readonly IncidentAlert[];

  constructor(inventory: () => Inventory, incidents: () => readonly IncidentAlert[]) {
    this.#inventory = inventory;
    this.#incidents = incidents;
  }

  /** Grows with every change by hand. */
  get version(): number {
    return this.#version;
  }

  /** Also those that only people know of, and what incidents let them find. */
  get rules(): readonly AlertRule[] {
    const alerts = this.#incidents();
    if (alerts.length === 0) return this.#usual;
    return this.#usual.map((rule) => {
      const subjects = alerts.flatMap((alert) => (alert.name === rule.name ? alert.subjects : []));
      return subjects.length === 0 ? rule : { ...rule, subjects: [...rule.subjects, ...subjects] };
    });
  }

  get #usual(): readonly AlertRule[] {
    this.#scheduled ??= alertRules(this.#inventory());
    const known = new Set(this.#scheduled.map(({ name }) => name));
    const others = [...new Set(this.#changes.map(({ name }) => name))].filter((name) => !known.has(name));
    return others.length === 0 ? this.#scheduled : [...this.#scheduled, ...others.map(byHand)];
  }

  /** Every set of labels that an alert had or may have. */
  known(): { rule: AlertRule; labels: Labels }[] {
    return this.rules.flatMap((rule) => {
      const told = this.#changes.flatMap(({ name, labels }) => (name === rule.name ? [own(rule, labels ?? {})] : []));
      const subjects = [...rule.subjects.map(({ labels }) => labels), ...told].map((one) => alertLabels(rule, one));
      return [...new Map(subjects.map((labels) => [labelsKey(labels), { rule, labels }])).values()];
    });
  }

  /** What state the alert of a rule with these labels is in. */
  stateOf(rule: AlertRule, labels: Labels, t: number): AlertState | undefined {
    const key = labelsKey(labels);
    const alert = this.#activeOf(rule, t).find((one) => labelsKey(one.labels) === key);
    return alert === undefined ? undefined : stateOf(alert);
  }

  /** All that are active at a unix second. */
  active(t: number): ActiveAlert[] {
    return this.rules.flatMap((rule) => this.#activeOf(rule, t));
  }

  /** From unix second `at` on an alert is as it is told, and no longer as its rule says; without labels, all of the rule. */
  set(name: string, state: AlertState | null, at: number, labels?: Labels): void {
    this.#troubles.clear();
    this.#version++;
    this.#changes = [...this.#changes.slice(-KEPT), { name, state, at, ...(labels === undefined ? {} : { labels }) }];
  }

  /** The alert, but for informative ones, that is about a pod or its service as a whole: what its logs and traces show. */
  about(pod: WorldPod, t: number): ActiveAlert | undefined {
    const slot = Math.floor(t / SLOT);
    let troubles = this.#troubles.get(slot);
    if (troubles === undefined) {
      if (this.#troubles.size >= MAX_SLOTS) this.#troubles.clear();
      // Incidents show in logs and traces in ways of their own.
      troubles = troublesOf(this.#usual.flatMap((rule) => this.#activeOf(rule, slot * SLOT)));
      this.#troubles.set(slot, troubles);
    }
    return troubles.get(`pod ${pod.namespace}/${pod.name}`) ?? troubles.get(`service ${pod.namespace}/${pod.workload}`);
  }

  #activeOf(rule: AlertRule, t: number): ActiveAlert[] {
    const told = this.#changes.filter(({ name, at }) => name === rule.name && at - LEAD <= t);
    if (told.length > 0) return this.#toldOf(rule, told, t);
    const active = rule.subjects.flatMap(({ labels, spell, value }) => {
      const activeAt = spell(t);
      if (activeAt === undefined) return [];
      const firedAt = activeAt + rule.duration;
      return [activeAlert(rule, labels, value(t), { activeAt, ...(firedAt <= t ? { firedAt } : {}) })];
    });
    // Of two reasons for the same alert, the first began it.
    return [...new Map(active.toReversed().map((alert) => [labelsKey(alert.labels), alert])).values()].reverse();
  }

  #toldOf(rule: AlertRule, told: readonly Change[], t: number): ActiveAlert[] {
    const now = new Map<string, ActiveAlert>();
    for (const { state, at, labels } of told) {
      if (state === null) {
        // Unlike what comes, what goes has no lead.
        if (at > t) continue;
        if (labels === undefined) now.clear();
        else now.delete(labelsKey(own(rule, labels)));
        continue;
      }
      const [example] = rule.subjects;
      const wanted = labels === undefined ? rule.subjects.map((one) => one.labels) : [labels];
      for (const given of wanted.length === 0 ? [{}] : wanted) {
        const subject = own(rule, given);
        const key = labelsKey(subject);
        const fired = state === "firing" && at <= t;
        if (now.get(key)?.firedAt !== undefined) continue;
        const times = { activeAt: at - LEAD, ...(fired ? { firedAt: at } : {}) };
        now.set(key, activeAlert(rule, subject, example?.value(t) ?? 1, times));
      }
    }
    return [...now.values()];
  }
}
