import { parser } from "@grafana/lezer-traceql";
import { parseDuration, unquote } from "../../../promql/literals.ts";
import { pattern } from "../../../promql/pattern.ts";
import {
  type Aggregate,
  type FieldExpr,
  type SpansetExpr,
  type Stage,
  type Static,
  type StaticType,
  type TraceQuery,
  TraceqlError,
} from "./ast.ts";

type SyntaxNode = ReturnType<typeof parser.parse>["topNode"];

const STATUSES = new Set(["ok", "error", "unset"]);
const KINDS = new Set(["server", "client", "producer", "consumer", "internal", "unspecified"]);
const INTRINSIC_TYPES: Readonly<Record<string, StaticType>> = {
  duration: "duration",
  "span:duration": "duration",
  "trace:duration": "duration",
  traceDuration: "duration",
  status: "status",
  "span:status": "status",
  kind: "kind",
  "span:kind": "kind",
  statusMessage: "string",
  "span:statusMessage": "string",
  name: "string",
  "span:name": "string",
  rootName: "string",
  "trace:rootName": "string",
  rootServiceName: "string",
  "trace:rootService": "string",
};
const UNITS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, µs: 1e3 };

const children = (node: SyntaxNode): SyntaxNode[] => {
  const found: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) found.push(child);
  return found;
};

function syntaxError(query: string, at: number): TraceqlError {
  const before = query.slice(0, at).split("\n");
  const token = /^\S+/.exec(query.slice(at))?.[0];
  const where = `line ${before.length}, col ${(before.at(-1)?.length ?? 0) + 1}`;
  return new TraceqlError(`parse error at ${where}: syntax error: unexpected ${token ?? "$end"}`);
}

const notSimulated = (what: string) => new TraceqlError(`${what} is not simulated`);

/** Nanoseconds of a duration such as "1.5s" or "1h30m". */
function duration(text: string): number {
  const simple = /^([\d.]+)(ns|us|µs)$/.exec(text);
  if (simple !== null) return Number(simple[1]) * (UNITS[simple[2] ?? ""] ?? 1);
  const fraction = /^(\d+\.\d+)(ms|s|m|h)$/.exec(text);
  if (fraction !== null) return Number(fraction[1]) * (parseDuration(`1${fraction[2]}`) ?? 0) * 1e6;
  return (parseDuration(text) ?? Number.NaN) * 1e6;
}

function staticOf(text: string, type: string | undefined): Static {
  if (type === "String") return { type: "string", value: unquote(text) ?? text };
  if (type === "Duration") return { type: "duration", value: duration(text) };
  if (type === "Integer" || type === "Float") return { type: "number", value: Number(text) };
  if (text === "true" || text === "false") return { type: "bool", value: text === "true" };
  if (STATUSES.has(text)) return { type: "status", value: text };
  return KINDS.has(text) ? { type: "kind", value: text } : { type: "nil", value: null };
}

function typeOf(expr: FieldExpr): StaticType | undefined {
  if (expr.is === "static") return expr.static.type;
  return expr.is === "field" && expr.field.scope === "intrinsic" ? INTRINSIC_TYPES[expr.field.name] : undefined;
}

function binary(operator: string, left: FieldExpr, right: FieldExpr, text: string): FieldExpr {
  const types = [typeOf(left), typeOf(right)];
  const [a, b] = types.map((type) => (type === "duration" ? "number" : type));
  if (a !== undefined && b !== undefined && a !== b && !types.includes("nil")) {
    throw new TraceqlError(`binary operations must operate on the same type: ${text}`);
  }
  if (operator.endsWith("~") && right.is === "static") {
    try {
      pattern(String(right.static.value));
    } catch {
      throw new TraceqlError(`invalid regex: error parsing regexp: ${String(right.static.value)}`);
    }
  }
  return { is: "binary", operator, left, right };
}

class Reader {
  readonly #query: string;

  constructor(query: string) {
    this.#query = query;
  }

  text(node: { from: number; to: number }): string {
    return this.#query.slice(node.from, node.to);
  }

  field(node: SyntaxNode): FieldExpr {
    const parts = children(node);
    const [first, second, third] = parts;
    const text = this.text(node);
    if (first === undefined) throw syntaxError(this.#query, node.from);
    if (node.name === "AttributeField") {
      const identifier = this.text(node.getChild("Identifier") ?? node);
      const name = identifier.startsWith('"') ? (unquote(identifier) ?? identifier) : identifier;
      return { is: "field", field: { scope: text.startsWith(".") ? "any" : (text.split(".")[0] ?? ""), name }, text };
    }
    if (second !== undefined && third !== undefined) {
      return binary(this.text(second), this.field(first), this.field(third), text);
    }
    if (first.name === "IntrinsicField") return { is: "field", field: { scope: "intrinsic", name: text }, text };
    if (first.name === "Static") return { is: "static", static: staticOf(this.text(first), first.firstChild?.name) };
    const inner = this.field(first);
    if (text.startsWith("!")) return { is: "not", expr: inner };
    if (text.startsWith("-") && inner.is === "static") {
      return { is: "static", static: { ...inner.static, value: -Number(inner.static.value) } };
    }
    return inner;
  }

  spanset(node: SyntaxNode): SpansetExpr {
    if (node.name === "SpansetFilter") {
      const condition = node.getChild("FieldExpression");
      return condition === null ? { is: "filter" } : { is: "filter", condition: this.field(condition) };
    }
    const [left, operator, right] = children(node);
    if (left === undefined) throw syntaxError(this.#query, node.from);
    if (operator === undefined || right === undefined) return this.spanset(left);
    if (operator.name === "Pipe") throw notSimulated("a pipeline within an expression");
    return { is: "combined", operator: this.text(operator), left: this.spanset(left), right: this.spanset(right) };
  }

  aggregate(node: SyntaxNode): Aggregate {
    const text = this.text(node);
    const name = /^\w+/.exec(text)?.[0] ?? "";
    const of = node.getChild("FieldExpression");
    return { name, text, ...(of === null ? {} : { field: this.field(of) }) };
  }

  stage(node: SyntaxNode): Stage {
    const only = node.name === "SpansetPipelineExpression" || node.name === "SpansetPipeline" ? node.firstChild : node;
    if (only === null) throw syntaxError(this.#query, node.from);
    if (only !== node && only.nextSibling === null) return this.stage(only);
    switch (node.name) {
      case "ScalarFilter": {
        const [left, operator, right] = children(node);
        const aggregate = left?.getChild("Aggregate");
        const bound = right?.firstChild;
        if (!aggregate || operator === undefined || !bound) throw notSimulated(this.text(node));
        return {
          is: "scalar",
          aggregate: this.aggregate(aggregate),
          operator: this.text(operator),
          bound: staticOf(this.text(bound), bound.name),
        };
      }
      case "SelectOperation": {
        const fields: FieldExpr[] = [];
        node.cursor().iterate((inner) => {
          if (inner.name === "FieldExpression") fields.push(this.field(inner.node));
          return inner.name !== "FieldExpression";
        });
        return { is: "select", fields };
      }
      case "SpansetFilter":
      case "SpansetPipelineExpression":
        return { is: "spanset", expr: this.spanset(node) };
      default:
        throw notSimulated(this.text(node));
    }
  }

  /** A pipeline's parts, the first first. */
  pipeline(node: SyntaxNode): SyntaxNode[] {
    const [left, operator, right] = children(node);
    if (left === undefined || right === undefined || operator?.name !== "Pipe") return [node];
    return [...this.pipeline(left), right];
  }
}

/** Parses a query. Throws a TraceqlError for what Tempo would refuse, and for what is not simulated. */
export function parseTraceql(query: string): TraceQuery {
  const top = parser.parse(query).topNode;
  let error: number | undefined;
  top.cursor().iterate((node) => {
    if (node.type.isError)
      error ??= node.to >= query.trimEnd().length && node.from === node.to ? query.length : node.from;
    return error === undefined;
  });
  if (error !== undefined) throw syntaxError(query, error);
  const root = top.firstChild;
  if (root === null) throw syntaxError(query, 0);
  const reader = new Reader(query);
  const [first, ...stages] = reader.pipeline(root);
  if (first === undefined) throw syntaxError(query, 0);
  return { spanset: reader.spanset(first), stages: stages.map((stage) => reader.stage(stage)) };
}
