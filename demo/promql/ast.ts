export type MatchOperator = "=" | "!=" | "=~" | "!~";

export interface Matcher {
  readonly name: string;
  readonly operator: MatchOperator;
  readonly value: string;
  /** Whether a label's value ("" when the series lacks it) satisfies the matcher. */
  readonly matches: (value: string) => boolean;
}

export interface SelectorExpr {
  readonly type: "selector";
  readonly matchers: readonly Matcher[];
  /** Milliseconds into the past; negative looks ahead. */
  readonly offset: number;
  readonly from: number;
}

export interface MatrixExpr {
  readonly type: "matrix";
  readonly selector: SelectorExpr;
  readonly range: number;
}

export interface SubqueryExpr {
  readonly type: "subquery";
  readonly expr: Expr;
  readonly range: number;
  /** Absent: the default evaluation interval. */
  readonly step?: number;
  readonly offset: number;
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

export type Expr =
  | { readonly type: "number"; readonly value: number }
  | { readonly type: "string"; readonly value: string }
  | SelectorExpr
  | MatrixExpr
  | SubqueryExpr
  | CallExpr
  | AggregateExpr
  | BinaryExpr
  | NegateExpr;

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
      return "instant vector";
  }
}
