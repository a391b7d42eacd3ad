import type { Turn } from "../answer.ts";
import { type Entities, type Reading, read } from "./entities.ts";
import type { Intent } from "./intent.ts";
import { asksForHelp, intentOf } from "./intents.ts";
import type { KnownNames } from "./known-names.loader.ts";
import { isOrdinary } from "./words.ts";

/** A question as it is meant, after those before it. */
export interface Asking {
  kind: "INTENT" | "MORE" | "HELP" | "UNKNOWN";
  intent: Intent | null;
  reading: Reading;
  entities: Entities;
  /** How many times in a row more was asked for. */
  page: number;
  /** Words of this question and those before that may be names. */
  candidates: readonly string[];
}

/** Follow-ups refer to a few questions back, not to the beginning of a long conversation. */
const MOST_TURNS = 10;
const MORE =
  /^(?:(?:show|give)(?: me)? )?(?:some )?(?:more|the rest|next(?: page)?|all of them)(?: rows| of (?:them|those|it|that))?(?: please)?[ !.?]*$/;
const FOLLOWS =
  /^(?:and|but|or|then|so|ok(?:ay)?|also|same|what about|how about|now)\b|^why\b[ ?!.]*$|\b(?:its|it|it's|their|them|those|these|that|there|this|they|same|instead)\b/;

const TERSE = 3;

/** What the last question asks for. Each question is read anew: nothing of how it was read is kept anywhere. */
export function askingOf(turns: readonly Turn[], known: KnownNames, now: Date): Asking {
  const questions = turns.filter(({ role }) => role === "USER").slice(-MOST_TURNS);
  let asking: Asking | null = null;
  for (const { content } of questions) asking = next(asking, read(content, known, now));
  return asking ?? next(null, read("", known, now));
}

function next(before: Asking | null, reading: Reading): Asking {
  const { text, entities } = reading;
  const candidates = [...new Set([...reading.candidates, ...(before?.candidates ?? [])])];
  if (MORE.test(text)) {
    return {
      ...(before ?? { intent: null, entities }),
      kind: "MORE",
      reading,
      page: (before?.page ?? 0) + 1,
      candidates,
    };
  }
  if (asksForHelp(text)) return { kind: "HELP", intent: null, reading, entities, page: 0, candidates };
  const own = intentOf(text, entities);
  const follows =
    before !== null &&
    (FOLLOWS.test(text) || (own !== null && isTerse(text, reading)) || (own === null && isOnlyNames(text, reading)));
  const merged = follows ? inherited(before.entities, entities) : entities;
  const intent = own ?? (follows ? before.intent : null);
  return { kind: intent ? "INTENT" : "UNKNOWN", intent, reading, entities: merged, page: 0, candidates };
}

/** "root cause?", "what changed?": too short to name what it is about. */
const isTerse = (text: string, { entities, candidates }: Reading): boolean =>
  text.split(" ").length <= TERSE &&
  candidates.length === 0 &&
  entities.clusters.length === 0 &&
  [entities.namespace, entities.subject, entities.pod, entities.node, entities.alertName, entities.query].every(
    (name) => name === null,
  );

/** "prod-west-1?", "last 6 hours", "payments": nothing but what is to be different. */
const isOnlyNames = (text: string, { entities, unknown }: Reading): boolean =>
  (entities.clusters.length > 0 || entities.range !== null || entities.namespace !== null || unknown.length > 0) &&
  text
    .split(/[^a-z0-9@.-]+/)
    .every((word) => word === "" || word === "@cluster" || isOrdinary(word) || word === entities.namespace);

/** What the question does not name itself, it takes over; what it names replaces all of that kind. */
function inherited(before: Entities, own: Entities): Entities {
  const names = own.subject !== null || own.pod !== null || own.node !== null;
  const places = own.clusters.length > 0 || own.everywhere;
  return {
    ...own,
    clusters: places ? own.clusters : before.clusters,
    everywhere: places ? own.everywhere : before.everywhere,
    environment: places ? own.environment : before.environment,
    namespace: own.namespace ?? before.namespace,
    subject: names ? own.subject : before.subject,
    pod: names ? own.pod : before.pod,
    node: names ? own.node : before.node,
    severity: own.severity ?? before.severity,
    range: own.range ?? before.range,
    query: own.query ?? before.query,
    traceId: own.traceId ?? null,
    alertName: own.alertName ?? (names ? null : before.alertName),
    alertId: own.alertId,
    minDurationMs: own.minDurationMs,
  };
}
