import type { KnownCluster } from "./known-names.loader.ts";
import { distance, squashed } from "./words.ts";

export interface FoundClusters {
  clusters: KnownCluster[];
  /** What was taken for a cluster although it is not quite its name. */
  guesses: { said: string; meant: string }[];
  /** What must be a cluster's name and is none of those there are, with those it may stand for. */
  unknown: { said: string; like: string[] }[];
  nodes: string[];
  /** The question with "@cluster" in place of their names. */
  rest: string;
}

const WORD = /[a-z0-9]+(?:[-_.][a-z0-9]+)*/g;
const MOST_WORDS = 4;
/** What names of clusters begin with nearly everywhere. */
const BEGINNINGS = ["prod", "production", "stage", "staging", "dev", "test", "qa", "lab", "hub", "edge", "faredge"];
const BEFORE_CLUSTER = /\bclusters? $/;
const BEFORE_PLACE = /\b(?:on|at) $/;
const OTHER_KIND = /\b(?:pods?|nodes?|hosts?|deployment|service|job|app|statefulset) $/;

interface Span {
  from: number;
  to: number;
}

/** Finds clusters in a question by name, display name, part of a name that only one has, or a name with a typo. */
export function findClusters(text: string, known: readonly KnownCluster[]): FoundClusters {
  const words = [...text.matchAll(WORD)].map(({ 0: said, index }) => ({ said, from: index, to: index + said.length }));
  const found: FoundClusters = { clusters: [], guesses: [], unknown: [], nodes: [], rest: text };
  const spans: Span[] = [];
  const take = (cluster: KnownCluster, span: Span): void => {
    if (!found.clusters.includes(cluster)) found.clusters.push(cluster);
    spans.push(span);
  };
  const isTaken = ({ from, to }: Span): boolean => spans.some((span) => from < span.to && to > span.from);
  for (let count = MOST_WORDS; count >= 1; count--) {
    for (let first = 0; first + count <= words.length; first++) {
      const part = words.slice(first, first + count);
      const span = { from: part[0]?.from ?? 0, to: part.at(-1)?.to ?? 0 };
      const key = squashed(part.map(({ said }) => said).join(""));
      const cluster = known.find((each) => keysOf(each).includes(key));
      if (cluster && key.length > 2 && !isTaken(span)) take(cluster, span);
    }
  }
  for (const word of words) {
    if (isTaken(word)) continue;
    const node = known.find(({ name }) => word.said.startsWith(`${name}-`));
    if (node) {
      found.nodes.push(word.said);
      take(node, word);
      continue;
    }
    const before = text.slice(0, word.from);
    const like = candidates(word.said, { before, after: text.slice(word.to) }, known);
    const [only] = like;
    if (only && like.length === 1) {
      if (!found.clusters.includes(only)) found.guesses.push({ said: word.said, meant: only.name });
      take(only, word);
    } else if (isClusterLike(word.said, before, known)) {
      found.unknown.push({ said: word.said, like: like.map(({ name }) => name) });
      spans.push(word);
    }
  }
  found.rest = without(text, spans);
  return found;
}

const keysOf = ({ id, name, displayName }: KnownCluster): string[] =>
  [name, displayName ?? "", id].map(squashed).filter((key) => key !== "");

const digits = (text: string): string => text.replace(/\D/g, "");

/** A name with another number is another cluster's, not a typo. */
function candidates(
  said: string,
  { before, after }: { before: string; after: string },
  known: readonly KnownCluster[],
): KnownCluster[] {
  const key = squashed(said);
  const isNameLike = /[-_]/.test(said) || /[a-z]\d+$/.test(said);
  if (!isNameLike) {
    if (/^ clusters?\b/.test(after)) return known.filter(({ name }) => name.split("-").includes(said));
    // "on hub" is one, where there is one hub; "on prod" is an environment.
    const same = known.filter(({ name }) => name.startsWith(`${said}-`));
    return BEGINNINGS.includes(said) && /\bon (?:the )?$/.test(before) && same.length === 1 ? same : [];
  }
  const parts = known.filter(({ name }) => name.startsWith(`${said}-`) || name.endsWith(`-${said}`));
  if (parts.length > 0) return parts;
  if (key.length < 6) return [];
  const near = known
    .map((cluster) => ({ cluster, far: distance(key, squashed(cluster.name)) }))
    .filter(({ cluster, far }) => far <= (key.length >= 10 ? 2 : 1) && digits(cluster.name) === digits(said));
  const least = Math.min(...near.map(({ far }) => far));
  return near.filter(({ far }) => far === least).map(({ cluster }) => cluster);
}

function isClusterLike(said: string, before: string, known: readonly KnownCluster[]): boolean {
  if (!/^[a-z]+(?:[-_][a-z0-9]+)*[-_]?\d+$/.test(said) || OTHER_KIND.test(before)) return false;
  const [beginning = ""] = said.split(/[-_\d]/);
  return (
    BEFORE_CLUSTER.test(before) ||
    (BEFORE_PLACE.test(before) && said.includes("-")) ||
    BEGINNINGS.includes(beginning) ||
    known.some(({ name }) => name.split("-")[0] === beginning)
  );
}

function without(text: string, spans: readonly Span[]): string {
  let rest = text;
  for (const { from, to } of spans.toSorted((one, other) => other.from - one.from)) {
    rest = `${rest.slice(0, from)}@cluster${rest.slice(to)}`;
  }
  return rest.replace(/@cluster clusters?\b/g, "@cluster");
}
