import { randomUUID } from "node:crypto";
import type { Named } from "../federation/permission-rules.ts";
import { notification } from "./alerts.ts";
import type { Answer, TestGraph } from "./graph.ts";
import { until } from "./until.ts";

/** One thing of each kind that arguments name. */
export type Things = Record<Named, string>;

/** What nobody has: of the same shape, and made anew. */
export const nothing = (): Things => ({
  cluster: randomUUID(),
  clusterName: `no-${randomUUID().slice(0, 8)}`,
  alert: randomUUID(),
  anomaly: randomUUID(),
  rule: randomUUID(),
  watch: randomUUID(),
  webhook: randomUUID(),
  silence: randomUUID(),
  gpu: `GPU-${randomUUID()}`,
  node: `no-${randomUUID().slice(0, 8)}`,
  session: randomUUID(),
  message: randomUUID(),
  persona: `no-${randomUUID().slice(0, 8)}`,
  apiToken: randomUUID(),
  report: randomUUID(),
  schedule: randomUUID(),
  analysis: randomUUID(),
  subscription: randomUUID(),
  trace: randomUUID().replaceAll("-", ""),
  labelSelector: `only=${randomUUID().slice(0, 8)}`,
  region: `no-${randomUUID().slice(0, 8)}`,
});

/** Makes, or finds, one of each in a cluster, as whom the token is of. Not every cluster has GPUs. */
export async function thingsOf(
  graph: TestGraph,
  { id, name, token }: { id: string; name: string; token: string },
): Promise<Things> {
  const done = async (query: string, variables: Record<string, unknown> = {}): Promise<Answer["data"]> => {
    const { data, errors } = await graph.ask(query, { id, ...variables }, { token });
    if (errors) throw new Error(`${query}: ${errors[0]?.message}`);
    return data;
  };
  const marked = { only: `of-${name}`, region: `region-of-${name}` };
  await done(`mutation ($id: UUID!, $input: UpdateClusterInput!) { updateCluster(id: $id, input: $input) { id } }`, {
    input: { labels: { only: marked.only }, region: marked.region },
  });
  const { createAlertWebhook } = await done(
    `mutation ($id: UUID!) { createAlertWebhook(clusterId: $id) { path webhook { id } } }`,
  );
  const alertname = `AlertOf-${name}`;
  await fetch(`${graph.routesUrl("observability")}${createAlertWebhook.path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(
      notification([
        { labels: { alertname, severity: "critical", namespace: "shop", pod: `pod-of-${name}` }, startsAt: new Date() },
      ]),
    ),
  });
  const { alerts } = await done(`query ($name: String!) { alerts(filter: { alertnames: [$name] }) { items { id } } }`, {
    name: alertname,
  });
  const { detectAnomalies } = await done(
    `mutation ($id: UUID!) { detectAnomalies(input: { query: "vector(1)", above: 0, keep: true, clusterIds: [$id] }) { anomalies { id } } }`,
  );
  const made = await done(
    `mutation ($id: UUID!, $name: String!) {
      rule: createDetectionRule(input: { name: $name, expression: "up", selector: { ids: [$id] } }) { id }
      watch: createMetricWatch(input: { name: $name, query: "up", above: 0, selector: { ids: [$id] } }) { id }
      silences: createSilence(input: { matchers: ["a=b"], duration: "1h", comment: $name, clusterIds: [$id] }) { silenceId }
      session: createChatSession(input: { title: $name, clusterContext: [$id] }) { id }
      persona: createPersona(input: { id: $name, name: $name, description: "d", systemPrompt: "p", capabilities: [] }) { id }
      token: createApiToken(input: { name: $name, expiresIn: "1h" }) { apiToken { id } }
      report: generateReport(input: { reportType: EXECUTIVE_SUMMARY, format: JSON, title: $name, clusterIds: [$id] }) { id }
      schedule: createReportSchedule(input: { name: $name, reportType: EXECUTIVE_SUMMARY, cron: "0 7 * * *", selector: { ids: [$id] } }) { id }
      analysis: findRootCause(input: { clusterId: $id }, waitSeconds: 60) { id }
    }`,
    { name: `of-${name}` },
  );
  const { message } = await done(
    `mutation ($session: UUID!, $text: String!) { message: sendChatMessage(sessionId: $session, content: $text) { id } }`,
    { session: made.session.id, text: `How many pods run on ${name}?` },
  );
  const ended = (data: Answer["data"]) => ["status", "report"].every((key) => !/RUNNING|QUEUED/.test(data[key].status));
  await until(
    "the answer and the report are there",
    async () =>
      ended(
        await done(
          `query ($message: UUID!, $report: UUID!) { status: chatMessage(id: $message) { status } report(id: $report) { status } }`,
          {
            message: message.id,
            report: made.report.id,
          },
        ),
      ),
    60_000,
  );
  const seen = await done(
    `query ($id: UUID!) { gpuNodes(filter: { clusterIds: [$id] }) { items { nodeName gpus { uuid } } }
      traces(query: { clusterIds: [$id] }) { traces { traceId } } }`,
  );
  const none = nothing();
  return {
    cluster: id,
    clusterName: name,
    alert: alerts.items[0].id,
    anomaly: detectAnomalies.anomalies[0].id,
    rule: made.rule.id,
    watch: made.watch.id,
    webhook: createAlertWebhook.webhook.id,
    silence: made.silences[0].silenceId,
    gpu: seen.gpuNodes.items[0]?.gpus[0].uuid ?? none.gpu,
    node: seen.gpuNodes.items[0]?.nodeName ?? none.node,
    session: made.session.id,
    message: message.id,
    persona: made.persona.id,
    apiToken: made.token.apiToken.id,
    report: made.report.id,
    schedule: made.schedule.id,
    analysis: made.analysis.id,
    subscription: randomUUID(),
    trace: seen.traces.traces[0]?.traceId ?? none.trace,
    labelSelector: `only=${marked.only}`,
    region: marked.region,
  };
}
