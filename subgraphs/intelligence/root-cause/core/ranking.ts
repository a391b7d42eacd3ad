import { blameOf } from "./blame.ts";
import { bounded } from "./bounds.ts";
import { keyOf, nameOf } from "./entity.ts";
import { alertFindings, changeFindings, eventFindings } from "./event-signal.ts";
import type { Finding } from "./finding.ts";
import { framesOf } from "./frames.ts";
import { logFindings } from "./log-signal.ts";
import { metricFindings } from "./metric-signal.ts";
import { missingOf } from "./missing.ts";
import type { Case, EntityRef, RankedCause, Ranking, Signal } from "./model.ts";
import { observe } from "./observation.ts";
import { explained, handedDown } from "./topology.ts";
import { traceFindings } from "./trace-signal.ts";
import { verdictAmong, verdictOf } from "./verdict.ts";

const MOST_CAUSES = 20;
const EVIDENCE_PER_SIGNAL = 3;
/** A sign of less is not shown. */
const LEAST_Z = 1;
/** More is no surer. */
const MOST_Z = 1_000;

/** What each signal counts. Errors are lines too, and alerts are metrics too: they count beside those, and less. */
const WEIGHTS: Record<Signal, number> = {
  METRICS: 1,
  TRACES: 1,
  LOGS: 1,
  ERRORS: 0.4,
  EVENTS: 1,
  CHANGES: 1,
  ALERTS: 0.5,
};

/**
 * Ranks what may have caused what began at the onset. Every sign is measured against what the same entity usually shows, and an entity's
 * score is the sum of their logarithms: two moderate signs of different kinds are more than one that is large.
 */
export function rankCauses(given: Case): Ranking {
  const cut = bounded(given);
  const { asked } = cut;
  const frames = framesOf(asked);
  const observation = observe(asked, frames);
  const blame = blameOf(observation.habits, observation.visits.all, frames.window);
  const findings = [
    ...metricFindings(asked),
    ...traceFindings(observation.visits, frames),
    ...logFindings(observation, blame, frames),
    ...eventFindings(asked),
    ...handedDown(changeFindings(asked), asked.topology),
    ...alertFindings(asked),
  ]
    .filter(({ z }) => z > 0)
    .map((finding) => ({ ...finding, z: Math.min(finding.z, MOST_Z) }));
  const byEntity = Map.groupBy(findings, ({ entity }) => entity);
  const own = new Map([...byEntity].map(([entity, list]) => [entity, scoreOf(list)]));
  const scores = explained(own, asked.topology, findings);
  const refs = refsOf(asked);
  const causes = [...scores]
    .filter(([, score]) => score > 0)
    .sort(([a, high], [b, low]) => low - high || (a < b ? -1 : 1))
    .slice(0, MOST_CAUSES)
    .flatMap(([key, score], at) => {
      const entity = refs.get(key);
      return entity ? [causeOf(entity, at + 1, score, byEntity.get(key) ?? [])] : [];
    });
  return { causes, verdict: verdictAmong(causes), missing: missingOf(cut, frames) };
}

function scoreOf(findings: readonly Finding[]): number {
  let symptoms = 0;
  let change = 0;
  for (const [signal, z] of strongest(findings)) {
    const score = WEIGHTS[signal] * Math.log1p(z);
    if (signal === "CHANGES") change = score;
    else symptoms += score;
  }
  // A change explains no more than there is to explain.
  return symptoms + Math.min(change, symptoms);
}

function strongest(findings: readonly Finding[]): Map<Signal, number> {
  const best = new Map<Signal, number>();
  for (const { signal, z } of findings) if (z > (best.get(signal) ?? 0)) best.set(signal, z);
  return best;
}

function causeOf(entity: EntityRef, rank: number, score: number, findings: readonly Finding[]): RankedCause {
  const signals = [...strongest(findings)]
    .filter(([, z]) => z >= LEAST_Z)
    .map(([signal, z]) => ({ signal, z }))
    .sort((a, b) => b.z - a.z);
  const evidence = signals.flatMap(({ signal }) =>
    distinct(findings.filter((finding) => finding.signal === signal && finding.z >= LEAST_Z)).map(
      ({ z, evidence: said }) => ({ signal, entity, z, ...said() }),
    ),
  );
  const verdict = verdictOf(findings);
  const [first] = evidence;
  const explanation = first ? `${nameOf(entity)}: ${first.statement}` : `${nameOf(entity)}: little stands out.`;
  return { entity, rank, score, verdict, signals, evidence, explanation };
}

/** The strongest of a signal. */
function distinct(findings: readonly Finding[]): Finding[] {
  return [...findings].sort((a, b) => b.z - a.z).slice(0, EVIDENCE_PER_SIGNAL);
}

function refsOf({ metrics, logs, spans, events, alerts, changes, topology }: Case): Map<string, EntityRef> {
  const refs = new Map<string, EntityRef>();
  const add = (entity: EntityRef | null): void => {
    if (entity && !refs.has(keyOf(entity))) refs.set(keyOf(entity), entity);
  };
  for (const list of [metrics, logs, spans, events, alerts, changes]) for (const { entity } of list) add(entity);
  for (const { from, to } of topology) {
    add(from);
    add(to);
  }
  return refs;
}
