/** Most series are short: there is more room once it is needed. */
const FIRST_ROOM = 256;

/**
 * The last values of a series, with their order kept: quantiles and ranks without sorting again. A value comes in by a binary search
 * and one move of memory, which for some thousand values is faster than any tree.
 */
export class OrderedWindow {
  readonly #capacity: number;
  #ring: Float64Array;
  #sorted: Float64Array;
  #next = 0;
  #size = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#ring = new Float64Array(Math.min(capacity, FIRST_ROOM));
    this.#sorted = new Float64Array(Math.min(capacity, FIRST_ROOM));
  }

  get size(): number {
    return this.#size;
  }

  /** The value of a rank: 0 is the smallest. */
  at(rank: number): number {
    return rank < this.#size ? (this.#sorted[rank] ?? Number.NaN) : Number.NaN;
  }

  add(value: number): void {
    if (this.#size === this.#sorted.length && this.#size < this.#capacity) this.#grow();
    const sorted = this.#sorted;
    if (this.#size === sorted.length) {
      const gone = this.rankOf(this.#ring[this.#next] ?? 0);
      const place = this.rankOf(value);
      // Between the two, all move by one.
      if (place > gone) {
        sorted.copyWithin(gone, gone + 1, place);
        sorted[place - 1] = value;
      } else {
        sorted.copyWithin(place + 1, place, gone);
        sorted[place] = value;
      }
    } else {
      const place = this.rankOf(value);
      sorted.copyWithin(place + 1, place, this.#size);
      sorted[place] = value;
      this.#size += 1;
    }
    this.#ring[this.#next] = value;
    this.#next = (this.#next + 1) % this.#capacity;
  }

  #grow(): void {
    const room = Math.min(this.#capacity, 2 * this.#size);
    const [ring, sorted] = [new Float64Array(room), new Float64Array(room)];
    ring.set(this.#ring);
    sorted.set(this.#sorted);
    this.#ring = ring;
    this.#sorted = sorted;
  }

  /** How many are smaller. */
  rankOf(value: number): number {
    let low = 0;
    let high = this.#size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#sorted[middle] ?? 0) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  quantile(q: number): number {
    const at = (this.#size - 1) * q;
    const low = Math.floor(at);
    const below = this.at(low);
    return low + 1 < this.#size ? below + (this.at(low + 1) - below) * (at - low) : below;
  }
}
