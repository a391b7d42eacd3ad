const MOST_LEVELS = 32;
const REST_SHARE = 0.05;
const LEAST_REST = 50;

/**
 * Which rare points are told: after one, the same is not told again for a while, unless it is ten times as rare. The while is a
 * share of what has been seen: who has watched for a day can't tell what is new this week.
 */
export class Alarms {
  readonly #threshold: number;
  /** By whole decades above the threshold: when something as rare or rarer was told. */
  readonly #toldAt = new Float64Array(MOST_LEVELS).fill(Number.NEGATIVE_INFINITY);

  constructor(threshold: number) {
    this.#threshold = threshold;
  }

  /** `seen`: how many points there have been, this one among them. */
  tells(score: number, seen: number): boolean {
    if (!(score >= this.#threshold)) return false;
    const level = Math.min(MOST_LEVELS - 1, Math.floor(score - this.#threshold));
    const rest = Math.max(LEAST_REST, REST_SHARE * seen);
    if (seen - (this.#toldAt[level] ?? 0) <= rest) return false;
    this.#toldAt.fill(seen, 0, level + 1);
    return true;
  }
}
