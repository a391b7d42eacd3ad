import { type AlertRow, alertRows } from "./alert-rows.ts";
import type { Entities } from "./entities.ts";
import { call, type Inquiry, type Intent, on } from "./intent.ts";
import { podsOf, recipeFor } from "./recipes.ts";
import { secondsOf } from "./time.ts";

/** Root causes are looked for in so many clusters, where the question names none. */
const MOST_CLUSTERS = 2;
const RANGE = "1h";
/** An alert that fires for longer has another cause than what somebody asks about now. */
const RECENT = "3h";
const SURE = new Set(["CONFIRMED", "LIKELY"]);

export const why: Intent = {
  name: "why",
  aboutWorkloads: true,
  example: "Why is checkout slow on CLUSTER?",
  signs: [
    [/\bwhy\b|\bhow come\b|\broot[- ]?cause|\brca\b/, 5],
    [
      /\bwhat(?:'s| is| has| went| was)?(?: gone)? (?:wrong|going on|broken|broke|causing|caused|up with|happening|happened|behind|the matter|to blame)\b/,
      4,
    ],
    [
      /\bis (?:happening|going on)\b|\binvestigat|\bdig (?:in|deeper)|\blook(?:ing)? into\b|\bdiagnos|\btroubleshoot|\bdebug\b|\bculprit\b|\bto blame\b|\bresponsible\b|\bfigure out\b/,
      4,
    ],
    [/\bcaus(?:e|es|ed|ing)\b|\breasons? (?:for|behind|why)\b/, 4],
    [
      /\bslow|\bsluggish|\bcrawl|\btak(?:es?|ing) (?:ages|forever|(?:so |too )?long)\b|\bfail|\bcrash|\bbroken\b|\bdown\b|\bunavailable\b|\bdegraded\b|\btim(?:ing|es|ed)? ?out|\bhang|\bstuck\b|\berrors?\b|\b5xx\b|\b50[0-4]s?\b|\bunhealthy\b|\bdead\b|\bbroke\b|\bdying\b|\bacting up\b|\blag/,
      2,
    ],
    [/\b(?:how(?:'s| is)|is)\b.*\b(?:doing|ok|okay|healthy|fine|alive|working|up)\b/, 2],
  ],
  points: ({ subject, pod }) => (subject !== null || pod !== null ? 1 : 0),
  lead: "find_root_cause",
  plan: async (inquiry) => {
    const { ask, clusters, entities } = inquiry;
    const [found] = await ask(firing(clusters, entities));
    const rows = newestFirst(alertRows(found));
    const places = clusters?.length === 1 ? clusters : [...new Set(rows.map(({ cluster }) => cluster))];
    const asked = places.slice(0, MOST_CLUSTERS);
    const alertIn = (place: string) => rows.find(({ cluster }) => cluster === place) ?? null;
    const causes = await ask(
      ...asked.map((place) => rootCause(place, inquiry, alertIn(place))),
      ...signals(inquiry, asked.length > 0 ? asked : clusters),
    );
    // Where an hour tells too little, an alert says when to look.
    const unsure = asked.filter((_, index) => !SURE.has(String(causes[index]?.result["verdict"])));
    const recent = unsure.map(alertIn).filter((alert) => alert !== null && isRecent(alert, inquiry));
    await ask(...recent.map((alert) => call("find_root_cause", { alertId: alert?.id })));
  },
  next: ({ entities }) => [
    `What changed${on(entities)} in the last hour?`,
    ...(entities.subject === null ? [] : [`Show the error logs of ${entities.subject}${on(entities)}`]),
  ],
};

/** What the search for a cause leaves out is looked at beside it: alerts, slow and failed calls, errors, warnings, a metric. */
function signals({ entities, text }: Inquiry, clusters: string[] | undefined) {
  const { subject, pod, namespace, node } = entities;
  const range = entities.range ?? RANGE;
  const isCut = subject === null && pod === null;
  const recipe = recipeFor(text, entities) ?? (/\bslow|\blag|\btim/.test(text) ? recipeFor("latency", entities) : null);
  return [
    ...(isCut
      ? []
      : [call("analyze_traces", { clusters, service: subject, errorsOnly: /\berror|\bfail/.test(text), range })]),
    call("query_logs", { clusters, namespace, pod: pod ?? podsOf(subject), level: "error", range }),
    call("kubernetes_events", { clusters, namespace, name: node ?? pod, warningsOnly: true, range }),
    ...(recipe && !isCut ? [call("query_metrics", { query: recipe.query, clusters })] : []),
    ...(/\bgpus?\b|\bcuda\b|\bxid\b/.test(text) ? [call("get_gpu_nodes", { clusters, problemsOnly: true })] : []),
  ];
}

const firing = (clusters: string[] | undefined, { namespace, subject, pod, alertName }: Entities) =>
  call("get_alerts", {
    clusters,
    // What something is called says more than where it is: its trouble may show elsewhere.
    namespace: (alertName ?? pod ?? subject) ? null : namespace,
    search: alertName ?? pod ?? subject,
    state: "FIRING",
    limit: 20,
  });

/** Of the alert that is named; else of the last hour of the cluster. */
function rootCause(cluster: string, inquiry: Inquiry, alert: AlertRow | null) {
  const { alertId, alertName, namespace, subject, range } = inquiry.entities;
  if (alertId !== null) return call("find_root_cause", { alertId });
  if (alert !== null && alertName !== null && isRecent(alert, inquiry))
    return call("find_root_cause", { alertId: alert.id });
  return call("find_root_cause", { cluster, namespace: subject === null ? namespace : null, range: range ?? RANGE });
}

const isRecent = ({ since }: AlertRow, { entities, now }: Inquiry): boolean =>
  now.getTime() - Date.parse(since) < secondsOf(entities.range ?? RECENT) * 1000;

/** What began last is what somebody asks about; what fires for weeks they know. */
const newestFirst = (rows: readonly AlertRow[]): AlertRow[] =>
  rows.toSorted((one, other) => (one.since < other.since ? 1 : -1));
