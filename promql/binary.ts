import type { BinaryExpr, VectorMatching } from "./ast.ts";
import { execution } from "./errors.ts";
import type { Labels } from "./source.ts";
import {
  type Column,
  dropLabels,
  dropName,
  emptyColumn,
  keepLabels,
  labelsKey,
  mergeSame,
  type Value,
} from "./values.ts";

/** As in C and Go, 1 to whatever power is 1, and -1 to an infinite one too; JavaScript says NaN. */
const power = (base: number, exponent: number): number =>
  base === 1 || (base === -1 && Math.abs(exponent) === Infinity) ? 1 : base ** exponent;

type Arithmetic = (left: number, right: number) => number;
const ARITHMETIC: Readonly<Record<string, Arithmetic>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "%": (a, b) => a % b,
  "^": power,
  atan2: Math.atan2,
};
const COMPARISONS: Readonly<Record<string, (left: number, right: number) => boolean>> = {
  "==": (a, b) => a === b,
  "!=": (a, b) => a !== b,
  ">": (a, b) => a > b,
  "<": (a, b) => a < b,
  ">=": (a, b) => a >= b,
  "<=": (a, b) => a <= b,
};

/** One pair of values: the result, or undefined when a comparison filters it out. */
type Pair = (left: number, right: number) => number | undefined;

function pairOf(expr: BinaryExpr): Pair {
  const compare = COMPARISONS[expr.operator];
  if (compare === undefined) return ARITHMETIC[expr.operator] ?? (() => Number.NaN);
  if (expr.bool) return (a, b) => (compare(a, b) ? 1 : 0);
  return (a, b) => (compare(a, b) ? a : undefined);
}

const keepsName = (expr: BinaryExpr) => COMPARISONS[expr.operator] !== undefined && !expr.bool;

function withScalar(expr: BinaryExpr, columns: readonly Column[], scalar: Float64Array, scalarLeft: boolean): Column[] {
  const pair = pairOf(expr);
  const filters = keepsName(expr);
  const results = columns.map((column) => {
    const result = emptyColumn(filters ? column.labels : dropName(column.labels), scalar.length);
    for (let i = 0; i < scalar.length; i++) {
      if (column.present[i] !== 1) continue;
      const [value, other] = [column.values[i] ?? 0, scalar[i] ?? 0];
      const outcome = scalarLeft ? pair(other, value) : pair(value, other);
      if (outcome === undefined) continue;
      result.present[i] = 1;
      result.values[i] = filters ? value : outcome;
    }
    return result;
  });
  return filters ? results : mergeSame(results);
}

function signature(labels: Labels, matching: VectorMatching): Labels {
  return matching.on ? keepLabels(labels, matching.labels) : dropLabels(labels, ["__name__", ...matching.labels]);
}

function bySignature(columns: readonly Column[], matching: VectorMatching): Map<string, Column[]> {
  const groups = new Map<string, Column[]>();
  for (const column of columns) {
    const key = labelsKey(signature(column.labels, matching));
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [column]);
    else group.push(column);
  }
  return groups;
}

/** and, or, unless: whether a series stays depends on the other side having any with its signature at that step. */
function setOperation(expr: BinaryExpr, left: readonly Column[], right: readonly Column[], count: number): Column[] {
  const filter = (columns: readonly Column[], others: readonly Column[], wanted: boolean) => {
    const groups = bySignature(others, expr.matching);
    return columns.map((column) => {
      const matches = groups.get(labelsKey(signature(column.labels, expr.matching))) ?? [];
      const present = new Uint8Array(count);
      for (let i = 0; i < count; i++) {
        const found = matches.some((other) => other.present[i] === 1);
        present[i] = column.present[i] === 1 && found === wanted ? 1 : 0;
      }
      return { ...column, present };
    });
  };
  if (expr.operator === "and") return filter(left, right, true);
  if (expr.operator === "unless") return filter(left, right, false);
  return mergeSame([...left, ...filter(right, left, false)]);
}

function resultLabels(expr: BinaryExpr, many: Labels, one: Labels): Labels {
  const { matching } = expr;
  const base = keepsName(expr) ? many : dropName(many);
  if (matching.cardinality === "one-to-one") {
    return matching.on ? keepLabels(base, matching.labels) : dropLabels(base, matching.labels);
  }
  return { ...dropLabels(base, matching.include), ...keepLabels(one, matching.include) };
}

function describe(labels: Labels): string {
  const pairs = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${pairs.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(", ")}}`;
}

function requireOne(columns: readonly Column[], step: number, side: string, expr: BinaryExpr): void {
  const [first, second] = columns.filter((column) => column.present[step] === 1);
  if (first === undefined || second === undefined) return;
  const group = describe(signature(first.labels, expr.matching));
  throw execution(
    `found duplicate series for the match group ${group} on the ${side} hand-side of the operation: ` +
      `[${describe(second.labels)}, ${describe(first.labels)}];many-to-many matching not allowed: matching labels must be unique on one side`,
  );
}

function withVector(expr: BinaryExpr, left: readonly Column[], right: readonly Column[], count: number): Column[] {
  const swapped = expr.matching.cardinality === "one-to-many";
  const [many, one] = swapped ? [right, left] : [left, right];
  const pair = pairOf(expr);
  const ones = bySignature(one, expr.matching);
  // Also what nothing matches must be unique, at each step where there is anything to match.
  for (const partners of ones.values()) {
    for (let i = 0; partners.length > 1 && i < count; i++) {
      if (many.some((column) => column.present[i] === 1)) requireOne(partners, i, swapped ? "left" : "right", expr);
    }
  }
  const results = new Map<string, Column>();
  for (const [key, group] of bySignature(many, expr.matching)) {
    const partners = ones.get(key);
    if (partners === undefined) continue;
    const known = new Map<Column, { partner: Column; result: Column }>();
    const resultOf = (column: Column, partner: Column): Column => {
      const last = known.get(column);
      if (last?.partner === partner) return last.result;
      const labels = resultLabels(expr, column.labels, partner.labels);
      const id = labelsKey(labels);
      const result = results.get(id) ?? emptyColumn(labels, count);
      results.set(id, result);
      known.set(column, { partner, result });
      return result;
    };
    for (let i = 0; i < count; i++) {
      const partner = partners.find((column) => column.present[i] === 1);
      if (partner === undefined) continue;
      let matched = 0;
      for (const column of group) {
        if (column.present[i] !== 1) continue;
        const [a, b] = [column.values[i] ?? 0, partner.values[i] ?? 0];
        const outcome = swapped ? pair(b, a) : pair(a, b);
        if (outcome === undefined) continue;
        if (expr.matching.cardinality === "one-to-one" && matched++ > 0) {
          throw execution(
            "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)",
          );
        }
        const result = resultOf(column, partner);
        if (result.present[i] === 1) {
          throw execution("multiple matches for labels: grouping labels must ensure unique matches");
        }
        result.present[i] = 1;
        result.values[i] = outcome;
      }
    }
  }
  return [...results.values()];
}

/** A binary expression whose sides are evaluated. */
export function binary(expr: BinaryExpr, left: Value, right: Value, count: number): Value {
  if (left.kind === "scalar" && right.kind === "scalar") {
    const pair = pairOf(expr);
    return { kind: "scalar", values: left.values.map((value, i) => pair(value, right.values[i] ?? 0) ?? Number.NaN) };
  }
  if (right.kind === "scalar") {
    const columns = left.kind === "vector" ? left.columns : [];
    return { kind: "vector", columns: withScalar(expr, columns, right.values, false) };
  }
  if (left.kind === "scalar") return { kind: "vector", columns: withScalar(expr, right.columns, left.values, true) };
  const combine = expr.matching.cardinality === "many-to-many" ? setOperation : withVector;
  return { kind: "vector", columns: combine(expr, left.columns, right.columns, count) };
}
