import { z } from "zod";
import { CodedError, ERROR_CODES, type ErrorCode } from "../../../shared/kernel/errors.ts";
import { durationSeconds } from "../../../shared/kernel/time-range.ts";
import { matcherText } from "../../../shared/upstreams/alertmanager/matcher.ts";
import { cluster } from "../argument.input.ts";
import { alertInReach } from "../key-reach.loader.ts";
import { askFor, clusterOf, TOOL_MS } from "../question.loader.ts";
import { Outcomes, sourcesOf } from "../source.mapper.ts";
import { defineTool } from "../tool.contract.ts";

// What changes something: the graph asks for the role and writes the audit log, and whoever shows these asks the user first.

const SILENCE = `mutation CreateSilence($input: SilenceInput!) {
  createSilence(input: $input) { clusterId clusterName status skipReason silenceId error { code message } }
}`;
const Silenced = z.object({
  createSilence: z.array(z.intersection(Outcomes.element, z.object({ silenceId: z.string().nullable() }))),
});

export const createSilence = defineTool({
  name: "create_silence",
  title: "Create silence",
  description: "Silence a cluster's alerts that match, for some time. Changes the cluster: needs the user's approval.",
  readOnly: false,
  timeoutMs: TOOL_MS,
  input: z.strictObject({
    cluster,
    matchers: z
      .array(
        z.strictObject({
          name: z.string().min(1).max(200).describe("Label."),
          value: z.string().max(1000),
          isRegex: z.boolean().default(false),
          isEqual: z.boolean().default(true).describe("False: alerts that do not match."),
        }),
      )
      .min(1)
      .max(20)
      .describe("All of them have to match. Name the alert (alertname), so that no other is silenced."),
    duration: z.string().max(20).describe('How long, such as "2h".'),
    comment: z.string().min(1).max(1000).describe("Why; it is shown wherever the silence is."),
  }),
  run: async ({ cluster: named, matchers, duration, comment }, kit) => {
    durationSeconds(duration, "duration");
    const { id } = await clusterOf(kit, named);
    const texts = matchers.map(matcherText);
    const variables = { input: { clusterIds: [id], matchers: texts, duration, comment } };
    const { data } = await askFor(kit, { document: SILENCE, variables, answer: Silenced });
    const [outcome] = data.createSilence;
    if (!outcome?.silenceId) {
      const code = outcome?.error?.code ?? "";
      const known: ErrorCode = code in ERROR_CODES ? (code as ErrorCode) : "UPSTREAM_ERROR";
      throw new CodedError(known, outcome?.error?.message ?? `${named} has no Alertmanager that could be asked.`);
    }
    return {
      summary: `Alerts of ${outcome.clusterName} with ${texts.join(", ")} are silenced for ${duration}.`,
      result: { silenceId: outcome.silenceId, cluster: outcome.clusterName, matchers: texts, duration, comment },
      full: null,
      table: null,
      sources: sourcesOf([outcome], {
        language: "GRAPHQL",
        query: `createSilence {${texts.join(", ")}}`,
        at: kit.caller.now.toISOString(),
      }),
      operation: { document: SILENCE, variables },
    };
  },
});

const ACKNOWLEDGE = `mutation AcknowledgeAlert($id: UUID!, $note: String) {
  acknowledgeAlert(id: $id, note: $note) { alertname clusterId clusterName acknowledgement { owner note at } }
}`;
const Acknowledged = z.object({
  acknowledgeAlert: z.object({
    alertname: z.string(),
    clusterId: z.string(),
    clusterName: z.string(),
    acknowledgement: z.object({ owner: z.string(), note: z.string().nullable(), at: z.string() }).nullable(),
  }),
});

export const acknowledgeAlert = defineTool({
  name: "acknowledge_alert",
  title: "Acknowledge alert",
  description: "Say that the user takes care of an alert. Others see it: needs the user's approval.",
  readOnly: false,
  timeoutMs: 15_000,
  input: z.strictObject({
    alertId: z.uuid().describe("As get_alerts names it."),
    note: z.string().min(1).max(1000).optional().describe("What is being done about it."),
  }),
  run: async ({ alertId, note }, kit) => {
    await alertInReach(kit, alertId);
    const variables = { id: alertId, note: note ?? null };
    const { data } = await askFor(kit, { document: ACKNOWLEDGE, variables, answer: Acknowledged });
    const { alertname, clusterId, clusterName, acknowledgement } = data.acknowledgeAlert;
    return {
      summary: `${alertname} of ${clusterName} is acknowledged by ${acknowledgement?.owner ?? kit.caller.identity.user}.`,
      result: { alertId, alert: alertname, cluster: clusterName, ...acknowledgement },
      full: null,
      table: null,
      sources: sourcesOf([{ clusterId, clusterName, status: "SUCCESS" }], {
        language: "GRAPHQL",
        query: `acknowledgeAlert ${alertId}`,
        at: acknowledgement?.at ?? kit.caller.now.toISOString(),
      }),
      operation: { document: ACKNOWLEDGE, variables },
    };
  },
});
