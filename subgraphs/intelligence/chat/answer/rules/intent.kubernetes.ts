import { call, type Intent, on } from "./intent.ts";

const ROWS = 50;

export const pods: Intent = {
  name: "pods",
  aboutWorkloads: true,
  example: "Which pods in namespace payments are restarting?",
  signs: [
    [/\bpods?\b|\bcontainers?\b|\breplicas?\b|\bworkloads?\b/, 3],
    [
      /\b(?:what|which|anything|any|who|list|show)\b.*\b(?:crash|restart|pending|not ready|unready|unhealthy|evicted|oom|fail|terminat)/,
      3,
    ],
    [
      /\bcrash|\brestart|\bpending\b|\bnot ready\b|\bunready\b|\bunhealthy\b|\bevicted\b|\boom|\bimagepull|\bunschedulable\b|\bcan(?:'t|not) (?:be )?schedul/,
      2,
    ],
    [/\brunning\b|\bhow many\b|\blist\b|\bshow\b/, 1],
  ],
  points: ({ pod }) => (pod === null ? 0 : 1),
  plan: async ({ ask, clusters, entities, text }) => {
    const { namespace, pod, subject, range } = entities;
    const unhealthyOnly =
      /\bcrash|\brestart|\bnot ready\b|\bunready\b|\bunhealthy\b|\bevicted\b|\boom|\bfail|\bwrong\b|\bbroken\b|\bproblem|\bimagepull|\bnot running\b/.test(
        text,
      );
    const phase = /\bpending\b|\bunschedulable\b|\bschedul/.test(text) ? "PENDING" : undefined;
    const search = pod ?? subject;
    await ask(
      call("list_pods", {
        clusters,
        namespace,
        search,
        phase,
        unhealthyOnly: unhealthyOnly ? true : undefined,
        limit: ROWS,
      }),
      ...(unhealthyOnly || phase !== undefined
        ? [
            call("kubernetes_events", {
              clusters,
              namespace,
              name: pod,
              warningsOnly: true,
              range: range ?? "1h",
              limit: ROWS,
            }),
          ]
        : []),
    );
  },
  next: ({ entities }) => [
    `Show the error logs of ${entities.pod ?? entities.subject ?? "those pods"}${on(entities)}`,
    `Why are they failing${on(entities)}?`,
  ],
};

export const events: Intent = {
  name: "Kubernetes events",
  example: "Which events warn in namespace shop?",
  signs: [[/\bevents?\b/, 5]],
  plan: async ({ ask, clusters, entities, text }) => {
    const { namespace, pod, subject, node, range } = entities;
    const warningsOnly = /\bwarn|\berror|\bproblem|\bfail|\bbad\b/.test(text);
    const name = pod ?? node ?? subject;
    await ask(
      call("kubernetes_events", { clusters, namespace, name, warningsOnly, range: range ?? "1h", limit: ROWS }),
    );
  },
  next: ({ entities }) => [`Which pods${on(entities)} are unhealthy?`, `Which alerts are firing${on(entities)}?`],
};

export const certificates: Intent = {
  name: "certificates",
  example: "Which certificates expire soon?",
  signs: [
    [/\bcert(?:ificate)?s?\b|\bcert-?manager\b/, 5],
    [/\btls\b|\bx509\b|\bssl\b|\bexpir/, 3],
  ],
  plan: async ({ ask, clusters, entities: { namespace, subject } }) => {
    const matchers = [
      ...(namespace === null ? [] : [`namespace=${JSON.stringify(namespace)}`]),
      ...(subject === null ? [] : [`name=~${JSON.stringify(`${subject}.*`)}`]),
    ];
    const left = `min by (namespace, name) (certmanager_certificate_expiration_timestamp_seconds{${matchers.join(",")}} - time()) / 86400`;
    await ask(
      // Days that are left: of one that is named in any case, of the others where they are few.
      call("query_metrics", { query: subject === null ? `${left} < ${SOON_DAYS}` : left, clusters }),
      call("get_alerts", { clusters, namespace, search: "Cert", state: "FIRING", limit: 20 }),
      call("kubernetes_events", { clusters, namespace, warningsOnly: true, range: "1h", limit: 20 }),
    );
  },
  next: ({ entities }) => [`Why is something failing${on(entities)}?`, `Which alerts are firing${on(entities)}?`],
};

const SOON_DAYS = 30;
const CONDITIONS = "MemoryPressure|DiskPressure|PIDPressure";

export const nodes: Intent = {
  name: "nodes",
  example: "Are any nodes under memory pressure?",
  signs: [
    [/\bnodes?\b|\bworkers?\b|\bkubelets?\b/, 3],
    [/\bpressure\b|\bnot ?ready\b|\btaint|\bcordon|\bevict|\bdrain|\bconditions?\b/, 3],
    [/\bhealth|\bproblems?\b|\bwrong\b|\bissues?\b|\bstatus\b|\bok\b|\bout of memory\b|\brunning out\b/, 1],
  ],
  points: ({ node }) => (node === null ? 0 : 1),
  plan: async ({ ask, clusters, text, entities: { node, range } }) => {
    const about = node === null ? "" : `,node=${JSON.stringify(node)}`;
    await ask(
      call("query_metrics", {
        query:
          `max by (node, condition) (kube_node_status_condition{condition=~"${CONDITIONS}",status="true"${about}} == 1 ` +
          `or kube_node_status_condition{condition="Ready",status=~"false|unknown"${about}} == 1)`,
        clusters,
      }),
      call("get_alerts", {
        clusters,
        search: node ?? (/\bpressure\b|\bmemory\b/.test(text) ? "Pressure" : "Node"),
        state: "FIRING",
        limit: 20,
      }),
      call("kubernetes_events", { clusters, name: node, warningsOnly: true, range: range ?? "1h", limit: ROWS }),
    );
  },
  next: ({ entities }) => [
    `Which pods${on(entities)} were evicted?`,
    `Memory of the nodes${on(entities)} in the last 2 hours`,
  ],
};
