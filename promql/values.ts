import type { Modifiers } from "./ast.ts";
import { execution } from "./errors.ts";
import type { Labels } from "./source.ts";

/** The evaluation times of a query: `count` steps from `start`, all in milliseconds. */
export interface Steps {
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

/** The whole query's first and last step, which `@ start()` and `@ end()` mean in a subquery too. */
export interface Bounds {
  readonly start: number;
  readonly end: number;
}

/** The time, in milliseconds, that a modified expression looks at in each step. */
export function moments({ at, offset }: Modifiers, steps: Steps, bounds: Bounds): (step: number) => number {
  if (at === undefined) return (step) => steps.start + step * steps.step - offset;
  const fixed = (typeof at === "number" ? at : bounds[at]) - offset;
  return () => fixed;
}

/**
 * One series of an intermediate result over all steps. Absence has an array of its own because NaN is a legal value.
 */
export interface Column {
  readonly labels: Labels;
  readonly values: Float64Array;
  readonly present: Uint8Array;
}

export type Value =
  | { readonly kind: "scalar"; readonly values: Float64Array }
  | { readonly kind: "vector"; readonly columns: readonly Column[] };

/** A column without any value yet. */
export function emptyColumn(labels: Labels, count: number): Column {
  return { labels, values: new Float64Array(count), present: new Uint8Array(count) };
}

/** A series without labels that has a value at every step. */
export const everyStep = (values: Float64Array): Column => ({
  labels: {},
  values,
  present: new Uint8Array(values.length).fill(1),
});

/** Two label sets are the same when their keys are. */
export function labelsKey(labels: Labels): string {
  let key = "";
  for (const name of Object.keys(labels).sort()) key += `${name}\xfe${labels[name]}\xff`;
  return key;
}

/** The labels without some of them. */
export function dropLabels(labels: Labels, names: readonly string[]): Labels {
  const rest: Record<string, string> = { ...labels };
  for (const name of names) delete rest[name];
  return rest;
}

/** Only some of the labels, those that are there. */
export function keepLabels(labels: Labels, names: readonly string[]): Labels {
  const kept: Record<string, string> = {};
  for (const name of names) {
    const value = labels[name];
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}

const NAME = ["__name__"];

/** The labels without the metric's name: an operation changed what the value means. */
export function dropName(labels: Labels): Labels {
  return dropLabels(labels, NAME);
}

/**
 * Columns whose labels became the same are one series if they never hold a value at the same step; otherwise the query
 * fails as in Prometheus.
 */
export function mergeSame(columns: readonly Column[]): Column[] {
  const byKey = new Map<string, Column>();
  for (const column of columns) {
    const key = labelsKey(column.labels);
    const known = byKey.get(key);
    if (known === undefined) {
      byKey.set(key, column);
      continue;
    }
    const values = known.values.slice();
    const present = known.present.slice();
    for (let i = 0; i < present.length; i++) {
      if (column.present[i] !== 1) continue;
      if (present[i] === 1) throw execution("vector cannot contain metrics with the same labelset");
      present[i] = 1;
      values[i] = column.values[i] ?? 0;
    }
    byKey.set(key, { labels: known.labels, values, present });
  }
  return [...byKey.values()];
}

/** Each present value through a function, which may leave it out; the name goes. */
export function mapColumns(
  columns: readonly Column[],
  change: (value: number, step: number) => number | undefined,
): Column[] {
  return mergeSame(
    columns.map((column) => {
      const result = emptyColumn(dropName(column.labels), column.values.length);
      for (let i = 0; i < result.values.length; i++) {
        const value = column.present[i] === 1 ? change(column.values[i] ?? 0, i) : undefined;
        if (value === undefined) continue;
        result.values[i] = value;
        result.present[i] = 1;
      }
      return result;
    }),
  );
}
