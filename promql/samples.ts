import type { MatrixExpr, SelectorExpr, SubqueryExpr } from "./ast.ts";
import { execution } from "./errors.ts";
import type { Labels, SampleSource } from "./source.ts";
import { type Bounds, type Column, emptyColumn, moments, type Steps } from "./values.ts";

const LOOKBACK = 5 * 60_000;
const MAX_SAMPLES = 20_000_000;

/** Windows into one array of samples: at step i the samples from lo[i] up to but not including hi[i]. */
export interface Windows {
  readonly lo: Int32Array;
  readonly hi: Int32Array;
}

export interface RangeSeries {
  readonly labels: Labels;
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly windows: Windows;
}

function bound(samples: number): void {
  if (samples > MAX_SAMPLES) {
    throw execution("query processing would load too many samples into memory in query execution");
  }
}

/** What selectors read, and when. */
export interface Reading {
  readonly source: SampleSource;
  readonly steps: Steps;
  readonly bounds: Bounds;
}

/** The newest sample of each series at each step, not older than five minutes; `stamp` gives its time instead, in seconds. */
export function instantVector({ source, steps, bounds }: Reading, expr: SelectorExpr, stamp = false): Column[] {
  const series = source.select(expr.matchers);
  bound(series.length * steps.count);
  const momentOf = moments(expr, steps, bounds);
  const times = new Float64Array(steps.count);
  for (let i = 0; i < steps.count; i++) {
    const at = momentOf(i);
    const sample = Math.min(Math.floor(at / source.interval) * source.interval, source.last);
    times[i] = sample >= source.first && sample > at - LOOKBACK ? sample : Number.NaN;
  }
  return series.map(({ labels, at }) => {
    const column = emptyColumn(labels, steps.count);
    for (let i = 0; i < steps.count; i++) {
      const time = times[i] ?? Number.NaN;
      if (Number.isNaN(time)) continue;
      const again = i > 0 && times[i - 1] === time;
      if (again && column.present[i - 1] !== 1) continue;
      const value = again ? column.values[i - 1] : at(time / 1000);
      if (value === undefined) continue;
      column.present[i] = 1;
      column.values[i] = stamp ? time / 1000 : value;
    }
    return column;
  });
}

/** The times of all samples that any step's window needs, each once, and the windows over them. Left end open. */
function gridWindows(
  source: SampleSource,
  range: number,
  momentOf: (step: number) => number,
  count: number,
): [Float64Array, Windows] {
  const lo = new Int32Array(count);
  const hi = new Int32Array(count);
  const indexes: number[] = [];
  const firstIndex = Math.ceil(source.first / source.interval);
  const lastIndex = Math.floor(source.last / source.interval);
  for (let i = 0; i < count; i++) {
    const end = momentOf(i);
    const from = Math.max(Math.floor((end - range) / source.interval) + 1, firstIndex);
    const to = Math.min(Math.floor(end / source.interval), lastIndex);
    for (let k = Math.max(from, (indexes.at(-1) ?? from - 1) + 1); k <= to; k++) indexes.push(k);
    // Windows never move back, so a window that is not empty always ends at the newest sample collected.
    if (to >= from) [lo[i], hi[i]] = [indexes.length - (to - from + 1), indexes.length];
  }
  return [Float64Array.from(indexes, (k) => k * source.interval), { lo, hi }];
}

/** The samples behind a range selector, each series' samples computed once however many steps look at them. */
export function rangeVector({ source, steps, bounds }: Reading, expr: MatrixExpr): RangeSeries[] {
  const series = source.select(expr.selector.matchers);
  const [times, windows] = gridWindows(source, expr.range, moments(expr.selector, steps, bounds), steps.count);
  bound(series.length * times.length);
  return series.map(({ labels, at }) => {
    const values = new Float64Array(times.length);
    const gaps: number[] = [];
    for (let i = 0; i < times.length; i++) {
      const value = at((times[i] ?? 0) / 1000);
      if (value === undefined) gaps.push(i);
      else values[i] = value;
    }
    return gaps.length === 0
      ? { labels, times, values, windows }
      : withoutGaps({ labels, times, values, windows }, gaps);
  });
}

/** A series without the samples at these positions. */
function withoutGaps({ labels, times, values, windows }: RangeSeries, gaps: readonly number[]): RangeSeries {
  const gone = new Set(gaps);
  // How many samples before each position stay.
  const kept = new Int32Array(times.length + 1);
  for (let i = 0; i < times.length; i++) kept[i + 1] = (kept[i] ?? 0) + (gone.has(i) ? 0 : 1);
  const moved = (positions: Int32Array) => positions.map((position) => kept[position] ?? 0);
  return {
    labels,
    times: times.filter((_, i) => !gone.has(i)),
    values: values.filter((_, i) => !gone.has(i)),
    windows: { lo: moved(windows.lo), hi: moved(windows.hi) },
  };
}

const MAX_SUBQUERY_STEPS = 100_000;

/** The steps at which a subquery evaluates its expression: multiples of its own step, whatever the query's are. */
export function subquerySteps(expr: SubqueryExpr, step: number, steps: Steps, bounds: Bounds): Steps {
  if (step <= 0) throw execution("zero or negative subquery step");
  const momentOf = moments(expr, steps, bounds);
  const start = (Math.floor((momentOf(0) - expr.range) / step) + 1) * step;
  const count = Math.max(0, Math.floor((momentOf(steps.count - 1) - start) / step) + 1);
  if (count > MAX_SUBQUERY_STEPS) throw execution("subquery has too many steps");
  return { start, step, count };
}

/** The columns of an inner evaluation as the samples of a subquery. */
export function columnRanges(
  columns: readonly Column[],
  inner: Steps,
  { range, ...modifiers }: SubqueryExpr,
  steps: Steps,
  bounds: Bounds,
): RangeSeries[] {
  const momentOf = moments(modifiers, steps, bounds);
  return columns.map((column) => {
    const at: number[] = [];
    for (let i = 0; i < inner.count; i++) if (column.present[i] === 1) at.push(i);
    const times = Float64Array.from(at, (i) => inner.start + i * inner.step);
    const lo = new Int32Array(steps.count);
    const hi = new Int32Array(steps.count);
    for (let i = 0, from = 0, to = 0; i < steps.count; i++) {
      const end = momentOf(i);
      while (from < times.length && (times[from] ?? 0) <= end - range) from++;
      while (to < times.length && (times[to] ?? 0) <= end) to++;
      [lo[i], hi[i]] = [from, to];
    }
    return {
      labels: column.labels,
      times,
      values: Float64Array.from(at, (i) => column.values[i] ?? 0),
      windows: { lo, hi },
    };
  });
}
