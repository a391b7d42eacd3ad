import { keyOf } from "./entity.ts";
import type { Finding } from "./finding.ts";
import type { Case, ClusterEvent } from "./model.ts";

const MINUTE = 60_000;
/** An alert waits for its condition to last, so that events come before what is taken for the onset. */
const EVENTS_BEFORE = 10 * MINUTE;
const CHANGES_BEFORE = 30 * MINUTE;
/** A cause comes before its effect; so much the clocks may differ. */
const CHANGES_AFTER = MINUTE;
const CHANGE = 4;
const CHANGE_HALF_LIFE = 15 * MINUTE;
const ALERT = 3;

/** What Kubernetes calls it, and how much it says of the thing itself. */
const SEVERITY: readonly (readonly [RegExp, number])[] = [
  [/OOMKill|SystemOOM|NodeNotReady|NodeStatusUnknown|XidError|CertificateExpired/i, 8],
  [/BackOff|Evict|Pressure|Preempt|ErrImage|InvalidImage|BadCertificate/i, 6],
  [/Failed|NotReady|Rebooted|Unschedulable/i, 5],
];
const WARNING = 4;

const severityOf = (reason: string): number => SEVERITY.find(([pattern]) => pattern.test(reason))?.[1] ?? WARNING;

/** Warnings of the cluster that are not what it says all day. */
export function eventFindings({ events, onset, windowSeconds }: Case): Finding[] {
  const start = onset - EVENTS_BEFORE;
  const end = onset + windowSeconds * 1000;
  const groups = new Map<string, ClusterEvent[]>();
  for (const event of events) {
    if (event.type !== "Warning" || event.time >= end) continue;
    const key = `${keyOf(event.entity)} ${event.reason}`;
    const group = groups.get(key);
    if (group) group.push(event);
    else groups.set(key, [event]);
  }
  return [...groups.values()].flatMap((group) => {
    const now = group.filter(({ time }) => time >= start).sort((a, b) => a.time - b.time);
    const [first] = now;
    if (!first) return [];
    const before = group.filter(({ time }) => time < start);
    const since = Math.min(...before.map(({ time }) => time), start);
    const usual = before.length === 0 ? 0 : (countOf(before) * (end - start)) / Math.max(start - since, end - start);
    const seen = countOf(now);
    const finding: Finding = {
      entity: keyOf(first.entity),
      signal: "EVENTS",
      source: "EVENTS",
      z: severityOf(first.reason) * Math.max(0, (seen - usual) / (seen + usual)),
      evidence: () => ({
        statement: `${first.reason}, ${seen === 1 ? "once" : `${seen} times`}: ${first.message.slice(0, 200)}`,
        query: null,
        at: first.time,
        value: seen,
        expected: usual,
        pattern: null,
        traceIds: [],
      }),
    };
    return finding.z > 0 ? [finding] : [];
  });
}

const countOf = (events: readonly ClusterEvent[]): number =>
  events.reduce((sum, { count }) => sum + Math.max(1, Number.isFinite(count) ? count : 1), 0);

/** What was changed shortly before. By itself it says nothing: things are changed all day. */
export function changeFindings({ changes, onset }: Case): Finding[] {
  return changes
    .filter(({ time }) => time >= onset - CHANGES_BEFORE && time <= onset + CHANGES_AFTER)
    .map(({ entity, time, kind, description }) => ({
      entity: keyOf(entity),
      signal: "CHANGES",
      source: "CHANGES",
      z: CHANGE * 0.5 ** (Math.max(0, onset - time) / CHANGE_HALF_LIFE),
      evidence: () => ({
        statement: `${kind.toLowerCase()} ${Math.max(0, Math.round((onset - time) / MINUTE))} min before: ${description.slice(0, 200)}`,
        query: null,
        at: time,
        value: null,
        expected: null,
        pattern: null,
        traceIds: [],
      }),
    }));
}

export function alertFindings({ alerts, onset, windowSeconds }: Case): Finding[] {
  const start = onset - EVENTS_BEFORE;
  const end = onset + windowSeconds * 1000;
  return alerts.flatMap(({ entity, name, severity, startsAt, endsAt }) => {
    if (!entity || startsAt >= end || startsAt < start || (endsAt !== null && endsAt < start)) return [];
    const finding: Finding = {
      entity: keyOf(entity),
      signal: "ALERTS",
      source: "ALERTS",
      z: ALERT + (severity === "critical" ? 1 : 0),
      evidence: () => ({
        statement: `${name} is firing.`,
        query: null,
        at: startsAt,
        value: null,
        expected: null,
        pattern: null,
        traceIds: [],
      }),
    };
    return [finding];
  });
}
