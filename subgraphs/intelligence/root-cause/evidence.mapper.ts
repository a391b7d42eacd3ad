import type { StoredCause, StoredEvidence } from "./analysis.repository.ts";
import type { Evidence, RankedCause, Ranking } from "./core/index.ts";
import type { PodName } from "./metric-signal.mapper.ts";
import type { Place } from "./place.mapper.ts";

/** Where a search looked, for telling how to look again. */
export interface Looked {
  clusterId: string;
  place: Place;
  onset: number;
  end: number;
  /** By the PromQL of a signal the pod that its series is of. */
  podOfQuery: ReadonlyMap<string, PodName>;
  /** What Loki calls the parts of Kubernetes. */
  labels: { namespace: string; pod: string; node: string };
}

const MOST_PODS = 10;
const AROUND_MS = 30 * 60_000;
const quoted = (text: string): string => JSON.stringify(text);
const iso = (milliseconds: number): string => new Date(milliseconds).toISOString();

export const toStoredCauses = ({ causes }: Ranking, looked: Looked): StoredCause[] =>
  causes.map((cause) => ({
    rank: cause.rank,
    score: cause.score,
    verdict: cause.verdict,
    entity: { ...cause.entity, pods: podsOf(cause, looked) },
    signals: [...cause.signals],
    explanation: cause.explanation,
    evidence: cause.evidence.map((evidence) => toStoredEvidence(evidence, looked)),
  }));

/** Those whose own figures stand out; all of them where what stands out is of no pod alone. */
function podsOf({ entity, evidence }: RankedCause, { place, podOfQuery }: Looked): PodName[] {
  if (entity.kind === "POD") return [{ namespace: entity.namespace ?? "", name: entity.name }];
  const named = evidence.flatMap(({ query }) => podOfQuery.get(query ?? "") ?? []);
  const all = named.length > 0 ? named : place.podsOf(entity);
  const byName = new Map(all.map(({ namespace, name }) => [`${namespace}/${name}`, { namespace, name }]));
  return [...byName.values()].slice(0, MOST_PODS);
}

function toStoredEvidence(evidence: Evidence, looked: Looked): StoredEvidence {
  const { signal, z, statement, at, value, expected, traceIds } = evidence;
  const [start, end] = [iso(looked.onset - AROUND_MS), iso(looked.end)];
  return {
    ...howToLook(evidence, looked, { start, end }),
    signal,
    z,
    statement,
    at: iso(at),
    start,
    end,
    value,
    expected,
    traceIds: [...traceIds],
  };
}

type Look = Pick<StoredEvidence, "language" | "query" | "graphql">;

function howToLook(evidence: Evidence, looked: Looked, range: { start: string; end: string }): Look {
  const { signal, query } = evidence;
  const id = quoted(looked.clusterId);
  const scope = `clusterIds: [${id}], startTime: ${quoted(range.start)}, endTime: ${quoted(range.end)}`;
  const about = evidence.entity;
  if (signal === "METRICS" && query !== null) {
    const graphql = `{ metrics(query: { query: ${quoted(query)}, ${scope} }) { results { data { metric values } } } }`;
    return { language: "PROMQL", query, graphql };
  }
  if (signal === "LOGS" || signal === "ERRORS") {
    const logql = logqlOf(evidence, looked);
    const graphql = `{ logs(query: { query: ${quoted(logql)}, ${scope} }) { entries { timestamp message } } }`;
    return { language: "LOGQL", query: logql, graphql };
  }
  if (signal === "TRACES") {
    const conditions = [
      `resource.service.name = ${quoted(about.name)}`,
      ...(about.namespace ? [`resource.k8s.namespace.name = ${quoted(about.namespace)}`] : []),
    ];
    const traceql = `{ ${conditions.join(" && ")} }`;
    const fields = "traces { traceId durationMs criticalPath { selfTimeMs span { serviceName operationName } } }";
    const graphql = `{ traces(query: { traceql: ${quoted(traceql)}, ${scope} }) { ${fields} } }`;
    return { language: "TRACEQL", query: traceql, graphql };
  }
  if (signal === "ALERTS") {
    const during = `range: { start: ${quoted(range.start)}, end: ${quoted(range.end)} }`;
    const graphql = `{ alertHistory(filter: { clusterIds: [${id}] }, ${during}) { items { alertname startsAt labels } } }`;
    return { language: null, query: null, graphql };
  }
  if (about.kind === "GPU") {
    const graphql = `{ gpuHealthEvents(filter: { selector: { ids: [${id}] }, device: ${quoted(about.name)} }) { items { kind code message firstSeenAt } } }`;
    return { language: null, query: null, graphql };
  }
  const filter =
    about.kind === "NODE"
      ? `involvedName: ${quoted(about.name)}`
      : `namespace: ${quoted(about.namespace ?? "default")}`;
  const graphql = `{ cluster(id: ${id}) { kubernetesEvents(filter: { ${filter} }) { items { reason message lastSeenAt involved { kind name } } } } }`;
  return { language: null, query: null, graphql };
}

function logqlOf({ entity, pattern }: Evidence, { place, labels }: Looked): string {
  const contains = pattern ? ` |= ${quoted(pattern)}` : "";
  if (entity.kind === "NODE") return `{${labels.node}=${quoted(entity.name)}}${contains}`;
  const name = entity.name.replace(/[.]/g, "\\.");
  const made = place.podsOf(entity).some(({ owner }) => owner?.kind === "ReplicaSet");
  // Also those that are gone: a rollout's evidence is in what came and in what went.
  const names = entity.kind === "POD" ? name : made ? `${name}-[a-z0-9]+-[a-z0-9]{5}` : `${name}-[a-z0-9]+`;
  return `{${labels.namespace}=${quoted(entity.namespace ?? "")},${labels.pod}=~${quoted(names)}}${contains}`;
}
