import type { AggregateExpr } from "./ast.ts";
import { badData } from "./errors.ts";
import { formatPlain } from "./literals.ts";
import { ascending, quantile, variance } from "./statistics.ts";
import { type Column, dropLabels, emptyColumn, keepLabels, labelsKey } from "./values.ts";

const MOST_INSERTED = 50;

interface Group {
  readonly labels: Column["labels"];
  readonly columns: Column[];
}

function groupsOf(expr: AggregateExpr, columns: readonly Column[]): Group[] {
  const groups = new Map<string, Group>();
  for (const column of columns) {
    const { labels } = column;
    const kept = expr.without ? dropLabels(labels, ["__name__", ...expr.grouping]) : keepLabels(labels, expr.grouping);
    const key = labelsKey(kept);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { labels: kept, columns: [column] });
    else group.columns.push(column);
  }
  return [...groups.values()];
}

type Fold = (sum: number, value: number) => number;
const FOLDS: Readonly<Record<string, Fold>> = {
  sum: (sum, value) => sum + value,
  avg: (sum, value) => sum + value,
  count: (sum) => sum,
  group: () => 1,
  min: (least, value) => (value < least || Number.isNaN(least) ? value : least),
  max: (most, value) => (value > most || Number.isNaN(most) ? value : most),
};

function folded(operator: string, fold: Fold, group: Group, count: number): Column {
  const result = emptyColumn(group.labels, count);
  const seen = new Float64Array(count);
  const first = operator === "group" ? () => 1 : (value: number) => value;
  for (const column of group.columns) {
    for (let i = 0; i < count; i++) {
      if (column.present[i] !== 1) continue;
      const value = column.values[i] ?? 0;
      result.values[i] = seen[i] === 0 ? first(value) : fold(result.values[i] ?? 0, value);
      seen[i] = (seen[i] ?? 0) + 1;
      result.present[i] = 1;
    }
  }
  for (let i = 0; i < count; i++) {
    if (operator === "count") result.values[i] = seen[i] ?? 0;
    if (operator === "avg" && seen[i] !== 0) result.values[i] = (result.values[i] ?? 0) / (seen[i] ?? 1);
  }
  return result;
}

function presentAt(group: Group, step: number): Column[] {
  return group.columns.filter((column) => column.present[step] === 1);
}

function gathered(group: Group, count: number, reduce: (values: number[], step: number) => number): Column {
  const result = emptyColumn(group.labels, count);
  for (let i = 0; i < count; i++) {
    const values = presentAt(group, i).map((column) => column.values[i] ?? 0);
    if (values.length === 0) continue;
    result.present[i] = 1;
    result.values[i] = reduce(values, i);
  }
  return result;
}

/** The first k in an order, without sorting the rest of them. Of equals, those that come first. */
function firstOf<T>(k: number, items: readonly T[], order: (a: T, b: T) => number): T[] {
  if (k > MOST_INSERTED) return items.toSorted(order).slice(0, k);
  const first: T[] = [];
  for (const item of items) {
    let place = first.length;
    for (let last = first[place - 1]; last !== undefined && order(item, last) < 0; last = first[place - 1]) place -= 1;
    if (place >= k) continue;
    first.splice(place, 0, item);
    if (first.length > k) first.pop();
  }
  return first;
}

/** topk and bottomk keep whole series, other ones at other steps. NaN is chosen last. */
function chosen(top: boolean, group: Group, param: Float64Array, count: number): Column[] {
  const kept = new Map<Column, Column>();
  for (let i = 0; i < count; i++) {
    const k = Math.floor(param[i] ?? 0);
    if (!(k >= 1)) continue;
    const order = (a: Column, b: Column) => {
      const [x, y] = [a.values[i] ?? 0, b.values[i] ?? 0];
      if (x > y) return top ? -1 : 1;
      if (x < y) return top ? 1 : -1;
      return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
    };
    for (const column of firstOf(k, presentAt(group, i), order)) {
      const result = kept.get(column) ?? emptyColumn(column.labels, count);
      kept.set(column, result);
      result.present[i] = 1;
      result.values[i] = column.values[i] ?? 0;
    }
  }
  return [...kept.values()];
}

function counted(label: string, group: Group, count: number): Column[] {
  if (!/^[a-zA-Z_]\w*$/.test(label)) throw badData(`invalid label name "${label}" in count_values`);
  const results = new Map<string, Column>();
  for (let i = 0; i < count; i++) {
    for (const column of presentAt(group, i)) {
      const text = formatPlain(column.values[i] ?? 0);
      const result = results.get(text) ?? emptyColumn({ ...group.labels, [label]: text }, count);
      results.set(text, result);
      result.present[i] = 1;
      result.values[i] = (result.values[i] ?? 0) + 1;
    }
  }
  return [...results.values()];
}

/** An aggregation over columns. `param` is the scalar parameter per step, `label` that of count_values. */
export function aggregate(
  expr: AggregateExpr,
  columns: readonly Column[],
  count: number,
  param: Float64Array,
  label: string,
): Column[] {
  const groups = groupsOf(expr, columns);
  const fold = FOLDS[expr.operator];
  if (fold !== undefined) return groups.map((group) => folded(expr.operator, fold, group, count));
  switch (expr.operator) {
    case "topk":
    case "bottomk":
      return groups.flatMap((group) => chosen(expr.operator === "topk", group, param, count));
    case "quantile":
      return groups.map((group) => gathered(group, count, (values, i) => quantile(param[i] ?? Number.NaN, values)));
    case "stddev":
      return groups.map((group) => gathered(group, count, (values) => Math.sqrt(variance(values))));
    case "stdvar":
      return groups.map((group) => gathered(group, count, variance));
    default:
      return groups.flatMap((group) => counted(label, group, count));
  }
}

/** sort and sort_desc: only instant queries show an order. NaN comes last in both. */
export function sorted(columns: readonly Column[], descending: boolean): Column[] {
  const key = (column: Column) => column.values[0] ?? Number.NaN;
  return columns.toSorted((a, b) => {
    const [x, y] = [key(a), key(b)];
    if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
    return descending ? ascending(y, x) : ascending(x, y);
  });
}
