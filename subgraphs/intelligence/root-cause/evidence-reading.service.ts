import { toLogLine } from "./case.mapper.ts";
import type { LogLine, TimeRange, TopologyEdge } from "./core/index.ts";
import { gpuTopology, type PlacedSignal, type PodName, signalsOf, withHistory } from "./metric-signal.mapper.ts";
import { METRIC_QUESTIONS, promqlOf } from "./metric-signal.plan.ts";
import { refinedOnset } from "./onset.window.ts";
import type { Gaps, Questions } from "./question.service.ts";
import { type Found, SignalQuestions, type Stretch, type ToldLine, type ToldTrace } from "./signal-question.service.ts";
import type { Subject } from "./subject.service.ts";
import type { Surroundings } from "./surroundings.service.ts";

const MINUTE = 60_000;
/** How much of the time before is taken for usual: of figures, and of lines and traces, which are many. */
const USUAL_MS = 120 * MINUTE;
const USUAL_SIGNALS_MS = 30 * MINUTE;
const WINDOW_MS = { least: 4 * MINUTE, most: 15 * MINUTE };

/** As Loki may call the parts of Kubernetes. */
const LABEL_NAMES = {
  namespace: ["namespace", "k8s_namespace_name", "kubernetes_namespace_name"],
  pod: ["pod", "k8s_pod_name", "kubernetes_pod_name"],
  node: ["node", "node_name", "k8s_node_name", "kubernetes_host"],
} as const;

/** Of names, for a regular expression in a query's string. */
const oneOf = (names: Iterable<string>): string =>
  JSON.stringify([...names].map((name) => name.replace(/[.]/g, "\\.")).join("|"));

/** The figures, lines and traces of the surroundings, in the window and before. */
export class EvidenceReading {
  readonly #subject: Subject;
  readonly #around: Surroundings;
  readonly #signals: SignalQuestions;
  readonly #gaps: Gaps;
  #metrics: PlacedSignal[] = [];
  #labels: Record<keyof typeof LABEL_NAMES, string> | null = null;
  /** Where more lines were than are read: of when all of them are there. */
  logRanges: TimeRange[] | null = null;
  onset: number;
  end: number;
  edges: TopologyEdge[] = [];
  traces: ToldTrace[] = [];
  readonly lines: LogLine[] = [];

  constructor(subject: Subject, around: Surroundings, questions: Questions, gaps: Gaps) {
    this.#subject = subject;
    this.#around = around;
    this.#signals = new SignalQuestions(questions, subject.cluster.id);
    this.#gaps = gaps;
    this.onset = subject.earliest;
    this.end = subject.end;
  }

  /** What Loki calls the parts of Kubernetes here. */
  get labels(): Record<keyof typeof LABEL_NAMES, string> {
    return this.#labels ?? { namespace: "namespace", pod: "pod", node: "node" };
  }

  get history(): TimeRange[] {
    return [{ start: this.onset - USUAL_SIGNALS_MS, end: this.onset }];
  }

  /** Each series with what was usual before. */
  metrics(before: number): PlacedSignal[] {
    const { pods } = this.#around.place;
    const born = ({ namespace, name }: PodName) => pods.get(`${namespace}/${name}`)?.createdAt ?? null;
    return withHistory(this.#metrics, { since: this.#subject.earliest - USUAL_MS, before, born });
  }

  async readMetrics(): Promise<void> {
    const { place } = this.#around;
    const asked = METRIC_QUESTIONS.flatMap((question) => {
      const query = promqlOf(question, place, this.#around);
      return query === null ? [] : [{ question, query }];
    });
    const range = { start: this.#subject.earliest - USUAL_MS, end: this.#subject.end };
    const found = await this.#signals.metrics(
      asked.map(({ query }) => query),
      range,
    );
    const read = asked.map(({ question }, index) => ({ question, ...(found[index] ?? { items: [], trouble: null }) }));
    for (const { trouble } of read) this.#gaps.add("METRICS", trouble);
    const signals = read.flatMap(({ question, items }) => signalsOf(question, items, place));
    // Asked again of more, and not answered, what is known is better than nothing.
    if (signals.length > 0) this.#metrics = signals;
    this.edges = read.flatMap(({ question, items }) => (question.about === "GPU" ? gpuTopology(items, place) : []));
  }

  /** By the figures; the rest is read around it. */
  setOnset(): void {
    const { earliest, latest, end } = this.#subject;
    const signals = this.metrics(earliest).map(({ signal }) => signal);
    this.onset = refinedOnset(signals, { earliest, latest });
    this.end = Math.min(end, this.onset + WINDOW_MS.most);
    // A window in which nothing was measured yet says nothing.
    if (this.end - this.onset < WINDOW_MS.least) this.onset = Math.max(earliest, this.end - WINDOW_MS.least);
  }

  async readTraces(): Promise<void> {
    const { namespaces } = this.#around;
    if (namespaces.size === 0) return;
    const traceql = `{ resource.k8s.namespace.name =~ ${oneOf(namespaces)} }`;
    const [onset, end, half] = [this.onset, this.end, USUAL_SIGNALS_MS / 2];
    const stretches = [
      { start: onset, end },
      { start: onset - half, end: onset },
      { start: onset - 2 * half, end: onset - half },
    ];
    const found = await Promise.all(stretches.map((stretch) => this.#signals.traces(traceql, stretch)));
    for (const { trouble } of found) this.#gaps.add("TRACES", trouble);
    const byId = new Map(found.flatMap(({ items }) => items).map((trace) => [trace.traceId, trace]));
    this.traces = [...byId.values()];
  }

  async readLogs(): Promise<void> {
    const { items, trouble } = await this.#signals.logLabels({ start: this.onset - USUAL_SIGNALS_MS, end: this.end });
    this.#gaps.add("LOGS", trouble);
    if (items.length === 0) return;
    const known = new Set(items);
    const first = (names: readonly [string, ...string[]]): string => names.find((name) => known.has(name)) ?? names[0];
    this.#labels = {
      namespace: first(LABEL_NAMES.namespace),
      pod: first(LABEL_NAMES.pod),
      node: first(LABEL_NAMES.node),
    };
    const { namespace, node } = this.#labels;
    const { namespaces, nodes } = this.#around;
    await Promise.all([
      ...(namespaces.size > 0 ? [this.#readLines(`{${namespace}=~${oneOf(namespaces)}}`)] : []),
      // Of the nodes' own systems: what runs in pods has a namespace.
      ...(nodes.size > 0 ? [this.#readLines(`{${node}=~${oneOf(nodes)},${namespace}=""}`)] : []),
    ]);
  }

  /** Of further namespaces: all figures anew, since a namespace's neighbours are asked about with it. */
  async readMore(namespaces: readonly string[]): Promise<void> {
    if (namespaces.length === 0) return;
    const lines = this.#labels && this.#readLines(`{${this.#labels.namespace}=~${oneOf(namespaces)}}`);
    await Promise.all([lines, this.readMetrics()]);
  }

  async #readLines(query: string): Promise<void> {
    const before: Stretch = { start: this.onset - USUAL_SIGNALS_MS, end: this.onset };
    const [within, usual] = await Promise.all([
      this.#signals.lines(query, { start: this.onset, end: this.end }, "FORWARD"),
      this.#signals.lines(query, before, "BACKWARD"),
    ]);
    for (const found of [within, usual]) this.#take(found);
    if (!within.cut && !usual.cut) return;
    const [known = { start: before.start, end: this.end }] = this.logRanges ?? [];
    const [start, end] = [usual.cut?.start ?? before.start, within.cut?.end ?? this.end];
    this.logRanges = [{ start: Math.max(known.start, start), end: Math.min(known.end, end) }];
    const times = `from ${new Date(start).toISOString()} to ${new Date(end).toISOString()}`;
    this.#gaps.add("LOGS", `There are too many lines of ${query}: only those ${times} were read.`);
  }

  #take({ items, trouble }: Found<ToldLine>): void {
    this.#gaps.add("LOGS", trouble);
    for (const item of items) {
      const line = toLogLine(item, this.#around.place);
      if (line) this.lines.push(line);
    }
  }
}
