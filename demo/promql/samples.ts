import type { MatrixExpr, SelectorExpr } from "./ast.ts";
import { execution } from "./errors.ts";
import type { Labels, SampleSource } from "./source.ts";
import { type Column, emptyColumn, type Steps } from "./values.ts";

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

/** The newest sample of each series at each step, not older than five minutes; `stamp` gives its time instead, in seconds. */
export function instantVector(source: SampleSource, expr: SelectorExpr, steps: Steps, stamp = false): Column[] {
  const series = source.select(expr.matchers);
  bound(series.length * steps.count);
  const times = new Float64Array(steps.count);
  for (let i = 0; i < steps.count; i++) {
    const at = steps.start + i * steps.step - expr.offset;
    const sample = Math.min(Math.floor(at / source.interval) * source.interval, source.last);
    times[i] = sample >= source.first && sample > at - LOOKBACK ? sample : Number.NaN;
  }
  return series.map(({ labels, at }) => {
    const column = emptyColumn(labels, steps.count);
    for (let i = 0; i < steps.count; i++) {
      const time = times[i] ?? Number.NaN;
      if (Number.isNaN(time)) continue;
      column.present[i] = 1;
      if (stamp) column.values[i] = time / 1000;
      else column.values[i] = i > 0 && times[i - 1] === time ? (column.values[i - 1] ?? 0) : at(time / 1000);
    }
    return column;
  });
}

/** The times of all samples that any step's window needs, each once, and the windows over them. Left end open. */
function gridWindows(source: SampleSource, range: number, offset: number, steps: Steps): [Float64Array, Windows] {
  const lo = new Int32Array(steps.count);
  const hi = new Int32Array(steps.count);
  const indexes: number[] = [];
  const firstIndex = Math.ceil(source.first / source.interval);
  const lastIndex = Math.floor(source.last / source.interval);
  for (let i = 0; i < steps.count; i++) {
    const end = steps.start + i * steps.step - offset;
    const from = Math.max(Math.floor((end - range) / source.interval) + 1, firstIndex);
    const to = Math.min(Math.floor(end / source.interval), lastIndex);
    for (let k = Math.max(from, (indexes.at(-1) ?? from - 1) + 1); k <= to; k++) indexes.push(k);
    // Windows only move forward, so a window that is not empty always ends at the newest sample collected.
    if (to >= from) [lo[i], hi[i]] = [indexes.length - (to - from + 1), indexes.length];
  }
  return [Float64Array.from(indexes, (k) => k * source.interval), { lo, hi }];
}

/** The samples behind a range selector, each series' samples computed once however many steps look at them. */
export function rangeVector(source: SampleSource, expr: MatrixExpr, steps: Steps): RangeSeries[] {
  const series = source.select(expr.selector.matchers);
  const [times, windows] = gridWindows(source, expr.range, expr.selector.offset, steps);
  bound(series.length * times.length);
  return series.map(({ labels, at }) => {
    const values = new Float64Array(times.length);
    for (let i = 0; i < times.length; i++) values[i] = at((times[i] ?? 0) / 1000);
    return { labels, times, values, windows };
  });
}

/** The columns of an inner evaluation as the samples of a subquery. */
export function columnRanges(columns: readonly Column[], inner: Steps, range: number, offset: number, steps: Steps) {
  return columns.map((column): RangeSeries => {
    const at: number[] = [];
    for (let i = 0; i < inner.count; i++) if (column.present[i] === 1) at.push(i);
    const times = Float64Array.from(at, (i) => inner.start + i * inner.step);
    const lo = new Int32Array(steps.count);
    const hi = new Int32Array(steps.count);
    for (let i = 0, from = 0, to = 0; i < steps.count; i++) {
      const end = steps.start + i * steps.step - offset;
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
