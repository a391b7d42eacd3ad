import { findClusters } from "./cluster-names.ts";
import type { KnownCluster, KnownNames } from "./known-names.loader.ts";
import { type QuotedQuery, quotedQuery, withoutQuery } from "./quoted-query.ts";
import { saidTime } from "./time.ts";
import { isOrdinary, plain } from "./words.ts";

/** What a question names; null or empty for what it does not. */
export interface Entities {
  clusters: readonly KnownCluster[];
  /** All clusters, said so. */
  everywhere: boolean;
  environment: string | null;
  namespace: string | null;
  /** A service, a workload, or whatever else runs and has a name. */
  subject: string | null;
  pod: string | null;
  node: string | null;
  severity: string | null;
  range: string | null;
  query: QuotedQuery | null;
  traceId: string | null;
  /** An alert's id. */
  alertId: string | null;
  alertName: string | null;
  minDurationMs: number | null;
}

/** A question as it was read. */
export interface Reading {
  entities: Entities;
  /** What is left to find the intent in: lower case, without queries, ids and clusters' names. */
  text: string;
  guesses: readonly { said: string; meant: string }[];
  unknown: readonly { said: string; like: readonly string[] }[];
  /** Words that may be the name of something that runs. */
  candidates: readonly string[];
}

const UUID = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/i;
const TRACE_ID = /\b(?:[0-9a-f]{32}|(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{16})\b/i;
/** CheckoutLatencyHigh: at least two words put together. */
const ALERT_NAME = /\b[A-Z][a-zA-Z0-9]*[a-z0-9][A-Z][a-zA-Z0-9]*\b/g;
/** What Kubernetes says in this way, and is no alert. */
const REASONS = new Set([
  "CrashLoopBackOff",
  "ImagePullBackOff",
  "ErrImagePull",
  "NotReady",
  "MemoryPressure",
  "DiskPressure",
  "PIDPressure",
]);
const TOOLS = /(?:QL|Shift|Ops|MS)$/;
const NAME = "([a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?)";
const GENERATED = /\b[a-z0-9](?:[a-z0-9-]*[a-z0-9])?-[0-9a-f]{7,10}-[a-z0-9]{5}\b/;
const KIND =
  "(?:pods|services?|svc|workloads?|deployments?|statefulsets?|daemonsets?|apps?|microservices?|containers?|jobs?)";
/** Said of something, unless something is called so. */
const VERB = /(?:ing|ed|ly)$/;
/** What stands before the name of what a question is about. */
const POINTING =
  /\b(?:of|for|from|is|are|does|has|why|with|about|by|in|to|do|was|error|slow|silence|mute|snooze|suppress|ack|acknowledge|diagnose|investigate|debug) (?:the |our |my )?$/;
const SLOWER =
  /\b(?:slower than|longer than|over|above|more than|>)\s*(\d+(?:\.\d+)?) ?(ms|milliseconds?|s|seconds?)\b/;

const ENVIRONMENTS: readonly (readonly [RegExp, string])[] = [
  [/\b(?:production|prod)\b/, "PRODUCTION"],
  [/\bstaging\b/, "STAGING"],
  [/\b(?:dev|development) clusters?\b/, "DEVELOPMENT"],
  [/\blabs?\b/, "LAB"],
];
const SEVERITIES: readonly (readonly [RegExp, string])[] = [
  [/\bcritical\b/, "CRITICAL"],
  [/\bwarnings?\b(?! events?)/, "WARNING"],
  [/\binfo(?:rmational)?\b(?= alerts?| severity)/, "INFO"],
];
const EVERYWHERE =
  /\b(?:everywhere|all (?:the |our |my )?clusters|every cluster|(?:whole|entire|across the) fleet|fleet[- ]?wide|any cluster|anywhere)\b/;

/** What a question names. */
export function read(question: string, known: KnownNames, now: Date): Reading {
  const query = quotedQuery(question);
  const words = withoutQuery(question);
  const [alertId = null] = UUID.exec(words) ?? [];
  const bare = words.replace(UUID, " ");
  const [traceId = null] = TRACE_ID.exec(bare) ?? [];
  const alertName =
    bare
      .match(ALERT_NAME)
      ?.find((name) => !REASONS.has(name) && !TOOLS.test(name) && !/^(?:GraphQL|GitOps)/.test(name)) ?? null;
  const said = plain(bare.replace(TRACE_ID, " ").replace(alertName ?? "\0", " "));
  const { clusters, nodes, guesses, unknown, rest } = findClusters(said, known.clusters);
  const [slower, minimum, unit] = SLOWER.exec(rest) ?? [];
  const timed = rest.replace(slower ?? "\0", " slow ");
  const time = saidTime(timed, now);
  const text = (time?.rest ?? timed).trim();
  const environment = clusters.length > 0 ? null : firstOf(ENVIRONMENTS, text);
  const { candidates, ...names } = named(text, known);
  return {
    text,
    guesses,
    unknown,
    candidates,
    entities: {
      clusters: environment === null ? clusters : known.clusters.filter((each) => each.environment === environment),
      everywhere: EVERYWHERE.test(text),
      environment,
      ...names,
      node: nodes[0] ?? names.node,
      severity: firstOf(SEVERITIES, text),
      range: time?.range ?? null,
      query,
      traceId: traceId?.toLowerCase() ?? null,
      alertId: alertId?.toLowerCase() ?? null,
      alertName,
      minDurationMs: minimum === undefined ? null : Number(minimum) * (unit?.startsWith("m") ? 1 : 1000),
    },
  };
}

type Named = Pick<Entities, "namespace" | "subject" | "pod" | "node">;

/** Names by the kind that stands beside them, and then by what else is no word of the language. */
function named(text: string, { namespaces, running }: KnownNames): Named & { candidates: string[] } {
  const pod = GENERATED.exec(text)?.[0] ?? after(text, "pod");
  const node = after(text, "(?:node|host)");
  let namespace = beside(text, "(?:namespaces?|ns|project)") ?? /(?:^|\s)-n ([a-z0-9-]+)/.exec(text)?.[1] ?? null;
  let subject = beside(text, KIND);
  if (subject !== null && namespaces?.has(subject)) {
    namespace ??= subject;
    subject = null;
  }
  const others: { name: string; isPointedAt: boolean }[] = [];
  for (const { 1: inside, 2: name, index } of text.matchAll(
    new RegExp(`(?:\\b(in|inside|within) (?:the )?)?(?<![\\w@.-])${NAME}(?![\\w-])`, "g"),
  )) {
    if (name === undefined || !isName(name) || [pod, node, namespace, subject].includes(name)) continue;
    const isNamespace = namespaces?.has(name) ?? inside !== undefined;
    if (isNamespace) namespace ??= name;
    else others.push({ name, isPointedAt: inside !== undefined || POINTING.test(text.slice(0, index)) });
  }
  const likely =
    others.find(({ name }) => running.get(name)) ??
    others.find(({ name, isPointedAt }) => isPointedAt && !VERB.test(name)) ??
    null;
  return {
    namespace,
    subject: subject ?? likely?.name ?? (running.size === 0 ? (others[0]?.name ?? null) : null),
    pod,
    node,
    candidates: others.map(({ name }) => name),
  };
}

/** "namespace shop" or "the shop namespace"; a word of the language beside it is not its name. */
const beside = (text: string, kind: string): string | null => after(text, kind) ?? before(text, kind);

const after = (text: string, kind: string): string | null =>
  nameIn(new RegExp(`\\b${kind}(?: called| named)?[ /:=]+"?${NAME}`).exec(text));

const before = (text: string, kind: string): string | null =>
  nameIn(new RegExp(`(?<![\\w@.-])${NAME}"? ${kind}\\b`).exec(text));

const nameIn = (found: RegExpExecArray | null): string | null =>
  found?.[1] !== undefined && isName(found[1]) ? found[1] : null;

const isName = (word: string): boolean =>
  word.length > 1 && /[a-z]/.test(word) && !isOrdinary(word) && !/^\d|^[a-z]\d{1,2}$|'/.test(word);

const firstOf = (table: readonly (readonly [RegExp, string])[], text: string): string | null =>
  table.find(([pattern]) => pattern.test(text))?.[1] ?? null;
