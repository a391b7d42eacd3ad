/** So many points inside, and going beyond is news again. */
const BACK_POINTS = 5;

/** Tells when a series goes beyond bounds that were given. */
export class Bounds {
  readonly #above: number;
  readonly #below: number;
  #inside = BACK_POINTS;

  constructor({ above, below }: { above?: number; below?: number } = {}) {
    this.#above = above ?? Number.POSITIVE_INFINITY;
    this.#below = below ?? Number.NEGATIVE_INFINITY;
  }

  /** The bound that is broken by this point, if that is news. */
  broken(value: number): number | null {
    const bound = value > this.#above ? this.#above : value < this.#below ? this.#below : null;
    const isNews = this.#inside >= BACK_POINTS;
    this.#inside = bound === null ? this.#inside + 1 : 0;
    return isNews ? bound : null;
  }
}
