import { labelKey } from "../../shared/kernel/label-key.ts";
import type { Series } from "../../shared/upstreams/prometheus/schema.ts";

/** What one cluster may answer, and what all together. */
export interface AnswerLimits {
  seriesPerCluster: number;
  series: number;
  samples: number;
  /** As JSON, roughly. */
  bytes: number;
}

export interface Cut {
  series: readonly Series[];
  truncated: boolean;
}

/** The first series by their labels, in the order they came in: of equal answers the same, whatever order a server gives them. */
export function cutTo(series: readonly Series[], count: number): Cut {
  if (series.length <= count) return { series, truncated: false };
  const kept = new Set(byLabels(series).slice(0, count));
  return { series: series.filter((each) => kept.has(each)), truncated: true };
}

const byLabels = (series: readonly Series[]): Series[] =>
  series
    .map((each) => ({ each, key: labelKey(each.metric) }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ each }) => each);

type Measure = "series" | "samples" | "bytes";
const MEASURES: readonly Measure[] = ["series", "samples", "bytes"];

type Size = Record<Measure, number>;

interface Share extends Cut {
  /** What the whole answer measures, and what is left of it. */
  whole: Size;
  left: Size;
  /** Its series by their labels; told apart only once some have to go. */
  ordered?: { series: Series; upTo: Size }[];
}

/** Before all have come, this much more than the limits is kept: so that cutting costs little more than once. */
const SLACK = 1.5;

/**
 * What many clusters answer to one question, held within bounds while it comes in. Each may have as much as the others: the small
 * answers stay whole and the largest are cut alike, so that what is left depends on the answers and not on which came first.
 */
export class FairShares {
  readonly #limits: AnswerLimits;
  readonly #shares: Share[] = [];
  /** What is left of all together. */
  #left: Size = { series: 0, samples: 0, bytes: 0 };

  constructor(limits: AnswerLimits) {
    this.#limits = limits;
  }

  /** What is left of this one once all are `settled`. */
  add(series: readonly Series[]): Readonly<Cut> {
    const whole = measured(series);
    const share: Share = { series, truncated: false, whole, left: whole };
    this.#shares.push(share);
    this.#left = sumOf([this.#left, whole]);
    if (MEASURES.some((measure) => this.#left[measure] > SLACK * this.#limits[measure])) this.settle();
    return share;
  }

  /** Cuts what is more than the limits. */
  settle(): void {
    const levels = MEASURES.map((measure) => ({
      measure,
      level: waterLevel(
        this.#shares.map(({ whole }) => whole[measure]),
        this.#limits[measure],
      ),
    }));
    for (const share of this.#shares) cutToLevels(share, levels);
    this.#left = sumOf(this.#shares.map(({ left }) => left));
  }
}

function sumOf(sizes: readonly Size[]): Size {
  const sum = { series: 0, samples: 0, bytes: 0 };
  for (const size of sizes) for (const measure of MEASURES) sum[measure] += size[measure];
  return sum;
}

function cutToLevels(share: Share, levels: readonly { measure: Measure; level: number }[]): void {
  const exceeded = levels.filter(({ measure, level }) => share.whole[measure] > level);
  if (exceeded.length === 0) return;
  share.ordered ??= cumulated(byLabels(share.series));
  const end = share.ordered.findIndex(({ upTo }) => exceeded.some(({ measure, level }) => upTo[measure] > level));
  if (end < 0) return;
  share.ordered.length = end;
  share.left = share.ordered.at(-1)?.upTo ?? { series: 0, samples: 0, bytes: 0 };
  const kept = new Set(share.ordered.map(({ series }) => series));
  share.series = share.series.filter((each) => kept.has(each));
  share.truncated = true;
}

/** The most that each may have, so that all have no more than the budget. */
function waterLevel(sizes: number[], budget: number): number {
  let left = budget;
  for (const [index, size] of sizes.sort((a, b) => a - b).entries()) {
    const level = Math.floor(left / (sizes.length - index));
    if (size > level) return level;
    left -= size;
  }
  return Number.POSITIVE_INFINITY;
}

function cumulated(ordered: readonly Series[]): NonNullable<Share["ordered"]> {
  const sum = { series: 0, samples: 0, bytes: 0 };
  return ordered.map((series) => {
    const own = measured([series]);
    for (const measure of MEASURES) sum[measure] += own[measure];
    return { series, upTo: { ...sum } };
  });
}

/** A sample's time and punctuation, as JSON. */
const SAMPLE_BYTES = 18;

function measured(series: readonly Series[]): Size {
  let samples = 0;
  let bytes = 0;
  for (const { metric, values } of series) {
    samples += values.length;
    bytes += JSON.stringify(metric).length;
    bytes += SAMPLE_BYTES * values.length;
    for (const sample of values) bytes += sample[1].length;
  }
  return { series: series.length, samples, bytes };
}
