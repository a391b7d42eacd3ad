import { parser as logql } from "@grafana/lezer-logql";
import { parser as traceql } from "@grafana/lezer-traceql";
import { traceqlTraits } from "../../shared/upstreams/traceql/syntax.ts";
import type { ExplainedQuery } from "./promql-words.mapper.ts";

// What a query says, read off its syntax tree: one sentence for each part that means something, in the order they are written.

type Tree = ReturnType<typeof logql.parse>;
type Wording = (text: string) => string;

/** What parts of LogQL mean. What is not here only holds others together. */
const LOGQL: Readonly<Record<string, Wording>> = {
  LineFilter: (text) => `keeps lines that ${lineFilter(text)}`,
  LabelParser: (text) => `reads labels from the line (${text})`,
  JsonExpressionParser: (text) => `reads labels from the line (${text})`,
  LogfmtParser: (text) => `reads labels from the line (${text})`,
  LogfmtExpressionParser: (text) => `reads labels from the line (${text})`,
  LabelFilter: (text) => `keeps lines where ${text}`,
  LineFormatExpr: (text) => `rewrites the line (${text})`,
  LabelFormatExpr: (text) => `renames or rewrites labels (${text})`,
  DropLabelsExpr: (text) => `leaves labels out (${text})`,
  KeepLabelsExpr: (text) => `keeps only these labels (${text})`,
  DecolorizeExpr: () => "takes colours out",
  UnwrapExpr: (text) => `takes a label's number as the sample (${text})`,
};
/** Read as they are, with all they are made of. */
const WHOLE = new Set(["LineFilter", "LabelFilter", "UnwrapExpr"]);

const LINE_FILTERS: readonly (readonly [string, string])[] = [
  ["|=", "contain"],
  ["!=", "do not contain"],
  ["|~", "match"],
  ["!~", "do not match"],
  ["|>", "have the pattern"],
  ["!>", "do not have the pattern"],
];
const lineFilter = (text: string): string => {
  const [sign, words] = LINE_FILTERS.find(([each]) => text.startsWith(each)) ?? ["", "have"];
  return `${words} ${text.slice(sign.length).trim()}`;
};

export function explainedLogql(query: string, kind: "lines" | "samples"): ExplainedQuery {
  const tree = logql.parse(query);
  const selects = textsOf(tree, query, "Selector");
  const steps = [...stepsOf(tree, query, LOGQL, WHOLE), ...computed(tree, query)];
  const selector = selects.join(" ");
  return {
    meaning: `Of the streams ${selects.join(" and ") || "of none"} it ${steps.join("; ") || "takes every line"}`,
    selects,
    answers: kind === "lines" ? "log lines" : "series",
    hints: [
      ...(/=~\s*["`]\.[+*]/.test(selector) && !/[^!=~]=\s*["`]/.test(selector)
        ? ["The selector chooses nearly every stream: name a namespace or an app."]
        : []),
      ...(/^[^|]*\|\s*(?:json|logfmt|regexp|pattern|unpack)/.test(query.replace(/\{[^}]*\}/g, ""))
        ? ['Lines are read before any is left out: a line filter (|= "...") in front makes it faster.']
        : []),
      ...(kind === "samples" && /\[\s*\d+[dwy]/.test(query)
        ? ["A window of a day or more reads all of its lines at each step."]
        : []),
    ],
  };
}

/** What is made of lines, from the inside to the outside: the tree has it the other way round. */
function computed(tree: Tree, query: string): string[] {
  const steps: string[] = [];
  const textOf = (node: { from: number; to: number } | null): string => (node ? query.slice(node.from, node.to) : "");
  tree.iterate({
    enter: ({ name, node }) => {
      const per = [textOf(node.getChild("Number")), textOf(node.getChild("Grouping"))].filter(Boolean).join(" ");
      if (name === "RangeAggregationExpr") {
        const window = textOf(node.getChild("LogRangeExpr")?.getChild("Range") ?? null).slice(1, -1);
        steps.push(`computes ${textOf(node.getChild("RangeOp"))} over ${window || "a window"}${per ? ` ${per}` : ""}`);
      }
      if (name === "VectorAggregationExpr")
        steps.push(`of that ${textOf(node.getChild("VectorOp"))}${per ? ` ${per}` : ""}`);
      if (name === "BinOpExpr") steps.push("puts two sides together by an operator");
    },
  });
  return steps.reverse();
}

const TRACEQL: Readonly<Record<string, Wording>> = {
  SpansetFilter: (text) => `takes spans that meet ${text.replace(/^\{\s*\}$/, "no condition: all of them")}`,
  Desc: () => "of which a span below is taken, as follows",
  Anc: () => "of which a span above is taken, as follows",
  Gt: () => "of which a child is taken, as follows",
  Lt: () => "of which the parent is taken, as follows",
  ScalarFilter: (text) => `keeps traces where ${text}`,
  SelectOperation: (text) => `shows also ${text}`,
  GroupOperation: (text) => `groups them ${text}`,
  CoalesceOperation: () => "puts the groups together again",
  MetricsOperation: (text) => `computes ${text} of them`,
};
const TRACEQL_WHOLE = new Set([
  "SpansetFilter",
  "ScalarFilter",
  "SelectOperation",
  "GroupOperation",
  "MetricsOperation",
]);

/** @param query without a syntax problem */
export function explainedTraceql(query: string): ExplainedQuery {
  const tree = traceql.parse(query);
  const { isMetrics, isOfSeveralSpans } = traceqlTraits(query);
  const selects = textsOf(tree, query, "SpansetFilter");
  const steps = stepsOf(tree, query, TRACEQL, TRACEQL_WHOLE);
  const isVague = selects.some((text) => /^\{\s*\}$/.test(text));
  return {
    meaning: `It ${steps.join("; ") || "takes every span"}`,
    selects,
    answers: isMetrics ? "series (which the graph does not answer: leave out the metrics function)" : "traces",
    hints: [
      ...(isVague ? ["A set of spans without a condition: Tempo reads every block of the range."] : []),
      ...(/(?<![.\w])\.[a-zA-Z]/.test(query)
        ? ['An attribute without a scope is looked for in two places: "resource." or "span." in front is faster.']
        : []),
      ...(/=~/.test(query) ? ["A pattern is tried on every value; = is faster."] : []),
      ...(isOfSeveralSpans
        ? ["It has a condition on several spans: those of a trace that lie in different clusters do not meet it."]
        : []),
    ],
  };
}

function stepsOf(
  tree: Tree,
  query: string,
  words: Readonly<Record<string, Wording>>,
  whole: ReadonlySet<string>,
): string[] {
  const steps: string[] = [];
  tree.iterate({
    enter: ({ name, from, to }) => {
      const wording = words[name];
      if (wording) steps.push(wording(query.slice(from, to).trim()));
      return !whole.has(name);
    },
  });
  return steps;
}

function textsOf(tree: Tree, query: string, name: string): string[] {
  const texts: string[] = [];
  tree.iterate({
    enter: (node) => {
      if (node.name === name) texts.push(query.slice(node.from, node.to));
    },
  });
  return texts;
}
