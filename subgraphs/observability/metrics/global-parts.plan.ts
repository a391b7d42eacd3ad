import {
  type AggregateExpr,
  type BinaryExpr,
  type CallExpr,
  type Expr,
  type GivenExpr,
  type Matcher,
  type SelectorExpr,
  type SubqueryExpr,
  valueType,
} from "../../../promql/ast.ts";
import { isHarmlessPattern, matcher } from "../../../promql/matchers.ts";
import { NOT_EVALUATED } from "../../../promql/signatures.ts";
import type { ClusterLabel } from "./cluster-label.plan.ts";
import { GlobalLeaves, type Grid, type Scope, scopeKey } from "./global-leaves.plan.ts";
import { notGlobal } from "./global-refusal.plan.ts";
import { recombined } from "./recombination.plan.ts";

/**
 * A part that can be evaluated inside each cluster: its results put side by side, each with its cluster's label, are the results
 * over all. `inside` is its text there, `scope` says which clusters are asked.
 */
interface Local {
  readonly kind: "local";
  readonly expr: Expr;
  readonly inside: Expr;
  readonly scope: Scope;
}

/** The rest. Uniform: a scalar or text, the same wherever it is evaluated. Combined: evaluated here, over what clusters answered. */
type Part = Local | { readonly kind: "uniform" | "combined"; readonly expr: Expr };

const combined = (expr: Expr): Part => ({ kind: "combined", expr });
const insideOf = (part: Part): Expr => (part.kind === "local" ? part.inside : part.expr);
const textOf = (expr: Expr | undefined): string => (expr?.type === "string" ? expr.value : "");
const ANY_SERIES = matcher("__name__", "=~", ".+");

/** Before anybody is asked. */
function requireReadable({ matches, value }: Matcher): void {
  try {
    matches("");
  } catch {
    throw notGlobal("PATTERN", `The pattern ${JSON.stringify(value)} is not read here.`);
  }
}

/** Takes an expression apart into what the clusters evaluate and what is evaluated here. */
export class GlobalPlanner {
  readonly leaves = new GlobalLeaves();
  needsEveryCluster = false;
  readonly #label: ClusterLabel;

  constructor(label: ClusterLabel) {
    this.#label = label;
  }

  /** The combining expression; null where the whole is local, and its only leaf the answer. */
  plan(expr: Expr): Expr | null {
    const part = this.#part(expr, []);
    if (part.kind !== "local") return part.expr;
    this.#leaf(part, part.inside, []);
    return null;
  }

  #part(expr: Expr, grid: Grid): Part {
    switch (expr.type) {
      case "number":
      case "string":
        return { kind: "uniform", expr };
      case "selector":
        return this.#selector(expr);
      case "matrix": {
        const { inside, scope } = this.#selector(expr.selector);
        return { kind: "local", expr, inside: { ...expr, selector: inside }, scope };
      }
      case "subquery":
        return this.#subquery(expr, grid);
      case "negate": {
        const part = this.#part(expr.expr, grid);
        if (part.kind === "local") return { ...part, expr, inside: { ...expr, expr: part.inside } };
        return { ...part, expr: { ...expr, expr: part.expr } };
      }
      case "call":
        return expr.name.startsWith("absent") ? this.#absent(expr, grid) : this.#call(expr, grid);
      case "aggregate":
        return this.#aggregate(expr, grid);
      case "binary":
        return this.#binary(expr, grid);
      case "given":
        return combined(expr);
    }
  }

  #selector(expr: SelectorExpr): Local & { inside: SelectorExpr } {
    const scope = expr.matchers.filter(({ name }) => name === this.#label.name);
    scope.forEach(requireReadable);
    const matchers = expr.matchers
      .filter((each) => !scope.includes(each))
      .map(({ name, operator, value }) => matcher(this.#label.inside(name), operator, value));
    // Without the cluster's name, nothing may be left that says which series.
    const vague = scope.length > 0 && !matchers.some(({ operator, value }) => operator === "=" && value !== "");
    const inside = { ...expr, matchers: vague ? [ANY_SERIES, ...matchers] : matchers };
    return { kind: "local", expr, inside, scope };
  }

  #subquery(expr: SubqueryExpr, grid: Grid): Part {
    const part = this.#part(expr.expr, [...grid, expr]);
    if (part.kind === "local") return { ...part, expr, inside: { ...expr, expr: part.inside } };
    if (expr.step === undefined) throw notGlobal("DEFAULT_SUBQUERY_STEP", "A subquery over all clusters has no step.");
    return combined({ ...expr, expr: part.expr });
  }

  /** That a series is nowhere is worked out from where it is, and so takes an answer from everywhere. */
  #absent(expr: CallExpr, grid: Grid): Part {
    this.needsEveryCluster = true;
    const [part] = expr.args.map((arg) => this.#part(arg, grid));
    if (part?.kind !== "local") return combined({ ...expr, args: part ? [part.expr] : [] });
    const { inside } = part;
    const present: Expr =
      valueType(inside) === "range vector" ? { type: "call", name: "present_over_time", args: [inside] } : inside;
    const group: Expr = { type: "aggregate", operator: "group", expr: present, grouping: [], without: false };
    return combined({ type: "call", name: "absent", args: [this.#leaf(part, group, grid)] });
  }

  #call(expr: CallExpr, grid: Grid): Part {
    const { name } = expr;
    const parts = expr.args.map((arg) => this.#part(arg, grid));
    const vector = parts.find((part) => /vector/.test(valueType(part.expr)));
    if (vector === undefined && valueType(expr) === "scalar") return { kind: "uniform", expr };
    const alone = parts.every((part) => part === vector || part.kind === "uniform");
    const once = name === "scalar" || name.startsWith("sort");
    const args = this.#argsInside(name, parts);
    if (vector?.kind === "local" && alone && !once && args) return { ...vector, expr, inside: { ...expr, args } };
    if (NOT_EVALUATED.has(name)) throw notGlobal("UNSUPPORTED", `${name}() is not evaluated over all clusters.`);
    if (vector?.kind === "local" && valueType(vector.expr) === "range vector") {
      throw notGlobal("RANGE_PARAMETER", `A parameter of ${name}() is known only over all clusters.`);
    }
    if (name === "label_replace" && !isHarmlessPattern(textOf(expr.args[4]))) {
      throw notGlobal("PATTERN", "The pattern of a label_replace() over all clusters is not tried here.");
    }
    return combined({ ...expr, args: parts.map((part) => this.#here(part, grid)) });
  }

  /** Null where a label function touches the cluster label, which is not there inside. */
  #argsInside(name: string, parts: readonly Part[]): Expr[] | null {
    const labels = { label_replace: [1, 3], label_join: parts.map((_, i) => i).filter((i) => i === 1 || i > 2) };
    const places = labels[name as keyof typeof labels] ?? [];
    const args = parts.map(insideOf);
    if (places.some((i) => textOf(args[i]) === this.#label.name)) return null;
    return args.map((arg, i) =>
      arg.type === "string" && places.includes(i) ? { ...arg, value: this.#label.inside(arg.value) } : arg,
    );
  }

  #aggregate(expr: AggregateExpr, grid: Grid): Part {
    const { grouping, without, param } = expr;
    const part = this.#part(expr.expr, grid);
    const parameter = param && this.#part(param, grid);
    const counted = expr.operator === "count_values" ? textOf(param) : "";
    if (part.kind === "local" && parameter?.kind !== "combined" && counted !== this.#label.name) {
      const named = param?.type === "string" ? { ...param, value: this.#label.inside(param.value) } : param;
      const partial: AggregateExpr = {
        ...expr,
        ...(named && { param: named }),
        expr: part.inside,
        grouping: this.#label.listInside(grouping),
      };
      if (without !== grouping.includes(this.#label.name)) return { ...part, expr, inside: partial };
      const whole = recombined(expr, partial, (inside) => this.#leaf(part, inside, grid));
      if (whole) return combined(whole);
    }
    const values = { ...expr, expr: this.#here(part, grid) };
    return combined(parameter ? { ...values, param: this.#here(parameter, grid) } : values);
  }

  #binary(expr: BinaryExpr, grid: Grid): Part {
    const { matching, operator } = expr;
    const [left, right] = [this.#part(expr.left, grid), this.#part(expr.right, grid)];
    if (left.kind === "uniform" && right.kind === "uniform") return { kind: "uniform", expr };
    const locals = [left, right].filter((part) => part.kind === "local");
    const [first, second] = locals;
    const alone = locals.length === 1 && (left.kind === "uniform" || right.kind === "uniform");
    const together = second !== undefined && matching.on === matching.labels.includes(this.#label.name);
    // Series in one side's scope only are in a union, and match nothing. (Where they are ambiguous, one Prometheus would refuse
    // them nevertheless, as it does some series that nothing matches, at some steps.)
    const scoped = !/^(?:or|unless)$/.test(operator) || scopeKey(first?.scope ?? []) === scopeKey(second?.scope ?? []);
    if (first && (alone || (together && scoped))) {
      const { listInside } = this.#label;
      const inside: BinaryExpr = {
        ...expr,
        left: insideOf(left),
        right: insideOf(right),
        matching: { ...matching, labels: listInside(matching.labels), include: listInside(matching.include) },
      };
      return { ...first, expr, inside, scope: [...first.scope, ...(second?.scope ?? [])] };
    }
    return combined({ ...expr, left: this.#here(left, grid), right: this.#here(right, grid) });
  }

  /** The part as it is evaluated here: of a local one, its series over all clusters. */
  #here(part: Part, grid: Grid): Expr {
    return part.kind === "local" ? this.#leaf(part, part.inside, grid) : part.expr;
  }

  #leaf({ expr, scope }: Local, inside: Expr, grid: Grid): GivenExpr {
    return this.leaves.given(expr, inside, scope, grid);
  }
}
