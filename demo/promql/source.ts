import type { Matcher } from "./ast.ts";

export type Labels = Readonly<Record<string, string>>;

/** One stored series. `at` gives the sample of a unix second that lies on the grid. */
export interface SourceSeries {
  readonly labels: Labels;
  readonly at: (t: number) => number;
}

/**
 * What queries read: series whose samples all lie on one time grid without gaps. All times in milliseconds; the first and
 * the last sample are on the grid.
 */
export interface SampleSource {
  readonly interval: number;
  readonly first: number;
  readonly last: number;
  readonly select: (matchers: readonly Matcher[]) => readonly SourceSeries[];
}
