import { z } from "zod";
import { pagesOf } from "../../shared/kernel/page.ts";
import type { Problem, Questions } from "./question.service.ts";

const PAGE = 100;

const time = z.string().transform((text) => Date.parse(text));
const Alert = z.object({
  id: z.string(),
  clusterId: z.string(),
  clusterName: z.string(),
  alertname: z.string(),
  severity: z.string(),
  state: z.string(),
  labels: z.record(z.string(), z.string()),
  namespace: z.string().nullable(),
  startsAt: time,
  endsAt: time.nullable(),
  pod: z.object({ namespace: z.string(), name: z.string() }).nullable(),
  node: z.object({ name: z.string() }).nullable(),
});
export type ToldAlert = z.output<typeof Alert>;
const FIELDS = `id clusterId clusterName alertname severity state labels namespace startsAt endsAt
  pod { namespace name } node { name }`;

const ONE = `query RootCauseAlert($id: UUID!) { alert(id: $id) { ${FIELDS} } }`;
const OneAlert = z.object({ alert: Alert.nullable() });

const AlertPage = z.object({ total: z.number(), items: z.array(Alert) });
const DURING = `query RootCauseAlerts($filter: AlertFilterInput, $range: TimeRangeInput) {
  alertHistory(filter: $filter, range: $range, pageSize: ${PAGE}) { total items { ${FIELDS} } }
}`;
const During = z.object({ alertHistory: AlertPage.nullable() });

const RULES = `query RootCauseRules($clusterIds: [UUID!]) {
  metricRules(clusterIds: $clusterIds, kind: ALERTING, limit: 5000) { items { name forSeconds query } }
}`;
const Rules = z.object({
  metricRules: z
    .object({ items: z.array(z.object({ name: z.string(), forSeconds: z.number().nullable(), query: z.string() })) })
    .nullable(),
});

const HEALTH = `query RootCauseGpuHealth($filter: GPUHealthEventFilterInput) {
  gpuHealthEvents(filter: $filter, pageSize: ${PAGE}) {
    items { device nodeName kind code severity message occurrences firstSeenAt lastSeenAt }
  }
}`;
const Health = z.object({
  gpuHealthEvents: z
    .object({
      items: z.array(
        z.object({
          device: z.string(),
          nodeName: z.string(),
          kind: z.string(),
          code: z.string(),
          severity: z.string(),
          message: z.string(),
          occurrences: z.number(),
          firstSeenAt: time,
          lastSeenAt: time,
        }),
      ),
    })
    .nullable(),
});
export type ToldHealthEvent = NonNullable<z.output<typeof Health>["gpuHealthEvents"]>["items"][number];

const FIRING = `query IncidentAlerts($filter: AlertFilterInput, $page: Int!) {
  alerts(filter: $filter, page: $page, pageSize: ${PAGE}) {
    total
    items { ${FIELDS.replace("pod { namespace name }", "pod { namespace name nodeName owner { kind name } labels }")} }
  }
}`;
const PlacedAlert = Alert.extend({
  pod: z
    .object({
      namespace: z.string(),
      name: z.string(),
      nodeName: z.string().nullable(),
      owner: z.object({ kind: z.string(), name: z.string() }).nullable(),
      labels: z.record(z.string(), z.string()).nullable(),
    })
    .nullable(),
});
export type PlacedAlert = z.output<typeof PlacedAlert>;
const Firing = z.object({ alerts: z.object({ total: z.number(), items: z.array(PlacedAlert) }).nullable() });

/** What the graph knows of alerts and of GPUs' health. */
export class AlertQuestions {
  readonly #questions: Questions;

  constructor(questions: Questions) {
    this.#questions = questions;
  }

  async one(id: string): Promise<{ alert: ToldAlert | null; problems: Problem[] }> {
    const { data, problems } = await this.#questions.ask(ONE, { id }, OneAlert);
    // What is joined to it may be missing.
    return { alert: data?.alert ?? null, problems: data?.alert ? [] : problems };
  }

  /** How its rule is written: how long it held before it fired. Null where no rule of its name is known. */
  async rule(clusterId: string, name: string): Promise<{ forSeconds: number; query: string } | null> {
    const { data } = await this.#questions.ask(RULES, { clusterIds: [clusterId] }, Rules);
    const rules = (data?.metricRules?.items ?? []).filter((rule) => rule.name === name);
    const [first] = rules;
    return first ? { query: first.query, forSeconds: Math.max(...rules.map((rule) => rule.forSeconds ?? 0)) } : null;
  }

  /** Those active in the range, the latest first; a hundred at most. */
  async during(
    clusterId: string,
    range: { start: string; end: string },
  ): Promise<{ alerts: ToldAlert[]; problems: Problem[] }> {
    const { data, problems } = await this.#questions.ask(
      DURING,
      { filter: { clusterIds: [clusterId] }, range },
      During,
    );
    return { alerts: data?.alertHistory?.items ?? [], problems: data?.alertHistory ? [] : problems };
  }

  async gpuHealth(
    clusterId: string,
    range: { start: string; end: string },
  ): Promise<{ events: ToldHealthEvent[]; problems: Problem[] }> {
    const filter = { selector: { ids: [clusterId] }, range };
    const { data, problems } = await this.#questions.ask(HEALTH, { filter }, Health);
    return { events: data?.gpuHealthEvents?.items ?? [], problems: data?.gpuHealthEvents ? [] : problems };
  }

  /** Those that fire and match, the worst first, up to so many. */
  async firing(
    filter: Record<string, unknown>,
    most: number,
  ): Promise<{ alerts: PlacedAlert[]; total: number; problems: Problem[] }> {
    const firing = { ...filter, states: ["FIRING"] };
    const pages = await pagesOf(
      async (page) => {
        const { data, problems } = await this.#questions.ask(FIRING, { filter: firing, page }, Firing);
        return data?.alerts ? { ...data.alerts, problems: [] } : { total: 0, items: [], problems };
      },
      { size: PAGE, most },
    );
    const [{ total, problems }] = pages;
    return { alerts: pages.flatMap(({ items }) => items), total, problems };
  }
}
