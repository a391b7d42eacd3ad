export type StaticType = "string" | "number" | "duration" | "bool" | "status" | "kind" | "nil";

export interface Static {
  readonly type: StaticType;
  /** Durations in nanoseconds. */
  readonly value: string | number | boolean | null;
}

export interface Field {
  /** `any` for a name that begins with a dot, `intrinsic` for what every span has. */
  readonly scope: string;
  readonly name: string;
}

export type FieldExpr =
  | { readonly is: "static"; readonly static: Static }
  | { readonly is: "field"; readonly field: Field; readonly text: string }
  | { readonly is: "not"; readonly expr: FieldExpr }
  | { readonly is: "binary"; readonly operator: string; readonly left: FieldExpr; readonly right: FieldExpr };

export type SpansetExpr =
  /** Without a condition: all spans. */
  | { readonly is: "filter"; readonly condition?: FieldExpr }
  | { readonly is: "combined"; readonly operator: string; readonly left: SpansetExpr; readonly right: SpansetExpr };

export interface Aggregate {
  readonly name: string;
  /** Absent for count(). */
  readonly field?: FieldExpr;
  readonly text: string;
}

export type Stage =
  | { readonly is: "spanset"; readonly expr: SpansetExpr }
  | { readonly is: "scalar"; readonly aggregate: Aggregate; readonly operator: string; readonly bound: Static }
  | { readonly is: "select"; readonly fields: readonly FieldExpr[] };

export interface TraceQuery {
  readonly spanset: SpansetExpr;
  readonly stages: readonly Stage[];
}

/** A query that Tempo would refuse, in its words. */
export class TraceqlError extends Error {
  override readonly name = "TraceqlError";
}
