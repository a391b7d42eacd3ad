import { type Distance, MEMORY, type StatisticName, Statistics } from "./statistics.ts";
import { Tail } from "./tail.ts";

/** One statistic's word on a point. */
export interface Witness extends Distance {
  /** -log10 of the share of points that were as far from what was expected. */
  rarity: number;
  tail: Tail;
}

export interface Verdict {
  /** The mean of the two largest rarities: one statistic alone has a freak now and then, two seldom at once. */
  score: number;
  first: Witness;
  second: Witness;
  /** What no value is expected below. */
  floor: number;
}

/** How rare each point of a series is, by statistics that are each measured against their own past. */
export class Rarity {
  readonly #statistics: Statistics;
  readonly #tails = new Map<StatisticName, Tail>();

  constructor(options: { stepSeconds: number; learns: boolean }) {
    this.#statistics = new Statistics(options);
  }

  judge(time: number, value: number): Verdict {
    const witnesses = this.#statistics.look(time, value).map((distance): Witness => {
      const tail = this.#tailOf(distance.name);
      return { ...distance, rarity: tail.rarity(distance.distance), tail };
    });
    const [first, second] = witnesses.sort((a, b) => b.rarity - a.rarity) as [Witness, Witness];
    return { score: (first.rarity + second.rarity) / 2, first, second, floor: this.#statistics.floor };
  }

  #tailOf(name: StatisticName): Tail {
    const tail = this.#tails.get(name) ?? new Tail(MEMORY);
    this.#tails.set(name, tail);
    return tail;
  }
}
