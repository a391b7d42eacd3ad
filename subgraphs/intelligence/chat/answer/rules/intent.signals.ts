import { call, type Intent, on } from "./intent.ts";
import { podsOf, recipeFor } from "./recipes.ts";
import { secondsOf } from "./time.ts";

const RANGE = "1h";
const CHANGES_RANGE = "1h";
const ANOMALY_RANGE = "6h";
const HISTORY = /\btrend|\bover time\b|\bgraph\b|\bchart\b|\bhistory\b|\bplot\b|\bevolv|\bgrow/;

export const logs: Intent = {
  name: "logs",
  aboutWorkloads: true,
  example: "Show the error logs of payment-api since 09:30",
  signs: [
    [/\blogs?\b|\blog ?lines?\b|\blogging\b|\bstack ?traces?\b|\bstdout\b|\bstderr\b|\btail\b|\bgrep\b/, 5],
    [/\bexceptions?\b|\bpanics?\b|\berror messages?\b|\berrors (?:in|of|from|by)\b/, 3],
  ],
  points: ({ query }) => (query?.language === "LOGQL" ? 4 : 0),
  plan: async ({ ask, clusters, entities, text }) => {
    const { namespace, subject, pod, range, query } = entities;
    const level = /\berrors?\b|\bexceptions?\b|\bpanics?\b|\bfail/.test(text) ? "error" : null;
    const raw = query?.language === "LOGQL" ? query.text : null;
    const given = raw === null ? { namespace, pod: pod ?? podsOf(subject), level } : { query: raw };
    await ask(call("query_logs", { clusters, ...given, range: range ?? RANGE }));
  },
  next: ({ entities: { subject, ...rest } }) => [
    `Why is ${subject ?? "it"} failing${on({ subject, ...rest })}?`,
    "What about the last 6 hours?",
  ],
};

export const traces: Intent = {
  name: "traces",
  example: "Show slow traces of checkout on CLUSTER",
  signs: [
    [/\btraces?\b|\bspans?\b|\btracing\b/, 5],
    [
      /\b(?:slow|slowest|failed|failing|erroring|longest)(?: [\w-]+)? (?:requests?|calls?|operations?|endpoints?|transactions?)\b/,
      4,
    ],
    [/\b(?:which|what) (?:operations?|endpoints?|calls?|requests?)\b/, 2],
  ],
  points: ({ query }) => (query?.language === "TRACEQL" ? 4 : 0),
  plan: async ({ ask, clusters, entities, text }) => {
    const { subject, range, query, minDurationMs } = entities;
    const raw = query?.language === "TRACEQL" ? { query: query.text } : {};
    const errorsOnly = /\berror|\bfail/.test(text) ? true : undefined;
    await ask(
      call("analyze_traces", { clusters, service: subject, errorsOnly, minDurationMs, ...raw, range: range ?? RANGE }),
    );
  },
  next: ({ entities: { subject, ...rest } }) => [
    `Why is ${subject ?? "it"} slow${on({ subject, ...rest })}?`,
    "And its error logs?",
  ],
};

export const trace: Intent = {
  name: "one trace",
  example: "Show trace 5b8efff798038103d269b633813fc60c",
  signs: [],
  points: ({ traceId }) => (traceId === null ? -9 : 8),
  plan: async ({ ask, clusters, entities: { traceId } }) => {
    await ask(call("get_trace", { traceId, clusters }));
  },
  next: () => ["Which traces of the last hour have errors?"],
};

export const metrics: Intent = {
  name: "metrics",
  aboutWorkloads: true,
  example: "Memory of namespace shop in the last 2 hours",
  signs: [
    [
      /\bcpus?\b|\bmemory\b|\bram\b|\bdisks?\b|\bfile ?systems?\b|\blatenc|\bp(?:50|90|95|99)\b|\bresponse times?\b|\bthroughput\b|\brps\b|\bqps\b|\btraffic\b|\bthrottl|\bnetwork\b|\bbandwidth\b/,
      4,
    ],
    [
      /\b(?:error|request|failure|success) (?:rate|ratio|percentage)\b|\b5xx\b|\bhow many requests\b|\brequests? (?:per|a|\/) ?(?:s|seconds?|minutes?)\b/,
      5,
    ],
    [/\bhow (?:often|many)\b.*\brestart|\brestart (?:count|rate)s?\b|\brestarts\b/, 3],
    [/\busage\b|\butili[sz]ation\b|\bmetrics?\b|\bhow (?:much|high)\b|\btop\b|\bmost\b/, 1],
  ],
  points: ({ query }) => (query?.language === "PROMQL" ? 4 : 0),
  plan: async ({ ask, say, clusters, entities, text }) => {
    const recipe = entities.query ?? recipeFor(text, entities);
    if (!recipe) {
      say("I know no query for that metric; write one in backticks, such as `sum by (namespace) (up)`.");
      await ask(call("get_metric_labels", { clusters, limit: 50 }));
      return;
    }
    const query = "query" in recipe ? recipe.query : recipe.text;
    const range = entities.range ?? (HISTORY.test(text) ? RANGE : null);
    await ask(call("query_metrics", { query, clusters, range }));
  },
  next: ({ entities }) => ["And in the last 6 hours?", `Is there anything unusual in the latency${on(entities)}?`],
};

export const anomalies: Intent = {
  name: "anomalies",
  example: "Any anomalies in the latency of checkout in the last 6 hours?",
  signs: [
    [
      /\banomal|\bunusual|\babnormal|\boutliers?\b|\bout of the ordinary\b|\bweird\b|\bstrange\b|\bodd(?:ly)?\b|\bspik/,
      6,
    ],
  ],
  plan: async ({ ask, clusters, entities, text }) => {
    const { query, range } = entities;
    const known = query?.language === "PROMQL" ? { query: query.text } : recipeFor(text, entities);
    const queries = known ? [known] : [recipeFor("latency", entities), recipeFor("error rate", entities)];
    // What is usual is learned from the range itself: an hour teaches little.
    const given = range !== null && secondsOf(range) >= secondsOf(ANOMALY_RANGE) ? range : ANOMALY_RANGE;
    await ask(
      ...queries.flatMap((each) =>
        each ? [call("detect_anomalies", { query: each.query, clusters, range: given })] : [],
      ),
    );
  },
  next: ({ entities }) => [`Which alerts are firing${on(entities)}?`, `What changed${on(entities)} in the last hour?`],
};

export const changes: Intent = {
  name: "changes",
  example: "What changed on CLUSTER in the last 2 hours?",
  signs: [
    [
      /\bwhat(?:'s| has| have| is|'d)?\b.*\b(?:chang|different|new\b)|\bchanges\b|\brecent(?:ly)? (?:chang|deploy|roll|releas)|\b(?:any(?:one|body|thing)?|some(?:one|body|thing)|who|did|was|were|has|have|been|recent|last|latest|new)\b.*\b(?:deploy(?:s|ed|ments?)?|releases?|released|roll(?:ed|ing)?[ -]?outs?|replica ?sets?|pushed|shipped|upgraded?|change)\b/,
      6,
    ],
    [/\broll(?:ed|ing)?[ -]?outs?\b|\bdeployed\b|\breleased\b/, 3],
  ],
  plan: async ({ ask, clusters, entities }) => {
    const { namespace, subject, pod, range } = entities;
    const given = { clusters, namespace, range: range ?? CHANGES_RANGE };
    await ask(
      call("kubernetes_events", { ...given, name: pod ?? subject, warningsOnly: false, limit: 50 }),
      call("get_alerts", { clusters, namespace, search: pod ?? subject, state: "FIRING", limit: 20 }),
    );
  },
  next: ({ entities }) => [
    `Why is ${entities.subject ?? "something"} failing${on(entities)}?`,
    "And in the last 6 hours?",
  ],
};

/** A query as it was given. */
export const explain: Intent = {
  name: "explain a query",
  example: "Explain `sum by (pod) (rate(http_requests_total[5m]))`",
  signs: [
    [/\bexplain\b|\bwhat does\b|\bwhat is\b.*\bdo(?:es|ing)?\b|\bmean(?:s|ing)?\b|\bunderstand\b|\bhow does\b/, 5],
  ],
  points: ({ query }) => (query === null ? -5 : 2),
  plan: async ({ ask, entities: { query } }) => {
    if (query) await ask(call("explain_query", { query: query.text, language: query.language }));
  },
  next: ({ entities: { query } }) => (query && !/[`\n]/.test(query.text) ? [`Run \`${query.text}\``] : []),
};
