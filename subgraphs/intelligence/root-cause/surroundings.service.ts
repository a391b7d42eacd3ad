import { AlertQuestions, type ToldAlert } from "./alert-question.service.ts";
import { toHealthEvent } from "./case.mapper.ts";
import type { ClusterEvent } from "./core/index.ts";
import { InventoryQuestions, type ToldEvent } from "./inventory.service.ts";
import { Place } from "./place.mapper.ts";
import { firstMessage, type Gaps, type Questions } from "./question.service.ts";
import type { Subject } from "./subject.service.ts";

const MINUTE = 60_000;
/** How long before it began a change may have led to it. */
export const CHANGES_MS = 30 * MINUTE;
/** Kubernetes forgets its events. */
const EVENTS_KEPT_MS = 60 * MINUTE;
const MOST = { namespaces: 6, nodes: 8 };

const iso = (milliseconds: number): string => new Date(milliseconds).toISOString();

/** Where it happens: what runs there and beside it, and what was said about that. */
export class Surroundings {
  readonly place = new Place();
  readonly namespaces = new Set<string>();
  readonly nodes = new Set<string>();
  readonly health: ClusterEvent[] = [];
  alerts: ToldAlert[] = [];
  readonly #subject: Subject;
  readonly #inventory: InventoryQuestions;
  readonly #alerts: AlertQuestions;
  readonly #gaps: Gaps;
  readonly #since: number;
  readonly #events = new Map<string, ToldEvent>();

  constructor(subject: Subject, questions: Questions, gaps: Gaps) {
    this.#subject = subject;
    this.#inventory = new InventoryQuestions(questions, subject.cluster.id);
    this.#alerts = new AlertQuestions(questions);
    this.#gaps = gaps;
    this.#since = subject.earliest - CHANGES_MS;
    if (subject.namespace) this.namespaces.add(subject.namespace);
    if (subject.node) this.nodes.add(subject.node);
  }

  get events(): ToldEvent[] {
    return [...this.#events.values()];
  }

  /** Where no namespace is known, what was said of the cluster tells which. */
  async look(now: number): Promise<void> {
    const { cluster, end, earliest } = this.#subject;
    const gaps = this.#gaps;
    const since = iso(this.#since);
    const range = { start: since, end: iso(end) };
    if (now - earliest > EVENTS_KEPT_MS) {
      gaps.add("EVENTS", "Kubernetes keeps its events for about an hour, and this may have begun before.");
    }
    const [nodes, alerts, health, warnings, ofNodes] = await Promise.all([
      this.#inventory.nodes(),
      this.#alerts.during(cluster.id, range),
      this.#alerts.gpuHealth(cluster.id, range),
      this.#inventory.events({ type: "WARNING", since }),
      this.#inventory.events({ involvedKind: "Node", since }),
    ]);
    gaps.add("ALERTS", firstMessage(alerts.problems));
    gaps.add("EVENTS", firstMessage([...warnings.problems, ...nodes.problems]));
    gaps.add("EVENTS", firstMessage(health.problems));
    this.alerts = alerts.alerts.filter(({ labels }) => labels["severity"] !== "none");
    this.health.push(...health.events.map(toHealthEvent));
    this.place.add([], nodes.nodes);
    this.#keep([...warnings.events, ...ofNodes.events]);
    if (this.namespaces.size === 0) this.#placeByReports();
    await Promise.all([this.#readPods([...this.namespaces]), this.#readEvents([...this.namespaces])]);
    await this.#readNeighbours();
  }

  /** Further namespaces, as many as there is room for. @returns those that were added */
  async add(namespaces: readonly string[]): Promise<string[]> {
    const room = Math.max(0, MOST.namespaces - this.namespaces.size);
    if (namespaces.length > room) {
      this.#gaps.add("TRACES", `Calls lead to ${namespaces.length} more namespaces, of which ${room} were looked at.`);
    }
    const added = namespaces.slice(0, room);
    for (const namespace of added) this.namespaces.add(namespace);
    await Promise.all([this.#readPods(added), this.#readEvents(added)]);
    return added;
  }

  /** The namespaces and nodes that most was said about. */
  #placeByReports(): void {
    const { earliest, end } = this.#subject;
    const counts = new Map<string, number>();
    const count = (namespace: string | null, by: number): void => {
      if (namespace) counts.set(namespace, (counts.get(namespace) ?? 0) + by);
    };
    for (const { startsAt, pod, namespace, node } of this.alerts) {
      if (startsAt < earliest || startsAt > end) continue;
      count(pod?.namespace ?? namespace, 10);
      if (node && this.nodes.size < MOST.nodes) this.nodes.add(node.name);
    }
    for (const { about, firstSeenAt } of this.events) if (firstSeenAt >= earliest) count(about.namespace, 1);
    const most = [...counts].sort((a, b) => b[1] - a[1]).slice(0, MOST.namespaces - 2);
    for (const [namespace] of most) this.namespaces.add(namespace);
  }

  async #readPods(namespaces: readonly string[]): Promise<void> {
    if (namespaces.length === 0) return;
    const { pods, problems, cut } = await this.#inventory.pods({ namespaces });
    this.place.add(pods);
    this.#gaps.add("EVENTS", firstMessage(problems));
    if (cut) this.#gaps.add("METRICS", `Only the first 500 pods of ${namespaces.join(", ")} were looked at.`);
    for (const { nodeName } of pods) if (nodeName && this.nodes.size < MOST.nodes) this.nodes.add(nodeName);
  }

  /** What runs on the same nodes. */
  async #readNeighbours(): Promise<void> {
    const beside = await Promise.all([...this.nodes].map((node) => this.#inventory.pods({ node })));
    this.place.add(beside.flatMap(({ pods }) => pods));
    this.#gaps.add("EVENTS", firstMessage(beside.flatMap(({ problems }) => problems)));
  }

  async #readEvents(namespaces: readonly string[]): Promise<void> {
    const since = iso(this.#since);
    const told = await Promise.all(namespaces.map((namespace) => this.#inventory.events({ namespace, since })));
    this.#gaps.add("EVENTS", firstMessage(told.flatMap(({ problems }) => problems)));
    this.#keep(told.flatMap(({ events }) => events));
  }

  #keep(events: readonly ToldEvent[]): void {
    for (const event of events) {
      const { kind, namespace, name } = event.about;
      this.#events.set(JSON.stringify([kind, namespace, name, event.reason, event.message]), event);
    }
  }
}
