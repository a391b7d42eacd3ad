import type { Matcher } from "../../promql/ast.ts";

/** Whether a line with these labels stays. */
export type Condition =
  | { readonly is: "text"; readonly matcher: Matcher }
  /** Durations in seconds. */
  | {
      readonly is: "number";
      readonly name: string;
      readonly operator: string;
      readonly value: number;
      readonly duration: boolean;
    }
  | { readonly is: "both" | "either"; readonly left: Condition; readonly right: Condition };

export type Stage =
  /** Any of the tests is enough; the operator's negation is of them all. */
  | { readonly is: "line"; readonly negated: boolean; readonly tests: readonly ((line: string) => boolean)[] }
  /** With expressions, only those labels. */
  | { readonly is: "json" | "logfmt"; readonly only?: Readonly<Record<string, string>> }
  | { readonly is: "condition"; readonly condition: Condition }
  | { readonly is: "line_format"; readonly template: string }
  | { readonly is: "keep" | "drop"; readonly names: readonly string[] };

export interface LogExpr {
  readonly type: "log";
  readonly matchers: readonly Matcher[];
  readonly stages: readonly Stage[];
}

export interface Grouping {
  readonly without: boolean;
  readonly labels: readonly string[];
}

export interface RangeExpr {
  readonly type: "range";
  readonly operator: string;
  readonly log: LogExpr;
  /** Milliseconds. */
  readonly range: number;
  readonly offset: number;
  /** The label whose values are taken, with the stages after that. */
  readonly unwrap?: { readonly label: string; readonly conversion: string; readonly stages: readonly Stage[] };
  readonly parameter?: number;
  readonly grouping?: Grouping;
}

export interface VectorExpr {
  readonly type: "vector";
  readonly operator: string;
  readonly expr: MetricExpr;
  readonly parameter?: number;
  readonly grouping: Grouping;
}

export type MetricExpr =
  | RangeExpr
  | VectorExpr
  | { readonly type: "number"; readonly value: number }
  | { readonly type: "binary"; readonly operator: string; readonly left: MetricExpr; readonly right: MetricExpr };

export type LokiExpr = LogExpr | MetricExpr;

/** A request that Loki would refuse with 400, in its words; what it knows and this does not is refused likewise. */
export class LokiError extends Error {
  override readonly name = "LokiError";
}

export const notSimulated = (what: string): LokiError => new LokiError(`${what} is not simulated`);
