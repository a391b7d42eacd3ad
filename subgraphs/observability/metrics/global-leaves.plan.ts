import { type Expr, type GivenExpr, type Matcher, partsOf, type SubqueryExpr, someExpr } from "../../../promql/ast.ts";
import { printExpr, printMatcher } from "../../../promql/print.ts";
import { notGlobal } from "./global-refusal.plan.ts";

/** Matchers on the cluster label: only the clusters whose names they match are asked. */
export type Scope = readonly Matcher[];
/** The subqueries around a part, from the outside: their steps are those at which it is evaluated. */
export type Grid = readonly SubqueryExpr[];

/** What the clusters are asked for an expression over all of them. */
export interface GlobalLeaf {
  /** Its name in the combining expression. */
  readonly name: string;
  /** The text that is sent, which knows nothing of the cluster label. */
  readonly expression: string;
  /** Whether its series are stored ones, or derived from them one by one; else they are aggregates. */
  readonly raw: boolean;
  readonly scope: Scope;
  readonly grid: Grid;
}

/** Equal for scopes that are. */
export const scopeKey = (scope: Scope): string => [...new Set(scope.map(printMatcher))].sort().join();

const isRaw = (expr: Expr): boolean =>
  expr.type === "selector" || (expr.type !== "aggregate" && partsOf(expr).some(isRaw));

/** Whether it looks at the ends of the query: asked at a subquery's steps, these would be others. */
const looksAtEnds = (expr: Expr): boolean =>
  (expr.type === "selector" || expr.type === "subquery") && typeof expr.at === "string";

/** Each is a request to every cluster. */
const MOST_LEAVES = 16;

/** The leaves of one plan. Alike ones are one. */
export class GlobalLeaves {
  readonly all: GlobalLeaf[] = [];
  readonly #names = new Map<string, string>();

  /** What stands for `expr`, given the clusters' answers to `inside`. */
  given(expr: Expr, inside: Expr, scope: Scope, grid: Grid): GivenExpr {
    if (grid.length > 0 && someExpr(inside, looksAtEnds)) {
      throw notGlobal("MODIFIER_IN_SUBQUERY", "start() and end() stand in a subquery over all clusters.");
    }
    const expression = printExpr(inside);
    const steps = grid.map(({ range, step, offset, at }) => [range, step, offset, at]);
    const key = JSON.stringify([expression, scopeKey(scope), steps]);
    const known = this.#names.get(key);
    if (known) return { type: "given", name: known, expr };
    if (this.all.length >= MOST_LEAVES) {
      throw notGlobal("TOO_LARGE", `It would take more than ${MOST_LEAVES} requests to each cluster.`);
    }
    const name = `$${this.all.length + 1}`;
    this.all.push({ name, expression, raw: isRaw(inside), scope, grid });
    this.#names.set(key, name);
    return { type: "given", name, expr };
  }
}
