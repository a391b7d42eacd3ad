import type { Figure, Gap, Tone, Verdict } from "../model/report.ts";
import { fullInWords } from "./actions.ts";
import { daysOf, type Findings, fillingOf, inState, unattendedOf } from "./findings.ts";

const SOON_DAYS = 14;
const LATER_DAYS = 30;

interface Statement {
  readonly tone: Tone;
  readonly text: string;
}

/** How it is, by the worst of what was found: nothing that is unknown counts as good. */
export function verdictOf(findings: Findings, gaps: readonly Gap[]): Verdict {
  const statements = STATEMENTS.flatMap((state) => state(findings));
  const failed = new Set(gaps.filter(({ code }) => code !== null).flatMap(({ clusters }) => clusters));
  const worst = statements.find(({ tone }) => tone === "BAD") ?? statements.find(({ tone }) => tone === "WATCH");
  const { tone, text } = worst ?? calm(findings.clusters.length, failed.size, gaps.some(isWhole));
  return {
    tone,
    headline: text,
    statements: statements.filter((each) => each !== worst).map((each) => each.text),
    confidence: confidence(findings, gaps, failed),
  };
}

/** Nothing bad was found: which says as much as was answered. */
function calm(clusters: number, failed: number, isPartMissing: boolean): Statement {
  if (clusters === 0 || failed === clusters) {
    return { tone: "UNKNOWN", text: "Too little was answered to say how it is." };
  }
  return failed > 0 || isPartMissing
    ? { tone: "WATCH", text: "Nothing in what was answered needs attention, and not everything was answered." }
    : { tone: "GOOD", text: "Nothing needs attention by the rules of this report." };
}

/** No cluster's fault: a whole part is missing. */
const isWhole = ({ code, clusters }: Gap): boolean => code !== null && clusters.length === 0;

const plural = (count: number, one: string, many = `${one}s`): string =>
  count === 1 ? `1 ${one}` : `${count} ${many}`;

function confidence({ clusters, rootCause }: Findings, gaps: readonly Gap[], failed: ReadonlySet<string>): string {
  const cause = rootCause ? `The root cause is ${rootCause.verdict}. ` : "";
  const everyone = clusters.length === 1 ? "The cluster" : `All ${clusters.length} clusters`;
  if (gaps.length === 0) return `${cause}${everyone} answered all that was asked.`;
  const parts = gaps.filter(isWhole).map(({ what }) => what.toLowerCase());
  const missing = parts.length > 0 ? ` Missing as a whole: ${[...new Set(parts)].join(", ")}.` : "";
  if (failed.size === 0) return `${cause}${everyone} answered; what could not be told is under Data gaps.${missing}`;
  return `${cause}${failed.size} of ${plural(clusters.length, "cluster")} did not answer all that was asked: what they would say is not in here.${missing}`;
}

const STATEMENTS: readonly ((findings: Findings) => Statement[])[] = [
  ({ subject }) =>
    subject
      ? [
          {
            tone: subject.state === "RESOLVED" ? "NEUTRAL" : subject.severity === "CRITICAL" ? "BAD" : "WATCH",
            text: `${subject.alertname} in ${subject.clusterName} ${subject.state === "RESOLVED" ? "is over" : "fires"}, ${subject.severity.toLowerCase()}, since ${subject.startsAt.slice(0, 16).replace("T", " ")}.`,
          },
        ]
      : [],
  ({ rootCause }) => {
    const [first] = rootCause?.causes ?? [];
    return first
      ? [{ tone: "NEUTRAL", text: `Likeliest root cause: ${first.title} (${first.verdict}). ${first.explanation}` }]
      : [];
  },
  (findings) => {
    const { counts, active } = findings;
    if (!counts) return [];
    const nobodys = unattendedOf(findings).length;
    const some = active && active.items.length < active.total ? "at least " : "";
    const tone = nobodys > 0 ? "BAD" : counts.critical + counts.warning > 0 ? "WATCH" : "GOOD";
    const attended = counts.critical > 0 && active ? `, ${some}${nobodys} of them unacknowledged` : "";
    return [
      {
        tone,
        text: `${plural(counts.critical, "critical alert fires", "critical alerts fire")}${attended}, and ${plural(counts.warning, "warning")}.`,
      },
    ];
  },
  (findings) => {
    const { clusters } = findings;
    const online = inState(findings, "ONLINE").length;
    const offline = inState(findings, "OFFLINE").length;
    if (clusters.length === 0) return [{ tone: "UNKNOWN", text: "There are no clusters in scope." }];
    const tone = offline > 0 ? "BAD" : online < clusters.length ? "WATCH" : "GOOD";
    const others = offline > 0 ? `, ${offline} offline` : "";
    return [{ tone, text: `${online} of ${plural(clusters.length, "cluster")} online${others}.` }];
  },
  (findings) => {
    if (findings.usage.length === 0) return [];
    const [first] = fillingOf(findings);
    const known = findings.usage.filter(({ outlook }) => outlook.status !== "UNKNOWN").length;
    if (known === 0) return [{ tone: "UNKNOWN", text: "Too little was measured to forecast when anything is full." }];
    if (!first || daysOf(first) > LATER_DAYS)
      return [{ tone: "GOOD", text: `Nothing is expected to be full within ${LATER_DAYS} days.` }];
    return [{ tone: daysOf(first) < SOON_DAYS ? "BAD" : "WATCH", text: `Full soonest: ${fullInWords(first)}.` }];
  },
  ({ waste }) => {
    if (!waste || waste.total.observedHours === 0) return [];
    const { idleHours, observedHours, idleCost } = waste.total;
    const cost = idleCost === null ? "" : `, which cost ${Math.round(idleCost)}`;
    const share = `${((idleHours / observedHours) * 100).toFixed(0)} % of the time of ${plural(waste.total.devices, "GPU")}`;
    return [
      { tone: "NEUTRAL", text: `GPUs were given away and idle for ${Math.round(idleHours)} hours, ${share}${cost}.` },
    ];
  },
];

/** What it comes down to. What could not be had is unknown, and not 0. */
export function figuresOf(findings: Findings, gaps: readonly Gap[]): Figure[] {
  const { clusters, counts, gpus, waste, usage } = findings;
  const online = inState(findings, "ONLINE").length;
  const scores = clusters.flatMap(({ status }) => (typeof status.healthScore === "number" ? [status.healthScore] : []));
  const mean = scores.length === 0 ? null : scores.reduce((sum, score) => sum + score, 0) / scores.length;
  const why = gaps.length > 0 ? "it could not be had" : "nobody measured it";
  const [first] = fillingOf(findings);
  const known = usage.some(({ outlook }) => outlook.status !== "UNKNOWN");
  return [
    figure("Clusters online", online, "COUNT", online === clusters.length ? "GOOD" : "WATCH", `of ${clusters.length}`),
    figure("Mean health score", mean, "SCORE", "NEUTRAL", mean === null ? why : `of ${scores.length} clusters`),
    figure(
      "Critical alerts",
      counts?.critical ?? null,
      "COUNT",
      counts?.critical ? "BAD" : "GOOD",
      counts ? null : why,
    ),
    figure("Warnings", counts?.warning ?? null, "COUNT", counts?.warning ? "WATCH" : "GOOD", counts ? null : why),
    ...(usage.length > 0
      ? [
          first
            ? figure("Full soonest", daysOf(first), "DAYS", daysOf(first) < SOON_DAYS ? "BAD" : "WATCH", first.cluster)
            : figure(
                "Filling up",
                known ? 0 : null,
                "COUNT",
                "GOOD",
                known ? "nothing does" : "too little was measured",
              ),
        ]
      : []),
    ...(gpus ? [figure("GPUs", gpus.total.devices, "COUNT", "NEUTRAL", `${gpus.total.allocated} given to pods`)] : []),
    ...(waste
      ? [
          figure(
            "GPU hours idle",
            waste.total.idleHours,
            "HOURS",
            "WATCH",
            `of ${Math.round(waste.total.observedHours)}`,
          ),
        ]
      : []),
  ];
}

export const figure = (
  label: string,
  value: number | null,
  unit: Figure["unit"],
  tone: Tone,
  note: string | null,
): Figure => ({
  label,
  value,
  unit,
  tone: value === null ? "UNKNOWN" : tone,
  note,
});
