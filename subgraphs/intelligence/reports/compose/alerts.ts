import { z } from "zod";
import type { Questions } from "./questions.ts";

const PAGE = 100;
const MOST_ACTIVE_PAGES = 2;
const MOST_PAST_PAGES = 3;
export const ACTIVE = "Alerts that fire";
export const COUNTS = "Alerts that fire, counted";
export const PAST = "Alerts of the time";

const FIELDS = `id clusterName alertname severity state startsAt endsAt namespace annotations silencedBy
      acknowledgement { owner at }`;

const ALERTS = `query ReportAlerts($filter: AlertFilterInput, $page: Int!) {
  alerts(filter: $filter, page: $page, pageSize: ${PAGE}) {
    total
    items {
      ${FIELDS}
    }
  }
}`;

const HISTORY = `query ReportAlertHistory($filter: AlertFilterInput, $range: TimeRangeInput, $page: Int!) {
  alerts: alertHistory(filter: $filter, range: $range, page: $page, pageSize: ${PAGE}) {
    total
    items {
      ${FIELDS}
    }
  }
}`;

const GROUPS = `query ReportAlertCounts($filter: AlertFilterInput) {
  severities: alertGroups(filter: $filter, by: [SEVERITY]) { items { severity counts { firing } } }
  names: alertGroups(filter: $filter, by: [ALERTNAME, SEVERITY], pageSize: 50) {
    total
    items { alertname severity clusterCount oldestStartsAt counts { firing acknowledged silenced } }
  }
}`;

export const Alert = z.object({
  id: z.string(),
  clusterName: z.string(),
  alertname: z.string(),
  severity: z.string(),
  state: z.string(),
  startsAt: z.string(),
  endsAt: z.string().nullish(),
  namespace: z.string().nullish(),
  annotations: z.record(z.string(), z.unknown()).default({}),
  silencedBy: z.array(z.string()).default([]),
  acknowledgement: z.object({ owner: z.string(), at: z.string() }).nullish(),
});
export type ReportAlert = z.infer<typeof Alert>;
export const ALERT_FIELDS = FIELDS;

const Alerts = z.object({ alerts: z.object({ total: z.number(), items: z.array(Alert) }) });
const Groups = z.object({
  severities: z.object({
    items: z.array(z.object({ severity: z.string(), counts: z.object({ firing: z.number() }) })),
  }),
  names: z.object({
    total: z.number(),
    items: z.array(
      z.object({
        alertname: z.string(),
        severity: z.string(),
        clusterCount: z.number(),
        oldestStartsAt: z.string(),
        counts: z.object({ firing: z.number(), acknowledged: z.number(), silenced: z.number() }),
      }),
    ),
  }),
});
export type AlertGroup = z.infer<typeof Groups>["names"]["items"][number];

export interface AlertPage {
  readonly items: readonly ReportAlert[];
  readonly total: number;
}

export interface AlertCounts {
  readonly critical: number;
  readonly warning: number;
  readonly names: readonly AlertGroup[];
  readonly namesMore: number;
}

export async function alertCounts(questions: Questions, clusterIds: readonly string[]): Promise<AlertCounts | null> {
  const variables = { filter: { clusterIds, states: ["FIRING"] } };
  const answer = await questions.ask({ what: COUNTS, document: GROUPS, variables, answer: Groups });
  if (!answer) return null;
  const { severities, names } = answer;
  const firing = (severity: string): number =>
    severities.items.find((group) => group.severity === severity)?.counts.firing ?? 0;
  return {
    critical: firing("CRITICAL"),
    warning: firing("WARNING"),
    names: names.items,
    namesMore: Math.max(0, names.total - names.items.length),
  };
}

/** Those that fire, the worst first. */
export const activeAlerts = (questions: Questions, clusterIds: readonly string[]): Promise<AlertPage | null> =>
  pages(questions, ACTIVE, ALERTS, { filter: { clusterIds, states: ["FIRING"] } }, MOST_ACTIVE_PAGES);

/** Those that were active in the time, the latest first. */
export const pastAlerts = (
  questions: Questions,
  filter: Readonly<Record<string, unknown>>,
  range: { start: Date; end: Date },
): Promise<AlertPage | null> =>
  pages(
    questions,
    PAST,
    HISTORY,
    { filter, range: { start: range.start.toISOString(), end: range.end.toISOString() } },
    MOST_PAST_PAGES,
  );

async function pages(
  questions: Questions,
  what: string,
  document: string,
  variables: Record<string, unknown>,
  most: number,
): Promise<AlertPage | null> {
  const items: ReportAlert[] = [];
  for (let page = 1; ; page += 1) {
    const answer = await questions.ask({ what, document, variables: { ...variables, page }, answer: Alerts });
    if (!answer) return page === 1 ? null : { items, total: items.length };
    items.push(...answer.alerts.items);
    const more = answer.alerts.items.length === PAGE && items.length < answer.alerts.total;
    if (!more || page >= most) return { items, total: Math.max(items.length, answer.alerts.total) };
    questions.expect(1);
  }
}

/** What it says of itself, for people. */
export function summaryOf({ annotations }: Pick<ReportAlert, "annotations">): string | null {
  const said = annotations["summary"] ?? annotations["description"] ?? annotations["message"];
  return typeof said === "string" ? said : null;
}
