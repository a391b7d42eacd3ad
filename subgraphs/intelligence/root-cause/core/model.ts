// What the search for a root cause takes and gives. Plain data, so that it can be handed to a worker. All times are milliseconds since the epoch.

export type EntityKind = "POD" | "WORKLOAD" | "NODE" | "GPU" | "CERTIFICATE" | "SERVICE";

/** What can be a cause. All that is said of one thing has to name it alike: the core joins by these three. */
export interface EntityRef {
  readonly kind: EntityKind;
  /** Null for what has none: nodes and GPUs. */
  readonly namespace: string | null;
  readonly name: string;
}

export interface TimeRange {
  readonly start: number;
  /** Not part of it. */
  readonly end: number;
}

export interface MetricPoint {
  readonly time: number;
  readonly value: number;
}

/** One series of a resource. What is only a symptom (request rate, bytes received) does not belong here. */
export interface MetricSignal {
  readonly entity: EntityRef;
  /** cpu, memory, restarts, gpu_xid, certificate_seconds_left, ... */
  readonly metric: string;
  /** Which way is bad. */
  readonly polarity: "UP" | "DOWN" | "BOTH";
  /** Reached, something is broken whatever is usual: 1 for a node's pressure, 0 for a certificate's time left. */
  readonly limit?: number | null;
  /** A difference smaller than this matters to nobody, however steady it was before: 0.1 of a core, a tenth of all memory. */
  readonly floor?: number | null;
  readonly query: string;
  /** Before the onset and within the window, in any order; a value that is no number is left out. */
  readonly points: readonly MetricPoint[];
}

export interface LogLine {
  readonly entity: EntityRef;
  readonly time: number;
  readonly message: string;
  /** As the source has it; without one, it is read from the message. */
  readonly level: string | null;
  readonly traceId?: string | null;
  /** With it, a line belongs to the one request that wrote it. */
  readonly spanId?: string | null;
}

export interface SpanSignal {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string | null;
  readonly entity: EntityRef;
  readonly operation: string;
  readonly start: number;
  readonly durationMs: number;
  readonly error: boolean;
}

export interface ClusterEvent {
  readonly entity: EntityRef;
  readonly time: number;
  readonly reason: string;
  readonly message: string;
  readonly type: "Normal" | "Warning";
  readonly count: number;
}

export interface RelatedAlert {
  /** Of one alert in one cluster. */
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly severity: string | null;
  /** What it is about, if its labels say. */
  readonly entity: EntityRef | null;
  readonly startsAt: number;
  readonly endsAt: number | null;
}

export type ChangeKind = "ROLLOUT" | "CONFIG" | "SCALE" | "IMAGE" | "NODE" | "OTHER";

/** Something people or controllers did. */
export interface Change {
  readonly entity: EntityRef;
  readonly time: number;
  readonly kind: ChangeKind;
  readonly description: string;
}

/** `from` suffers when `to` is broken: a caller of its callee, a pod of its node, a workload of its pods, a pod of its GPU or certificate. */
export interface TopologyEdge {
  readonly from: EntityRef;
  readonly to: EntityRef;
  readonly kind: "CALLS" | "RUNS_ON" | "OWNS" | "USES";
}

/** What was asked for and could not be had. */
export interface DataGap {
  readonly source: Signal;
  readonly reason: string;
}

export interface Case {
  /** When it began, as far as is known. */
  readonly onset: number;
  /** How long after the onset is looked at. */
  readonly windowSeconds: number;
  /** The stretches before the onset that logs and spans were asked of; each is best a few windows long. What lies at or after the onset is cut off. */
  readonly history: readonly TimeRange[];
  readonly metrics: readonly MetricSignal[];
  /** Of the window and of the history, in any order. */
  readonly logs: readonly LogLine[];
  /** Where lines were had of only a part of the history and the window, say for an answer cut at its limit: that part. */
  readonly logRanges?: readonly TimeRange[] | null;
  /** Of the window and of the history, in any order. */
  readonly spans: readonly SpanSignal[];
  readonly events: readonly ClusterEvent[];
  readonly alerts: readonly RelatedAlert[];
  readonly changes: readonly Change[];
  /** Who calls whom is also read from the spans. */
  readonly topology: readonly TopologyEdge[];
  readonly gaps: readonly DataGap[];
}

export type Signal = "METRICS" | "TRACES" | "LOGS" | "ERRORS" | "EVENTS" | "CHANGES" | "ALERTS";

export type Verdict = "CONFIRMED" | "LIKELY" | "INCONCLUSIVE";

export interface SignalScore {
  readonly signal: Signal;
  /** How far from what this entity usually shows; 0 is as usual. */
  readonly z: number;
}

export interface Evidence {
  readonly signal: Signal;
  readonly entity: EntityRef;
  /** How far from what is usual; as strong as the signal for the first of it. */
  readonly z: number;
  /** One sentence, with figures. */
  readonly statement: string;
  /** Of a metric: the query it came from. Null where whoever gathered the data knows it: by entity, pattern and traces. */
  readonly query: string | null;
  /** When it shows most. */
  readonly at: number;
  readonly value: number | null;
  readonly expected: number | null;
  /** Of a log template: its longest piece of fixed text, to search the lines by. */
  readonly pattern: string | null;
  /** A few traces that show it. */
  readonly traceIds: readonly string[];
}

export interface RankedCause {
  readonly entity: EntityRef;
  /** From 1. */
  readonly rank: number;
  readonly score: number;
  readonly verdict: Verdict;
  /** Those that stand out, the strongest first. */
  readonly signals: readonly SignalScore[];
  readonly evidence: readonly Evidence[];
  readonly explanation: string;
}

export interface Ranking {
  /** The best first, at most 20. Empty where nothing stands out. */
  readonly causes: readonly RankedCause[];
  /** Of the first cause; INCONCLUSIVE without one. */
  readonly verdict: Verdict;
  /** What the search had to do without, and what was cut off, in sentences. */
  readonly missing: readonly string[];
}

export interface Incident {
  /** The id of the alert that fired first. */
  readonly id: string;
  /** In the order they fired. */
  readonly alerts: readonly RelatedAlert[];
  readonly startsAt: number;
  readonly entities: readonly EntityRef[];
  /** Labels that all of them share. */
  readonly labels: Readonly<Record<string, string>>;
}
