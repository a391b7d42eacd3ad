import type { EntityRef, MetricPoint, MetricSignal, TopologyEdge } from "./core/index.ts";
import type { MetricQuestion } from "./metric-signal.plan.ts";
import { gpuEntity, nodeEntity, type Place } from "./place.mapper.ts";

/** A series as the graph tells it. */
export interface ToldSeries {
  metric: Readonly<Record<string, string>>;
  values: readonly (readonly [time: number, value: string])[];
}

export interface PodName {
  namespace: string;
  name: string;
}

/** A signal, and the pod that its series is of. */
export interface PlacedSignal {
  signal: MetricSignal;
  pod: PodName | null;
}

/** Points from which on a pod has a history of its own. */
const LEAST_HISTORY = 10;
const STEP_MS = 60_000;

const exactly = (labels: Readonly<Record<string, string | undefined>>): string =>
  Object.entries(labels)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${JSON.stringify(value)}`]))
    .join(",");

/** What the series of one question say, each of the thing it is about. */
export function signalsOf(question: MetricQuestion, series: readonly ToldSeries[], place: Place): PlacedSignal[] {
  return series.flatMap(({ metric: labels, values }) => {
    const subject = subjectOf(question, labels, place);
    if (!subject) return [];
    const points = values.flatMap(([time, text]): MetricPoint[] => {
      const value = Number(text);
      return Number.isFinite(value) ? [{ time: time * 1000, value }] : [];
    });
    const { metric, polarity, limit, floor } = question;
    const signal = {
      entity: subject.entity,
      metric,
      polarity,
      limit,
      floor,
      query: question.query(subject.matchers),
      points,
    };
    return points.length > 0 ? [{ signal, pod: subject.pod }] : [];
  });
}

function subjectOf(
  { about }: MetricQuestion,
  labels: Readonly<Record<string, string>>,
  place: Place,
): { entity: EntityRef; matchers: string; pod: PodName | null } | null {
  const { namespace, pod, node, instance } = labels;
  if (about === "POD") {
    if (!namespace || !pod) return null;
    return {
      entity: place.ofPod(namespace, pod),
      matchers: exactly({ namespace, pod }),
      pod: { namespace, name: pod },
    };
  }
  if (about === "NODE") {
    const name = node || place.nodeOf(instance ?? "");
    return name ? { entity: nodeEntity(name), matchers: exactly(instance ? { instance } : { node }), pod: null } : null;
  }
  if (about === "GPU") {
    const { UUID, gpu_uuid } = labels;
    const uuid = UUID ?? gpu_uuid;
    return uuid ? { entity: gpuEntity(uuid), matchers: exactly({ UUID, gpu_uuid }), pod: null } : null;
  }
  const { secret_namespace, secret_name, name } = labels;
  const [where, who] = [secret_namespace ?? namespace, secret_name ?? name];
  if (!where || !who) return null;
  const matchers = secret_name ? exactly({ secret_namespace, secret_name }) : exactly({ namespace, name });
  return { entity: { kind: "CERTIFICATE", namespace: where, name: who }, matchers, pod: null };
}

/**
 * A pod that is new has no history of its own: what its siblings used before takes its place, and where it is the first of its kind, that
 * it used nothing. @param born when each pod was made, as far as that is known
 */
export function withHistory(
  signals: readonly PlacedSignal[],
  { since, before, born }: { since: number; before: number; born: (pod: PodName) => number | null },
): PlacedSignal[] {
  const history = (points: readonly MetricPoint[]) => points.filter(({ time }) => time < before);
  const families = Map.groupBy(
    signals,
    ({ signal: { entity, metric } }) => `${metric} ${entity.kind}/${entity.namespace}/${entity.name}`,
  );
  return [...families.values()].flatMap((family) => {
    const longest = family
      .map(({ signal }) => history(signal.points))
      .reduce((most, points) => (points.length > most.length ? points : most), []);
    return family.map((placed) => {
      const { signal, pod } = placed;
      if (!pod || history(signal.points).length >= LEAST_HISTORY) return placed;
      const first = signal.points[0]?.time ?? before;
      const isNew = (born(pod) ?? 0) >= before - LEAST_HISTORY * STEP_MS;
      const usual = longest.length >= LEAST_HISTORY ? longest : isNew ? nothing(since, before) : [];
      const points = [...usual.filter(({ time }) => time < first), ...signal.points];
      return { ...placed, signal: { ...signal, points } };
    });
  });
}

const nothing = (since: number, before: number): MetricPoint[] =>
  Array.from({ length: Math.floor((before - since) / STEP_MS) }, (_, index) => ({
    time: since + index * STEP_MS,
    value: 0,
  }));

/** Which pods use a GPU, and which node has it, as its exporter labels it: a GPU that fails is told of by its node, too. */
export function gpuTopology(series: readonly ToldSeries[], place: Place): TopologyEdge[] {
  return series.flatMap(({ metric: labels }): TopologyEdge[] => {
    const { UUID, gpu_uuid, Hostname, hostname, node, exported_namespace, exported_pod } = labels;
    const uuid = UUID ?? gpu_uuid;
    if (!uuid) return [];
    const [namespace, pod] = [exported_namespace ?? labels["namespace"], exported_pod ?? labels["pod"]];
    const host = [Hostname, hostname, node].find((name) => name && place.nodes.has(name));
    return [
      ...(namespace && pod ? [{ from: place.ofPod(namespace, pod), to: gpuEntity(uuid), kind: "USES" } as const] : []),
      ...(host ? [{ from: nodeEntity(host), to: gpuEntity(uuid), kind: "USES" } as const] : []),
    ];
  });
}
