import { escapeMarkdown } from "../markdown.ts";
import { type AlertRow, alertRows } from "./alert-rows.ts";
import { call, type Inquiry, type Intent } from "./intent.ts";

const SILENCE_RANGE = "2h";
const MOST_NAMED = 8;
/** "which are silenced?" asks, and changes nothing. */
const ASKS = /\b(?:which|what|any|list|show|are there|is there|who)\b/;

/** Changes nothing by itself: what is to be done waits for the user's approval. */
export const silence: Intent = {
  name: "silence",
  example: "Silence CheckoutLatencyHigh on CLUSTER for 2 hours",
  signs: [
    [/\b(?:silence|mute|snooze|suppress|shut up)\b/, 8],
    [ASKS, -2],
  ],
  plan: async ({ ask, say, may, clusters, entities, question }) => {
    if (!may("create_silence")) return say(notMine("create_silence"));
    const found = await target({ ask, clusters, entities });
    const [one] = found;
    const [cluster] = new Set(found.map((each) => each.cluster));
    if (!one || cluster === undefined) {
      say(
        "Nothing that fires matches this, so there is nothing to silence. Name the alert and its cluster, such as “Silence CheckoutLatencyHigh on prod-east-1 for 2 hours”.",
      );
      return;
    }
    if (new Set(found.map((each) => `${each.cluster} ${each.alert}`)).size > 1) {
      say(`Which of them? A silence is for one alert on one cluster: ${named(found)}.`);
      return;
    }
    const { namespace, severity, pod, range } = entities;
    const matchers = [
      { name: "alertname", value: one.alert },
      ...Object.entries({ namespace, pod, severity: severity?.toLowerCase() ?? null }).flatMap(([name, value]) =>
        value === null ? [] : [{ name, value }],
      ),
    ];
    const duration = range ?? SILENCE_RANGE;
    say(
      `Silencing ${escapeMarkdown(matchers.map(({ name, value }) => `${name}=${value}`).join(", "))} on ` +
        `${escapeMarkdown(cluster)} for ${duration} changes something, so it waits for your approval.`,
    );
    await ask(
      call("create_silence", {
        cluster,
        matchers,
        duration,
        comment: `Asked for in a conversation: ${question}`.slice(0, 200),
      }),
    );
  },
  next: () => ["Which alerts are firing?"],
};

export const acknowledge: Intent = {
  name: "acknowledge",
  example: "Acknowledge CheckoutLatencyHigh on CLUSTER",
  signs: [
    [/\back(?:nowledge)?\b/, 8],
    [/\b(?:which|list|show)\b/, -2],
  ],
  plan: async ({ ask, say, may, clusters, entities, question }) => {
    if (!may("acknowledge_alert")) return say(notMine("acknowledge_alert"));
    const note = `Asked for in a conversation: ${question}`.slice(0, 200);
    const found = entities.alertId === null ? await target({ ask, clusters, entities }) : [];
    const [one] = found;
    if (entities.alertId === null && !one) {
      say(
        "Nothing that fires matches this, so there is nothing to acknowledge. Name the alert and its cluster, or its id.",
      );
      return;
    }
    if (found.length > 1) {
      say(`Which of them? ${named(found)}. Name its id to acknowledge one.`);
      return;
    }
    const what = one ? `${one.alert} on ${one.cluster}` : `alert ${entities.alertId}`;
    say(`Acknowledging ${escapeMarkdown(what)} changes something, so it waits for your approval.`);
    await ask(call("acknowledge_alert", { alertId: entities.alertId ?? one?.id, note }));
  },
  next: () => ["Which alerts are firing?"],
};

const notMine = (tool: string): string =>
  `This persona has no tool \`${tool}\`, so nothing was done; choose another persona for that.`;

/** What fires and is meant. Without anything that names an alert, nothing is. */
async function target({
  ask,
  clusters,
  entities,
}: Pick<Inquiry, "ask" | "clusters" | "entities">): Promise<AlertRow[]> {
  const { alertName, subject, pod, namespace, severity } = entities;
  const search = alertName ?? pod ?? subject;
  if (search === null && namespace === null) return [];
  const [finding] = await ask(
    call("get_alerts", { clusters, severity, namespace, search, state: "FIRING", limit: 50 }),
  );
  const rows = alertRows(finding);
  const exact = rows.filter(({ alert }) => alert.toLowerCase() === search?.toLowerCase());
  return exact.length > 0 ? exact : rows;
}

const named = (rows: readonly AlertRow[]): string => {
  const each = rows.map(({ alert, cluster, id }) => escapeMarkdown(`${alert} on ${cluster} (${id})`));
  return [...new Set(each)].slice(0, MOST_NAMED).join("; ") + (rows.length > MOST_NAMED ? "; and more" : "");
};
