import type { Action, Gap } from "../model/report.ts";
import { RESOURCES } from "../model/words.ts";
import type { Usage } from "./capacity.ts";
import { daysOf, type Findings, fillingOf, inState, unattendedOf } from "./findings.ts";

const MOST_EVIDENCE = 10;
const SOON_DAYS = 14;
const LATER_DAYS = 30;
const EXPIRY_DAYS = 14;
const URGENT_EXPIRY_DAYS = 3;
const IDLE_HOURS = 24;
const DAY_MS = 86_400_000;

interface Asked {
  readonly findings: Findings;
  readonly gaps: readonly Gap[];
  readonly now: Date;
}

/** What to do, by rules that anybody can check: each says what it stands on. The most urgent first. */
export const actionsOf = (asked: Asked): Action[] =>
  RULES.flatMap((rule) => rule(asked)).sort((a, b) => a.priority - b.priority);

const RULES: readonly ((asked: Asked) => Action[])[] = [
  ({ findings: { rootCause } }) => {
    const [first] = rootCause?.causes ?? [];
    if (!first || first.verdict === "INCONCLUSIVE") return [];
    const evidence = [...new Set([first.explanation, ...first.evidence.map(({ statement }) => statement)])].slice(0, 4);
    return action(1, `Look at ${first.title} first`, `It is the ${first.verdict.toLowerCase()} root cause.`, evidence);
  },
  ({ findings }) =>
    action(
      1,
      "Take care of critical alerts that nobody has",
      "Critical and firing, and neither acknowledged nor silenced.",
      unattendedOf(findings).map(
        ({ alertname, clusterName, namespace, startsAt }) =>
          `${alertname} in ${clusterName}${namespace ? `, namespace ${namespace}` : ""}, since ${minute(startsAt)}`,
      ),
    ),
  ({ findings }) =>
    action(
      1,
      "Bring clusters back that are offline",
      "Its health check says OFFLINE.",
      inState(findings, "OFFLINE").map(
        ({ name, status }) =>
          `${name}${status.since ? `, since ${minute(status.since)}` : ""}: ${status.lastError ?? "no reason is told"}`,
      ),
    ),
  ({ findings }) => room(findings, 1, 0, SOON_DAYS),
  ({ findings }) => room(findings, 2, SOON_DAYS, LATER_DAYS),
  ({ findings, now }) => expiring(findings, now, 1, Number.NEGATIVE_INFINITY, URGENT_EXPIRY_DAYS),
  ({ findings, now }) => expiring(findings, now, 2, URGENT_EXPIRY_DAYS, EXPIRY_DAYS),
  ({ findings }) =>
    action(
      2,
      "Look at clusters that are degraded",
      "Its health check says DEGRADED.",
      inState(findings, "DEGRADED").map(({ name, status }) => `${name}: ${status.lastError ?? "no reason is told"}`),
    ),
  ({ gaps }) => {
    const failed = gaps.filter(({ code, clusters }) => code !== null && clusters.length > 0);
    const clusters = Map.groupBy(
      failed.flatMap((gap) => gap.clusters.map((cluster) => ({ cluster, ...gap }))),
      ({ cluster }) => cluster,
    );
    const evidence = [...clusters].map(
      ([cluster, [first]]) => `${cluster}: ${first?.what ?? ""}: ${first?.reason ?? ""}`,
    );
    return action(2, "Find out why clusters did not answer", "Asked for this report, and failed.", evidence);
  },
  ({ findings: { waste } }) =>
    action(
      3,
      "Give back GPUs that are idle",
      `Given to a pod, and idle for ${IDLE_HOURS} hours or more of the time.`,
      (waste?.devices ?? [])
        .filter(({ idleHours }) => idleHours >= IDLE_HOURS)
        .map(({ clusterName, nodeName, uuid, idleHours, pods }) => {
          const [pod] = pods;
          const holder = pod ? `, held by ${pod.namespace}/${pod.name}` : "";
          return `${clusterName}, ${nodeName}, ${uuid}: ${idleHours.toFixed(1)} hours idle${holder}`;
        }),
    ),
];

function action(priority: Action["priority"], title: string, rule: string, evidence: readonly string[]): Action[] {
  if (evidence.length === 0) return [];
  const shown = evidence.slice(0, MOST_EVIDENCE);
  return [{ priority, title, rule, evidence: shown, evidenceMore: evidence.length - shown.length }];
}

const room = (findings: Findings, priority: Action["priority"], from: number, to: number): Action[] =>
  action(
    priority,
    `Make room: full within ${to} days`,
    from === 0 ? `Expected to be full in less than ${to} days.` : `Expected to be full in ${from} to ${to} days.`,
    fillingOf(findings)
      .filter((usage) => daysOf(usage) >= from && daysOf(usage) < to)
      .map(fullInWords),
  );

export function fullInWords({ cluster, resource, outlook: { status, daysToFull, level } }: Usage): string {
  const used = level === null ? "" : `, ${(level * 100).toFixed(0)} % in use at its daily peak`;
  if (status === "FULL" || !daysToFull) return `${cluster}, ${RESOURCES[resource].toLowerCase()}: full${used}`;
  const { soonest, expected, latest } = daysToFull;
  const between = `between ${soonest.toFixed(1)} and ${latest === null ? "no end" : latest.toFixed(1)}`;
  return `${cluster}, ${RESOURCES[resource].toLowerCase()}: full in ${expected.toFixed(1)} days (${between})${used}`;
}

function expiring({ clusters }: Findings, now: Date, priority: Action["priority"], from: number, to: number): Action[] {
  const evidence = clusters.flatMap(({ name, credentials }) => {
    if (!credentials?.expiresAt) return [];
    const days = (Date.parse(credentials.expiresAt) - now.getTime()) / DAY_MS;
    if (days < from || days >= to) return [];
    return [`${name}: ${days < 0 ? "ended" : "end"} ${minute(credentials.expiresAt)}`];
  });
  const rule = priority === 1 ? `Ended, or ending within ${to} days.` : `Ending within ${to} days.`;
  return action(priority, "Rotate credentials of clusters", rule, evidence);
}

const minute = (instant: string): string => instant.slice(0, 16).replace("T", " ");
