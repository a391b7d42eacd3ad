import type { AggregateExpr, Expr, GivenExpr, VectorMatching } from "../../../promql/ast.ts";

/** The results of these are aggregated as what they are results of. */
const OF_THEMSELVES = new Set(["sum", "min", "max", "group", "topk", "bottomk"]);
const ONE_TO_ONE: VectorMatching = { cardinality: "one-to-one", on: false, labels: [], include: [] };

/**
 * An aggregation over all clusters from partial ones, which lose the cluster label only here; null where there is no way that is
 * exact, and its argument has to come over.
 * @param partial the aggregation inside a cluster
 * @param leaf what stands for the clusters' answers to an expression
 */
export function recombined(
  expr: AggregateExpr,
  partial: Expr & AggregateExpr,
  leaf: (inside: Expr) => GivenExpr,
): Expr | null {
  const { operator, grouping, without, param } = expr;
  const sumOf = (of: string, labels = grouping): AggregateExpr => ({
    type: "aggregate",
    operator: "sum",
    expr: leaf({ ...partial, operator: of }),
    grouping: labels,
    without,
  });
  if (OF_THEMSELVES.has(operator)) return { ...expr, expr: leaf(partial) };
  if (operator === "count") return sumOf("count");
  if (operator === "count_values" && param?.type === "string") {
    const others = grouping.filter((name) => name !== param.value);
    return sumOf("count_values", without ? others : [...others, param.value]);
  }
  // A mean of means would be wrong wherever clusters differ in size. A quotient has no name that it could be grouped by.
  if (operator !== "avg" || (!without && grouping.includes("__name__"))) return null;
  return {
    type: "binary",
    operator: "/",
    bool: false,
    left: sumOf("sum"),
    right: sumOf("count"),
    matching: ONE_TO_ONE,
  };
}
