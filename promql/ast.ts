export type MatchOperator = "=" | "!=" | "=~" | "!~";

export interface Matcher {
  readonly name: string;
  readonly operator: MatchOperator;
  readonly value: string;
  /** Whether a label's value ("" when the series lacks it) satisfies the matcher. */
  readonly matches: (value: string) => boolean;
}

/** What moves the time that is looked at. */
export interface Modifiers {
  /** Milliseconds into the past; negative looks ahead. */
  readonly offset: number;
  /** The `@` modifier: a time in milliseconds, or an end of the whole query. Absent: the step's own time. */
  readonly at?: number | "start" | "end";
}

export interface SelectorExpr extends Modifiers {
  readonly type: "selector";
  readonly matchers: readonly Matcher[];
  readonly from: number;
}

export interface MatrixExpr {
  readonly type: "matrix";
  readonly selector: SelectorExpr;
  readonly range: number;
}

export interface SubqueryExpr extends Modifiers {
  readonly type: "subquery";
  readonly expr: Expr;
  readonly range: number;
  /** Absent: the default evaluation interval. */
  readonly step?: number;
}

export interface CallExpr {
  readonly type: "call";
  readonly name: string;
  readonly args: readonly Expr[];
}

export interface AggregateExpr {
  readonly type: "aggregate";
  readonly operator: string;
  readonly param?: Expr;
  readonly expr: Expr;
  readonly grouping: readonly string[];
  readonly without: boolean;
}

export interface VectorMatching {
  readonly cardinality: "one-to-one" | "many-to-one" | "one-to-many" | "many-to-many";
  readonly on: boolean;
  readonly labels: readonly string[];
  /** The labels of group_left(...) or group_right(...). */
  readonly include: readonly string[];
}

export interface BinaryExpr {
  readonly type: "binary";
  readonly operator: string;
  readonly bool: boolean;
  readonly left: Expr;
  readonly right: Expr;
  readonly matching: VectorMatching;
}

export interface NegateExpr {
  readonly type: "negate";
  readonly expr: Expr;
}

/** An instant vector that is handed to the evaluation, and what it stands for. Never parsed: whoever rewrites an expression puts it there. */
export interface GivenExpr {
  readonly type: "given";
  readonly name: string;
  readonly expr: Expr;
}

export type Expr =
  | { readonly type: "number"; readonly value: number }
  | { readonly type: "string"; readonly value: string }
  | SelectorExpr
  | MatrixExpr
  | SubqueryExpr
  | CallExpr
  | AggregateExpr
  | BinaryExpr
  | NegateExpr
  | GivenExpr;

export type ValueType = "scalar" | "string" | "instant vector" | "range vector";

const SCALAR_FUNCTIONS = new Set(["scalar", "time", "pi"]);

/** The type that Prometheus gives an expression. */
export function valueType(expr: Expr): ValueType {
  switch (expr.type) {
    case "number":
      return "scalar";
    case "string":
      return "string";
    case "matrix":
    case "subquery":
      return "range vector";
    case "negate":
      return valueType(expr.expr);
    case "call":
      return SCALAR_FUNCTIONS.has(expr.name) ? "scalar" : "instant vector";
    case "binary":
      return valueType(expr.left) === "scalar" && valueType(expr.right) === "scalar" ? "scalar" : "instant vector";
    case "selector":
    case "aggregate":
    case "given":
      return "instant vector";
  }
}

/** The expressions that one is made of, from left to right. */
export function partsOf(expr: Expr): readonly Expr[] {
  switch (expr.type) {
    case "matrix":
      return [expr.selector];
    case "call":
      return expr.args;
    case "aggregate":
      return expr.param === undefined ? [expr.expr] : [expr.param, expr.expr];
    case "binary":
      return [expr.left, expr.right];
    case "subquery":
    case "negate":
      return [expr.expr];
    case "number":
    case "string":
    case "selector":
    case "given":
      return [];
  }
}

/** Whether the expression, or anything in it, is one that `test` looks for. */
export const someExpr = (expr: Expr, test: (part: Expr) => boolean): boolean =>
  test(expr) || partsOf(expr).some((part) => someExpr(part, test));
