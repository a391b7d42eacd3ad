import { parser } from "@grafana/lezer-logql";
import type { Matcher, MatchOperator } from "../../promql/ast.ts";
import { parseDuration, unquote } from "../../promql/literals.ts";
import { matcher } from "../../promql/matchers.ts";
import {
  type Grouping,
  type LogExpr,
  LokiError,
  type LokiExpr,
  type MetricExpr,
  notSimulated,
  type RangeExpr,
} from "./ast.ts";
import { type Reader, readPipeline, type SyntaxNode, stagesOf } from "./stages.ts";

const MATCH_OPERATORS: Readonly<Record<string, MatchOperator>> = { Eq: "=", Neq: "!=", Re: "=~", Nre: "!~" };
const EMPTY =
  'parse error : queries require at least one regexp or equality matcher that does not have an empty-compatible value. For instance, app=~".*" does not meet this requirement, but app=~".+" will';

const children = (node: SyntaxNode): SyntaxNode[] => {
  const found: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) found.push(child);
  return found;
};

function syntaxError(query: string, at: number, expected: string): LokiError {
  const before = query.slice(0, at).split("\n");
  const token = /^\S+/.exec(query.slice(at))?.[0] ?? "$end";
  const where = `line ${before.length}, col ${(before.at(-1)?.length ?? 0) + 1}`;
  return new LokiError(`parse error at ${where}: syntax error: unexpected ${token}${expected}`);
}

function readMatcher(node: SyntaxNode, { text, literal }: Reader): Matcher {
  const [name, operator, value] = children(node);
  const how = MATCH_OPERATORS[operator?.name ?? ""];
  if (name === undefined || how === undefined || value === undefined) throw notSimulated(text(node));
  return matcher(text(name), how, literal(value));
}

/** The matchers of a selector. */
function readSelector(node: SyntaxNode, reader: Reader): Matcher[] {
  const matchers: Matcher[] = [];
  node.cursor().iterate((inner) => {
    if (inner.name === "Matcher") matchers.push(readMatcher(inner.node, reader));
    return inner.name !== "Matcher";
  });
  if (matchers.every(({ matches }) => matches(""))) throw new LokiError(EMPTY);
  return matchers;
}

function readGrouping(node: SyntaxNode | null, { text }: Reader): Grouping | undefined {
  if (node === null) return undefined;
  const labels: string[] = [];
  node.cursor().iterate((inner) => {
    if (inner.name === "Identifier") labels.push(text(inner.node));
    return true;
  });
  return { without: node.getChild("Without") !== null, labels };
}

function readRange(node: SyntaxNode, reader: Reader): MetricExpr {
  const { text, duration } = reader;
  const log = node.getChild("LogRangeExpr");
  const selector = log?.getChild("Selector");
  const range = log?.getChild("Range")?.getChild("Duration");
  const operator = node.getChild("RangeOp");
  if (!log || !selector || !range || operator === null) throw notSimulated(text(node));
  const offset = log.getChild("OffsetExpr")?.getChild("Duration");
  const parameter = node.getChild("Number");
  const grouping = readGrouping(node.getChild("Grouping"), reader);
  const unwrap = log.getChild("UnwrapExpr");
  return {
    type: "range",
    operator: text(operator),
    log: { type: "log", matchers: readSelector(selector, reader), stages: readPipeline(log, reader) },
    range: duration(range),
    offset: offset ? duration(offset) : 0,
    ...(unwrap === null ? {} : { unwrap: readUnwrap(unwrap, reader) }),
    ...(parameter === null ? {} : { parameter: Number(text(parameter)) }),
    ...(grouping === undefined ? {} : { grouping }),
  };
}

function readUnwrap(node: SyntaxNode, reader: Reader): NonNullable<RangeExpr["unwrap"]> {
  const inner = node.getChild("UnwrapExpr");
  if (inner !== null) {
    const after = readUnwrap(inner, reader);
    return { ...after, stages: [...after.stages, ...stagesOf(node, reader)] };
  }
  const label = node.getChild("Identifier");
  const conversion = node.getChild("ConvOp");
  if (label === null) throw notSimulated(reader.text(node));
  return { label: reader.text(label), conversion: conversion === null ? "" : reader.text(conversion), stages: [] };
}

function readMetric(node: SyntaxNode, reader: Reader): MetricExpr {
  const { text } = reader;
  switch (node.name) {
    case "Expr":
    case "MetricExpr": {
      const inner = children(node).find(({ name }) => name.endsWith("Expr"));
      if (inner === undefined) throw notSimulated(text(node));
      return readMetric(inner, reader);
    }
    case "LiteralExpr":
      return { type: "number", value: Number(text(node)) };
    case "RangeAggregationExpr":
      return readRange(node, reader);
    case "VectorAggregationExpr": {
      const operator = node.getChild("VectorOp");
      const inner = node.getChild("MetricExpr");
      const parameter = node.getChild("Number");
      if (operator === null || inner === null) throw notSimulated(text(node));
      return {
        type: "vector",
        operator: text(operator),
        expr: readMetric(inner, reader),
        grouping: readGrouping(node.getChild("Grouping"), reader) ?? { without: false, labels: [] },
        ...(parameter === null ? {} : { parameter: Number(text(parameter)) }),
      };
    }
    case "BinOpExpr": {
      const [left, operator, , right] = children(node);
      if (left === undefined || operator === undefined || right === undefined) throw notSimulated(text(node));
      const sides = { left: readMetric(left, reader), right: readMetric(right, reader) };
      return { type: "binary", operator: text(operator), ...sides };
    }
    default:
      throw notSimulated(text(node));
  }
}

function readerOf(query: string): Reader {
  const text = (node: SyntaxNode) => query.slice(node.from, node.to);
  return {
    text,
    literal: (node) => unquote(text(node)) ?? text(node),
    duration(node) {
      const milliseconds = parseDuration(text(node));
      if (milliseconds === undefined)
        throw new LokiError(`parse error : not a valid duration string: ${JSON.stringify(text(node))}`);
      return milliseconds;
    },
    matcher: (node, reader) => readMatcher(node, reader),
  };
}

/** Parses a query. Throws a LokiError for what Loki would refuse, and for what is not simulated. */
export function parseLogql(query: string): LokiExpr {
  if (query.trim() === "") throw new LokiError("parse error : syntax error: unexpected $end");
  if (/^\s*\{\s*\}/.test(query)) throw new LokiError(EMPTY);
  const top = parser.parse(query).topNode;
  let error: { at: number; expected: string } | undefined;
  top.cursor().iterate((node) => {
    if (!node.type.isError) return error === undefined;
    const open = node.node.parent?.name === "Selector" && node.from >= query.trimEnd().length;
    error ??= { at: node.from, expected: open ? ", expecting } or ," : "" };
    return false;
  });
  if (error !== undefined) throw syntaxError(query, error.at, error.expected);
  const reader = readerOf(query);
  const root = top.firstChild;
  const log = root?.getChild("LogExpr");
  const selector = log?.getChild("Selector");
  if (root === null) throw syntaxError(query, 0, "");
  if (!log || !selector) return readMetric(root, reader);
  return { type: "log", matchers: readSelector(selector, reader), stages: readPipeline(log, reader) };
}

/** Parses what must be a selector of streams. */
export function parseStreams(query: string): LogExpr["matchers"] {
  const expr = parseLogql(query);
  if (expr.type !== "log" || expr.stages.length > 0) throw new LokiError("only label matchers are supported");
  return expr.matchers;
}
