import type { Identity } from "../../shared/kernel/auth-context.ts";
import type { Clock } from "../../shared/kernel/clock.ts";
import type { Graph } from "../../shared/kernel/graph.ts";
import type { AnalysisProgress, AnalysisResult } from "./analysis.repository.ts";
import { callEdges, certificateUses, newPods, toEvents, toRelatedAlert, toSpans } from "./case.mapper.ts";
import { type Case, groupAlerts, type Ranking, type Verdict } from "./core/index.ts";
import { toStoredCauses } from "./evidence.mapper.ts";
import { EvidenceReading } from "./evidence-reading.service.ts";
import type { PodName } from "./metric-signal.mapper.ts";
import { Gaps, Questions } from "./question.service.ts";
import type { Subject } from "./subject.service.ts";
import { CHANGES_MS, Surroundings } from "./surroundings.service.ts";

export const STEPS = [
  "Looking at what runs there, and what was reported",
  "Reading metrics",
  "Reading traces",
  "Reading logs",
  "Reading what else they lead to",
  "Weighing what was found",
] as const;

/** An alert waits for its condition to last: what was reported so long before it began may belong to it. */
const EVENTS_MS = 10 * 60_000;

export interface Finding {
  onset: number;
  end: number;
  verdict: Verdict;
  result: AnalysisResult;
}

export interface InvestigationOptions {
  graph: Graph;
  clock: Clock;
  rank: (asked: Case, signal: AbortSignal) => Promise<Ranking>;
}

/** How a search is made: what is read in which order, and what of it is weighed. */
export class Investigations {
  readonly #options: InvestigationOptions;

  constructor(options: InvestigationOptions) {
    this.#options = options;
  }

  /** @throws the signal's reason when it ends; what an upstream fails with is only missing. */
  async run(
    subject: Subject,
    asker: { identity: Identity; requestId: string; signal: AbortSignal },
    onProgress: (progress: AnalysisProgress) => void,
  ): Promise<Finding> {
    const { graph, clock, rank } = this.#options;
    const gaps = new Gaps();
    const questions = new Questions(graph, asker);
    const around = new Surroundings(subject, questions, gaps);
    const read = new EvidenceReading(subject, around, questions, gaps);
    const step = (done: number): void => onProgress({ step: STEPS[done] ?? "", done, total: STEPS.length });
    step(0);
    await around.look(clock.now().getTime());
    step(1);
    await read.readMetrics();
    read.setOnset();
    step(2);
    await read.readTraces();
    step(3);
    await read.readLogs();
    step(4);
    await read.readMore(await around.add(calledNamespaces(around, read)));
    step(5);
    const asked = caseOf(around, read, gaps);
    return findingOf({ subject, around, read, asked, ranking: await rank(asked, asker.signal) });
  }
}

/** Where callers and callees are that traces show. */
function calledNamespaces({ namespaces }: Surroundings, { traces }: EvidenceReading): string[] {
  const called = traces
    .flatMap(({ spans }) => spans ?? [])
    .flatMap(({ pod, resource }) => pod?.namespace ?? resource["k8s.namespace.name"] ?? []);
  return [...new Set(called)].filter((namespace) => !namespaces.has(namespace));
}

function caseOf(around: Surroundings, read: EvidenceReading, gaps: Gaps): Case {
  const { place } = around;
  const { onset, end } = read;
  const metrics = read.metrics(onset).map(({ signal }) => signal);
  const { events, changes } = toEvents(around.events, place, onset - EVENTS_MS);
  return {
    onset,
    windowSeconds: (end - onset) / 1000,
    history: read.history,
    metrics,
    logs: read.lines,
    logRanges: read.logRanges,
    spans: toSpans(read.traces, place),
    events: [...events, ...around.health],
    alerts: around.alerts.map((alert) => toRelatedAlert(alert, place)),
    changes: [...changes, ...newPods(place, { start: onset - CHANGES_MS, end })],
    topology: [...place.topology(), ...read.edges, ...certificateUses([...metrics, ...events], place)],
    gaps: gaps.all,
  };
}

interface Investigated {
  subject: Subject;
  around: Surroundings;
  read: EvidenceReading;
  asked: Case;
  ranking: Ranking;
}

function findingOf({ subject, around, read, asked, ranking }: Investigated): Finding {
  const { onset, end, labels } = read;
  const podOfQuery = new Map<string, PodName>();
  for (const { signal, pod } of read.metrics(onset)) if (pod) podOfQuery.set(signal.query, pod);
  const looked = { clusterId: subject.cluster.id, place: around.place, onset, end, podOfQuery, labels };
  const causes = toStoredCauses(ranking, looked);
  const incident = incidentOf(subject, asked);
  return { onset, end, verdict: ranking.verdict, result: { causes, incident, missing: [...ranking.missing] } };
}

/** The group of alerts that the subject is in; without an alert, the largest of those that began meanwhile. */
function incidentOf({ alertId, earliest }: Subject, asked: Case): AnalysisResult["incident"] {
  const { alerts, onset } = asked;
  const active = alerts.filter(({ id, startsAt, endsAt }) => id === alertId || startsAt >= onset || endsAt === null);
  const groups = groupAlerts(active, [...asked.topology, ...callEdges(asked.spans)]);
  const found = alertId
    ? groups.find((group) => group.alerts.some(({ id }) => id === alertId))
    : groups
        .filter(({ startsAt }) => startsAt >= earliest)
        .reduce<(typeof groups)[number] | undefined>(
          (most, group) => (most && most.alerts.length >= group.alerts.length ? most : group),
          undefined,
        );
  if (!found) return null;
  const { id, startsAt, labels } = found;
  const alertIds = found.alerts.map((alert) => alert.id);
  return { id, startsAt: new Date(startsAt).toISOString(), labels, alertIds };
}
