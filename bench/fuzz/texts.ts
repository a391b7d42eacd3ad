import type { FuzzedDocument } from "./documents.ts";
import { KUBECONFIGS } from "./kubeconfigs.ts";
import { mutated } from "./mutations.ts";
import { generator, randomExpressions } from "./promql.ts";
import { textsOf } from "./values.ts";

/** Where a text of a language of its own is taken, and what such a text is like. */
const TAKEN: readonly { document: string; texts: readonly string[] }[] = [
  {
    document: `query ($text: String!) { explainMetrics(query: { query: $text, scope: GLOBAL }) { __typename }
      metrics(query: { query: $text }) { outcomes { status error { code message } } } }`,
    texts: randomExpressions(7, 40),
  },
  {
    document: `query ($text: String!) { metrics(query: { query: $text, scope: GLOBAL, startTime: "2026-01-01T00:00:00Z", endTime: "2026-01-01T01:00:00Z" }) { __typename } }`,
    texts: randomExpressions(8, 40),
  },
  {
    document: `query ($text: String!) { logs(query: { query: $text }) { outcomes { status error { code message } } } logMetrics(query: { query: $text }) { __typename } }`,
    texts: textsOf("logql"),
  },
  {
    document: `query ($text: String!) { traces(query: { traceql: $text }) { outcomes { status error { code message } } } }`,
    texts: textsOf("traceql"),
  },
  { document: `query ($text: Cursor!) { eventHistory(after: $text) { __typename } }`, texts: textsOf("cursor") },
  {
    document: `query ($text: Cursor!) { logs(query: { query: "{namespace=\\"shop\\"}", after: $text }) { __typename } }`,
    texts: textsOf("cursor"),
  },
  {
    document: `query ($text: Duration!) { gpuWaste(idleFor: $text) { __typename } metrics(query: { query: "up", step: $text }) { __typename } }`,
    texts: textsOf("duration"),
  },
  {
    document: `query ($text: String!) { clusters(filter: { labelSelector: $text }) { total } alerts(filter: { selector: { labelSelector: $text } }) { total } }`,
    texts: textsOf("labelSelector"),
  },
  {
    document: `query ($text: String!) { alerts(filter: { matchers: [$text] }) { total } previewSilence(input: { matchers: [$text] }) { __typename } }`,
    texts: textsOf("matcher"),
  },
  {
    document: `mutation ($text: String!) { createReportSchedule(input: { name: "fuzz", reportType: CAPACITY_PLAN, cron: $text }) { id } }`,
    texts: textsOf("cron"),
  },
  {
    document: `mutation ($text: String!) { importKubeconfig(input: { kubeconfig: $text, dryRun: true }) { status error { code message } } }`,
    texts: KUBECONFIGS,
  },
];

/** Texts of PromQL, LogQL, TraceQL, selectors, matchers, cursors, durations, schedules and kubeconfigs, each a little broken. */
export function randomTexts(seed: number, count: number): FuzzedDocument[] {
  const random = generator(seed);
  return Array.from({ length: count }, (_, index) => {
    const { document, texts } = TAKEN[index % TAKEN.length] ?? { document: "", texts: [] };
    return { document, variables: { text: mutated(texts[Math.floor(random() * texts.length)] ?? "", random) } };
  });
}
