import { SeasonalMedian } from "./seasonal-median.ts";

const DAY = { seconds: 86_400, bins: 288, keeps: 14, around: 1, least: 3 };
const WEEK = { seconds: 7 * DAY.seconds, bins: 336, keeps: 8, around: 0, least: 2 };

/** What is usual at this time: of the day, or of the week where that was nearer during the last day. */
export class Season {
  readonly #day: SeasonalMedian;
  readonly #week: SeasonalMedian;
  readonly #decay: number;
  /** How much farther off the day was. */
  #lead = 0;

  constructor(stepSeconds: number) {
    this.#day = new SeasonalMedian(stepSeconds, DAY);
    this.#week = new SeasonalMedian(stepSeconds, WEEK);
    const halfLife = Math.max(1, Math.min(DAY.bins, DAY.seconds / stepSeconds));
    this.#decay = 0.5 ** (1 / halfLife);
  }

  /** Null where too little is known. Then the value is known, too. */
  step(time: number, value: number): number | null {
    const [day, week] = [this.#day.at(time), this.#week.at(time)];
    const usual = day !== null && week !== null && this.#lead > 0 ? week : day;
    if (day !== null && week !== null) {
      const lead = Math.abs(value - day) - Math.abs(value - week);
      this.#lead = lead + this.#decay * (this.#lead - lead);
    }
    this.#day.add(time, value);
    this.#week.add(time, value);
    return usual;
  }
}
