import type { parser } from "@grafana/lezer-logql";
import type { Matcher } from "../../promql/ast.ts";
import { parseDuration } from "../../promql/literals.ts";
import { pattern } from "../../promql/pattern.ts";
import { type Condition, LokiError, notSimulated, type Stage } from "./ast.ts";

export type SyntaxNode = ReturnType<typeof parser.parse>["topNode"];

/** How to read the parts of one query. */
export interface Reader {
  readonly text: (node: SyntaxNode) => string;
  /** The text of a quoted string. */
  readonly literal: (node: SyntaxNode) => string;
  /** Milliseconds. */
  readonly duration: (node: SyntaxNode) => number;
  readonly matcher: (node: SyntaxNode, reader: Reader) => Matcher;
}

/** Whether a line holds what an expression describes. Words to choose from, the usual case, are looked for directly. */
function contains(source: string): (line: string) => boolean {
  const insensitive = source.startsWith("(?i)");
  const bare = insensitive ? source.slice(4) : source;
  if (/^[\w\s/:="-]+(\|[\w\s/:="-]+)*$/.test(bare)) {
    const words = (insensitive ? bare.toLowerCase() : bare).split("|");
    return (line) => {
      const text = insensitive ? line.toLowerCase() : line;
      return words.some((word) => text.includes(word));
    };
  }
  try {
    return pattern(`${insensitive ? "(?i)" : ""}.*(?:${bare}).*`);
  } catch {
    throw new LokiError(`parse error : error parsing regexp: ${source}`);
  }
}

function readLineFilter(node: SyntaxNode, { text, literal }: Reader): Stage {
  const operator = node.getChild("Filter");
  const how = operator === null ? "" : text(operator);
  const test = (value: string) => (how.endsWith("~") ? contains(value) : (line: string) => line.includes(value));
  const tests: ((line: string) => boolean)[] = [];
  node.cursor().iterate((inner) => {
    if (inner.name === "String") tests.push(test(literal(inner.node)));
    return true;
  });
  return { is: "line", negated: how.startsWith("!"), tests };
}

function readNumber(node: SyntaxNode, { text }: Reader): Condition {
  const inner = node.name === "UnitFilter" ? (node.firstChild ?? node) : node;
  const [name, operator, value] = [inner.firstChild, inner.firstChild?.nextSibling, inner.lastChild];
  if (!name || !operator || !value) throw notSimulated(text(node));
  const duration = inner.name === "DurationFilter";
  const amount = duration ? (parseDuration(text(value)) ?? Number.NaN) / 1000 : Number(text(value));
  if (Number.isNaN(amount)) throw notSimulated(text(node));
  return { is: "number", name: text(name), operator: text(operator), value: amount, duration };
}

function readCondition(node: SyntaxNode, reader: Reader): Condition {
  const parts = node.getChildren("LabelFilter");
  const [left, right] = parts;
  if (left !== undefined && right !== undefined) {
    const is = node.getChild("Or") === null ? "both" : "either";
    return { is, left: readCondition(left, reader), right: readCondition(right, reader) };
  }
  if (left !== undefined) return readCondition(left, reader);
  const only = node.firstChild;
  if (only === null) throw notSimulated(reader.text(node));
  if (only.name === "Matcher") return { is: "text", matcher: reader.matcher(only, reader) };
  if (only.name === "NumberFilter" || only.name === "UnitFilter") return readNumber(only, reader);
  throw notSimulated(reader.text(node));
}

function readExtractions(node: SyntaxNode, { text, literal }: Reader): Record<string, string> {
  const only: Record<string, string> = {};
  node.cursor().iterate((inner) => {
    if (inner.name !== "LabelExtractionExpression") return true;
    const [name, path] = [inner.node.getChild("Identifier"), inner.node.getChild("String")];
    if (name !== null) only[text(name)] = path === null ? text(name) : literal(path);
    return false;
  });
  return only;
}

function names(node: SyntaxNode, { text }: Reader): string[] {
  const found: string[] = [];
  node.cursor().iterate((inner) => {
    if (inner.name === "Identifier") found.push(text(inner.node));
    return true;
  });
  return found;
}

/** One stage, of which a syntax node is the heart. */
function readStage(node: SyntaxNode, reader: Reader): Stage {
  switch (node.name) {
    case "LineFilter":
      return readLineFilter(node, reader);
    case "LabelParser":
      if (node.getChild("Json") === null) throw notSimulated(reader.text(node));
      return { is: "json" };
    case "JsonExpressionParser":
      return { is: "json", only: readExtractions(node, reader) };
    case "LogfmtParser":
      return { is: "logfmt" };
    case "LogfmtExpressionParser":
      return { is: "logfmt", only: readExtractions(node, reader) };
    case "LabelFilter":
      return { is: "condition", condition: readCondition(node, reader) };
    case "LineFormatExpr": {
      const template = node.getChild("String");
      return { is: "line_format", template: template === null ? "" : reader.literal(template) };
    }
    case "KeepLabelsExpr":
      return { is: "keep", names: names(node, reader) };
    case "DropLabelsExpr":
      return { is: "drop", names: names(node, reader) };
    case "DecolorizeExpr":
      return { is: "drop", names: [] };
    default:
      throw notSimulated(reader.text(node));
  }
}

/** The stages directly below a node. */
export function stagesOf(node: SyntaxNode, reader: Reader): Stage[] {
  const stages: Stage[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) {
    if (child.name === "Pipe" || child.name.endsWith("UnwrapExpr")) continue;
    // A run of line filters nests: the last one is the outermost's own.
    if (child.name === "LineFilters" || child.name === "PipelineExpr" || child.name === "PipelineStage") {
      stages.push(...stagesOf(child, reader));
    } else stages.push(readStage(child, reader));
  }
  return stages;
}

/** The stages of a log expression, the first first. */
export function readPipeline(node: SyntaxNode, reader: Reader): Stage[] {
  const pipeline = node.getChild("PipelineExpr");
  return pipeline === null ? [] : stagesOf(pipeline, reader);
}
