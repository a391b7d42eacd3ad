import { escapePattern } from "../../../../shared/kernel/escapes.ts";
import type { Entities } from "./entities.ts";

export interface Recipe {
  name: string;
  /** How a question names it. */
  sign: RegExp;
  query: (about: Entities) => string;
}

type Matchers = Readonly<Record<string, string | null>>;

/** Label values are quoted: what a question names is not a part of the query's language. */
const selector = (matchers: Matchers, more = ""): string => {
  const parts = Object.entries(matchers).flatMap(([label, value]) => (value === null ? [] : [`${label}${value}`]));
  return `{${[...parts, ...(more === "" ? [] : [more])].join(",")}}`;
};
const is = (value: string | null): string | null => (value === null ? null : `=${JSON.stringify(value)}`);

/** Pods of a workload, as tools take them: with a wildcard. */
export const podsOf = (subject: string | null): string | null => (subject === null ? null : `${subject}*`);

/** Pods by their own name, or by that of what made them. */
function podMatcher({ pod, subject }: Entities): string | null {
  if (pod !== null) return is(pod);
  return subject === null ? null : `=~${JSON.stringify(`${escapePattern(subject)}(-.+)?`)}`;
}
const container = (about: Entities, more = ""): string =>
  selector({ namespace: is(about.namespace), pod: podMatcher(about), container: '!=""' }, more);
const pods = (about: Entities, more = ""): string =>
  selector({ namespace: is(about.namespace), pod: podMatcher(about) }, more);
const requests = ({ namespace, subject, pod }: Entities, more = ""): string =>
  selector({ namespace: is(namespace), service: is(subject), pod: is(pod) }, more);
const node = (about: Entities, more = ""): string => selector({ node: is(about.node) }, more);

/** Per pod where one asks about something; per namespace of the whole otherwise. */
const by = ({ pod, subject, namespace }: Entities): string =>
  pod !== null || subject !== null || namespace !== null ? "namespace, pod" : "namespace";
const top = (query: string): string => `topk(10, ${query})`;
const byNode = ({ node: name, subject, pod, namespace }: Entities, text: string): boolean =>
  name !== null || (/\bnodes?\b/.test(text) && subject === null && pod === null && namespace === null);

/** Questions about metrics that need no query of one's own. The first whose sign is found. */
const RECIPES: readonly Recipe[] = [
  {
    name: "error rate",
    sign: /\berror (?:rate|ratio|percentage|share|budget)|\b(?:failure|success) rate|\b5xx\b|\bshare of errors|\bfailed requests\b/,
    query: (about) =>
      `sum by (namespace, service) (rate(http_requests_total${requests(about, 'code=~"5.."')}[5m])) / sum by (namespace, service) (rate(http_requests_total${requests(about)}[5m]))`,
  },
  {
    name: "latency",
    sign: /\blatenc|\bp(?:50|90|95|99)\b|\bresponse times?|\bpercentile|\brequest duration/,
    query: (about) =>
      `histogram_quantile(0.95, sum by (namespace, service, le) (rate(http_request_duration_seconds_bucket${requests(about)}[5m])))`,
  },
  {
    name: "CPU throttling",
    sign: /\bthrottl/,
    query: (about) =>
      top(
        `sum by (${by(about)}) (rate(container_cpu_cfs_throttled_periods_total${container(about)}[5m])) / sum by (${by(about)}) (rate(container_cpu_cfs_periods_total${container(about)}[5m]))`,
      ),
  },
  {
    name: "CPU",
    sign: /\bcpus?\b|\bcores?\b|\bprocessor/,
    query: (about) => top(`sum by (${by(about)}) (rate(container_cpu_usage_seconds_total${container(about)}[5m]))`),
  },
  {
    name: "memory",
    sign: /\bmemory\b|\bram\b|\bworking set\b|\bheap\b/,
    query: (about) => top(`sum by (${by(about)}) (container_memory_working_set_bytes${container(about)})`),
  },
  {
    name: "restarts",
    sign: /\brestart/,
    query: (about) =>
      top(`sum by (namespace, pod) (increase(kube_pod_container_status_restarts_total${pods(about)}[1h])) > 0`),
  },
  {
    name: "out-of-memory kills",
    sign: /\boom\b|\boom-?kill/,
    query: (about) => top(`sum by (namespace, pod) (increase(container_oom_events_total${container(about)}[1h])) > 0`),
  },
  {
    name: "disk",
    sign: /\bdisks?\b|\bfile ?systems?\b|\bstorage\b|\binodes?\b|\bvolumes?\b/,
    query: (about) =>
      top(
        `1 - min by (node, mountpoint) (node_filesystem_avail_bytes${node(about)} / node_filesystem_size_bytes${node(about)})`,
      ),
  },
  {
    name: "network",
    sign: /\bnetwork\b|\bbandwidth\b|\bpackets?\b/,
    query: (about) => top(`sum by (${by(about)}) (rate(container_network_receive_bytes_total${pods(about)}[5m]))`),
  },
  {
    name: "request rate",
    sign: /\brequest rate|\brps\b|\bqps\b|\bthroughput\b|\btraffic\b|\brequests? (?:per|a|\/) ?(?:s|second)|\bhow many requests/,
    query: (about) => `sum by (namespace, service) (rate(http_requests_total${requests(about)}[5m]))`,
  },
];

const NODE_RECIPES: Readonly<Record<string, (about: Entities) => string>> = {
  CPU: (about) => `1 - avg by (node) (rate(node_cpu_seconds_total${node(about, 'mode="idle"')}[5m]))`,
  memory: (about) =>
    `1 - max by (node) (node_memory_MemAvailable_bytes${node(about)} / node_memory_MemTotal_bytes${node(about)})`,
};

/** The query that a question about a metric means, if it means one that is known here. */
export function recipeFor(text: string, about: Entities): { name: string; query: string } | null {
  const recipe = RECIPES.find(({ sign }) => sign.test(text));
  if (!recipe) return null;
  const ofNodes = byNode(about, text) ? NODE_RECIPES[recipe.name] : undefined;
  return { name: recipe.name, query: (ofNodes ?? recipe.query)(about) };
}
