import { OrderedWindow } from "./ordered-window.ts";

const WARM_UP = 60;
const TAIL_SHARE = 0.03;
const LEAST_TAIL = 10;
const FIT_EVERY = 25;
const HEAVIEST = 0.4;
/** What has been so many times is as rare as it has been. */
const COUNTED = 3;
/** From n points nobody can tell what is rarer than once in 100 n. */
const BEYOND_SEEN = 2;
/** So that sums and ratios stay finite. */
const LARGEST = 1e150;

/**
 * How rare a value of a statistic is among its own past: -log10 of the share of values that are as large. For the largest values the
 * share is that of a generalised Pareto tail (peaks over threshold), which also tells apart what has never been.
 */
export class Tail {
  readonly #past: OrderedWindow;
  #sinceFit = FIT_EVERY;
  #threshold = 0;
  #shape = 0;
  #scale = 0;
  #share = 1;

  constructor(memory: number) {
    this.#past = new OrderedWindow(memory);
  }

  /** The rarity of this value, which is then part of the past. */
  rarity(distance: number): number {
    const value = Math.min(distance, LARGEST);
    const { size } = this.#past;
    const rarity = size < WARM_UP ? 0 : Math.min(this.#ofPast(value), Math.log10(size) + BEYOND_SEEN);
    this.#past.add(value);
    this.#sinceFit += 1;
    return rarity;
  }

  /** The value of a rarity. */
  valueAt(rarity: number): number {
    const over = rarity + Math.log10(this.#share);
    if (this.#scale === 0 || over <= 0) return this.#past.quantile(1 - 10 ** -rarity);
    const survival = over * Math.LN10;
    const excess = this.#shape > 0 ? Math.expm1(this.#shape * survival) / this.#shape : survival;
    return this.#threshold + this.#scale * excess;
  }

  #ofPast(value: number): number {
    if (this.#sinceFit >= FIT_EVERY) this.#fit();
    const past = this.#past;
    const asLarge = past.size - past.rankOf(value);
    const counted = Math.log10((past.size + 1) / (asLarge + 1));
    // Too few different values for a fit: past the largest, the heaviest tail that is thought possible.
    if (this.#scale === 0 && asLarge === 0) return counted + Math.log10(value / past.at(past.size - 1)) / HEAVIEST;
    if (this.#scale === 0 || value <= this.#threshold) return counted;
    const excess = (value - this.#threshold) / this.#scale;
    const survival = this.#shape > 0 ? Math.log1p(this.#shape * excess) / this.#shape : excess;
    const fitted = survival * Math.LOG10E - Math.log10(this.#share);
    // A tail may have a second hump, which no fit has: what is back every day is not rare.
    return asLarge < COUNTED ? fitted : Math.min(fitted, counted);
  }

  /** By probability-weighted moments: in closed form, and steady for few excesses. */
  #fit(): void {
    this.#sinceFit = 0;
    this.#scale = 0;
    const past = this.#past;
    const wanted = Math.max(LEAST_TAIL, Math.ceil(TAIL_SHARE * past.size));
    this.#threshold = past.at(past.size - 1 - wanted);
    let first = past.size - wanted;
    while (first < past.size && past.at(first) <= this.#threshold) first += 1;
    const count = past.size - first;
    if (count < LEAST_TAIL / 2) return;
    let [mean, weighted] = [0, 0];
    for (let index = 0; index < count; index += 1) {
      const excess = past.at(first + index) - this.#threshold;
      mean += excess / count;
      weighted += (excess / count) * (1 - (index + 0.65) / count);
    }
    this.#shape = Math.min(HEAVIEST, Math.max(0, 2 - mean / (mean - 2 * weighted)));
    this.#scale = mean * (1 - this.#shape);
    this.#share = count / past.size;
  }
}
