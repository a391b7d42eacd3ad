import type { Spell } from "../spell.ts";

export type Labels = Readonly<Record<string, string>>;

/** Something that a rule is about, such as one pod: its labels, when the rule's condition holds for it, and its value then. */
export interface Subject {
  readonly labels: Labels;
  readonly spell: Spell;
  readonly value: (t: number) => number;
}

export interface AlertRule {
  readonly group: string;
  readonly name: string;
  /** PromQL. */
  readonly query: string;
  /** Seconds for which the condition must have held before the alert fires. */
  readonly duration: number;
  readonly labels: Labels;
  /** May hold `{{ $labels.x }}` and `{{ $value }}`. */
  readonly annotations: Labels;
  readonly subjects: readonly Subject[];
}

const RUNBOOKS = "https://runbooks.example.test";

export function rule(
  group: string,
  name: string,
  severity: "critical" | "warning" | "info" | "none",
  { query, duration = 0, summary, more }: { query: string; duration?: number; summary: string; more?: Labels },
  subjects: readonly Subject[],
): AlertRule {
  const annotations = { summary, runbook_url: `${RUNBOOKS}/${name}` };
  return { group, name, query, duration, labels: { severity, ...more }, annotations, subjects };
}

export type AlertState = "firing" | "pending";

export interface ActiveAlert {
  readonly rule: AlertRule;
  /** Those of the subject and the rule, and `alertname`. */
  readonly labels: Labels;
  /** Expanded. */
  readonly annotations: Labels;
  /** Unix second. */
  readonly activeAt: number;
  /** Unix second; absent while it is pending. */
  readonly firedAt?: number;
  readonly value: number;
}

export const stateOf = ({ firedAt }: ActiveAlert): AlertState => (firedAt === undefined ? "pending" : "firing");

/** All labels of an alert for a subject. */
export function alertLabels(rule: AlertRule, subject: Labels): Labels {
  return { ...subject, ...rule.labels, alertname: rule.name };
}

function expand(template: string, labels: Labels, value: number): string {
  const filled = template.replace(/\{\{ \$labels\.(\w+) \}\}/g, (_, name: string) => labels[name] ?? "");
  return filled.replaceAll("{{ $value }}", String(Math.round(value * 1000) / 1000));
}

/** An alert that is active, and firing where it has fired. */
export function activeAlert(
  rule: AlertRule,
  subject: Labels,
  value: number,
  times: Pick<ActiveAlert, "activeAt" | "firedAt">,
): ActiveAlert {
  const labels = alertLabels(rule, subject);
  return {
    rule,
    labels,
    // Only who shows an alert wants to read them.
    get annotations() {
      const expanded = Object.entries(rule.annotations).map(
        ([name, template]) => [name, expand(template, labels, value)] as const,
      );
      return Object.fromEntries(expanded);
    },
    value,
    ...times,
  };
}
