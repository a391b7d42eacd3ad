import type { Matcher } from "./ast.ts";

export type Labels = Readonly<Record<string, string>>;

/** One stored series. `at` gives the sample of a unix second that lies on the grid; undefined where it has none. */
export interface SourceSeries {
  readonly labels: Labels;
  readonly at: (t: number) => number | undefined;
}

/**
 * What queries read: series whose samples all lie on one time grid; where a sample is missing, the series has ended for the time
 * being. All times in milliseconds; the first and the last sample are on the grid.
 */
export interface SampleSource {
  readonly interval: number;
  readonly first: number;
  readonly last: number;
  readonly select: (matchers: readonly Matcher[]) => readonly SourceSeries[];
}
