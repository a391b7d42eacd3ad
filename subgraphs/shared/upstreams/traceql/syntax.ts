import { parser } from "@grafana/lezer-traceql";
import type { SyntaxProblem } from "../promql/syntax.ts";

/** A query travels in a URL, where a character may take several. */
const MAX_LENGTH = 4096;

/** What Tempo understands and its editor's grammar does not. */
const UNKNOWN_TO_GRAMMAR = new RegExp(
  [
    /\/\/[^\n]*|\/\*[\s\S]*?\*\/|`[^`]*`/,
    /(?<text>"(?:\\(?:[abfnrtv\\"]|x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|[0-7]{3})|[^"\\\n])*")/,
    /(?<duration>(?<![\w.])(?:\d[\d.]*(?:ns|us|µs|ms|[smhdwy]))+(?!\w))/,
    /(?<number>(?<![\w.])\d[\d.]*[eE][+-]?\d+(?!\w)|(?<![\w.:])(?:minInt|maxInt)(?![\w.:]))/,
    /(?<intrinsic>(?<![\w.:])(?:nestedSet(?:Left|Right|Parent)|span:childCount)(?![\w.:]))/,
    /(?<letter>[\u0080-\uffff])/,
  ]
    .map(({ source }) => source)
    .join("|"),
  "g",
);

/** Several hints, and hints of metrics. */
const HINTS = /(?<=[)}\s])with\s*\(\s*\w+\s*=\s*[\w."-]+(?:\s*,\s*\w+\s*=\s*[\w."-]+)*\s*\)\s*$/;

interface Known {
  /** As long as the query, so that places are the same. */
  body: string;
  hasHints: boolean;
}

/** The query with something that the grammar knows wherever it would refuse what Tempo takes. */
export function forGrammar(query: string): Known {
  const known = query.replaceAll(UNKNOWN_TO_GRAMMAR, (found, ...rest) => {
    const { text, duration, number, intrinsic, letter } = rest.at(-1) as Record<string, string | undefined>;
    if (text) return `"${"x".repeat(found.length - 2)}"`;
    const same = (duration && "1s") || (number && "1") || (intrinsic && "duration") || (letter && "x");
    return same ? same.padEnd(found.length) : found;
  });
  const hints = HINTS.exec(known);
  return { body: hints ? known.slice(0, hints.index).padEnd(known.length) : known, hasHints: hints !== null };
}

/** The first syntax problem of a TraceQL query, or null. By the grammar of Tempo's editor: types are left to the server. */
export function traceqlProblem(query: string): SyntaxProblem | null {
  if (query.trim() === "") return { position: 0, message: "the query is empty" };
  if (query.length > MAX_LENGTH) return { position: MAX_LENGTH, message: `longer than ${MAX_LENGTH} characters` };
  const { body } = forGrammar(query);
  let position: number | undefined;
  parser.parse(body).iterate({
    enter: ({ type, from, to }) => {
      // An editor fills in variables, and lets a string go over lines.
      const isForEditors =
        type.name === "TemplateVariable" || (type.name === "String" && OPEN.test(body.slice(from, to)));
      if (type.isError || isForEditors) position ??= from;
      return position === undefined;
    },
  });
  if (position === undefined) return null;
  const near = query.slice(position, position + 20);
  return {
    position,
    message: near ? `unexpected input at ${position}: ${JSON.stringify(near)}` : `ends too early, at ${position}`,
  };
}

const OPEN = /^"[\s\S]*\n/;

export interface TraceqlTraits {
  /** Answers series, and no traces. */
  isMetrics: boolean;
  hasHints: boolean;
  /** Has a condition on several spans together, or on the trace as a whole. */
  isOfSeveralSpans: boolean;
}

/** Of a query without a syntax problem. */
export function traceqlTraits(query: string): TraceqlTraits {
  const { body, hasHints } = forGrammar(query);
  const traits = { isMetrics: false, hasHints, isOfSeveralSpans: false };
  parser.parse(body).iterate({
    enter: ({ name, node, from }) => {
      if (name.startsWith("Metrics")) traits.isMetrics = true;
      const isField = name === "IntrinsicField" || name === "AttributeField";
      // Not up to its end: what stands in for a field that the grammar does not know may be shorter.
      if (name === "ScalarFilter" || joinsSpans(node) || (isField && OF_TRACE.test(query.slice(from)))) {
        traits.isOfSeveralSpans = true;
      }
    },
  });
  return traits;
}

/** How a field begins that is of more spans than the one that is looked at. */
export const OF_TRACE = /^(?:trace:(?!id)|root|traceDuration|nestedSet|span:childCount|parent\b)/;

/** Two sets of spans and what ties them: nothing, where the grammar leaves an operator out. */
function joinsSpans({ firstChild, lastChild }: { firstChild: Child | null; lastChild: Child | null }): boolean {
  if (!firstChild || !lastChild || firstChild.from === lastChild.from) return false;
  const [first, last] = [firstChild, lastChild].map(({ name }) => name.startsWith("Spanset"));
  return first === true && last === true && !["Pipe", "Or"].includes(firstChild.nextSibling?.name ?? "");
}

interface Child {
  name: string;
  from: number;
  nextSibling: Child | null;
}
