import { call, type Intent, on } from "./intent.ts";

const ALERT_ROWS = 20;

export const fleetStatus: Intent = {
  name: "fleet status",
  example: "How is the fleet?",
  signs: [
    [/\bfleet\b|\b(?:all|every|our|my) (?:the )?clusters?\b|\boverview\b|\boverall\b|\bhand ?over\b|\bround-?up\b/, 4],
    [/\b(?:list|which|what|show|how many)\b.*\bclusters\b/, 4],
    [
      /\bhow are (?:we|things)|\bwhat's up\b|\bany(?:thing)?\b.*\b(?:problems?|issues?|wrong|on fire|burning|broken)\b|\beverything (?:ok|okay|fine|alright|good)/,
      3,
    ],
    [/\bclusters\b/, 1],
    [/\bstatus\b|\bhealth|\bsummary\b|\bstate\b|\breachable\b|\bup\b|\bdown\b/, 1],
  ],
  points: ({ subject }) => (subject === null ? 0 : -3),
  plan: async ({ ask, clusters, entities }) => {
    const { environment } = entities;
    await ask(
      call("get_cluster_status", { clusters }),
      call("get_alerts", { clusters, state: "FIRING", limit: ALERT_ROWS }),
      call("list_clusters", clusters ? { environment } : {}),
    );
  },
  next: () => ["Which critical alerts are firing?", "What changed in the last hour?"],
};

export const clusterStatus: Intent = {
  name: "cluster status",
  example: "What is the status of CLUSTER?",
  signs: [
    [/\bstatus\b|\bhealth|\bhow(?:'s| is| are)\b|\bstate\b|\breachable\b|\bup\b|\bconnected\b|\b(?:ok|okay|fine)\b/, 3],
    [/\bany(?:thing)?\b.*\b(?:wrong|problems?|issues?|broken)\b|\bdoing\b|\blook(?:s|ing)?\b/, 2],
    [/\bversion\b|\bapi server\b|\bcontrol plane\b/, 3],
  ],
  points: ({ clusters, subject }) => (clusters.length > 0 && subject === null ? 3 : -3),
  plan: async ({ ask, clusters }) => {
    await ask(
      call("get_cluster_status", { clusters }),
      call("get_alerts", { clusters, state: "FIRING", limit: ALERT_ROWS }),
      call("list_pods", { clusters, unhealthyOnly: true, limit: ALERT_ROWS }),
    );
  },
  next: ({ entities }) => [`What changed${on(entities)} in the last hour?`, `Which events warn${on(entities)}?`],
};

export const alerts: Intent = {
  name: "alerts",
  example: "Which critical alerts are firing in namespace shop?",
  signs: [
    [/\balerts?\b|\balarms?\b|\bpag(?:e|ed|es|ing)\b/, 4],
    [/\bfir(?:ing|es?|ed)\b/, 3],
    [/\bcritical\b|\bwarnings\b|\bpending\b|\bsilenced\b/, 1],
  ],
  points: ({ alertName }) => (alertName === null ? 0 : 3),
  plan: async ({ ask, clusters, entities, text }) => {
    const { severity, namespace, subject, pod, alertName } = entities;
    const state = /\bpending\b/.test(text) ? "PENDING" : "FIRING";
    await ask(
      call("get_alerts", { clusters, severity, namespace, search: alertName ?? pod ?? subject, state, limit: 50 }),
    );
  },
  next: ({ entities }) => [
    `What is the root cause of the alerts${on(entities)}?`,
    `What changed${on(entities)} in the last hour?`,
  ],
};
