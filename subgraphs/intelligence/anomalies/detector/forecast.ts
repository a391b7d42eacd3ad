import { Season } from "./season.ts";

const EXPERTS = 5;
const [FAST, SLOW, TREND] = [0.3, 0.05, 0.05];
const HALF_LIFE_POINTS = 144;
const DECAY = 0.5 ** (1 / HALF_LIFE_POINTS);

/**
 * The next value, by whichever simple forecast was nearest of late: the last value, a fast and a slow mean, a line (Holt), and what
 * is usual at this time.
 */
export class Forecast {
  readonly #season: Season;
  readonly #next = new Float64Array(EXPERTS);
  readonly #errors = new Float64Array(EXPERTS);
  #fresh = true;
  #last = 0;
  #fast = 0;
  #slow = 0;
  #level = 0;
  #slope = 0;

  constructor(stepSeconds: number) {
    this.#season = new Season(stepSeconds);
  }

  /** What is expected before the value is known, which it is then. Season: at this time, null where no day is known yet. */
  step(time: number, value: number): { next: number; season: number | null } {
    if (this.#fresh) this.#start(value);
    const season = this.#season.step(time, value);
    this.#next.set([this.#last, this.#fast, this.#slow, this.#level + this.#slope, season ?? this.#slow]);
    const next = this.#next[this.#best()] ?? value;
    this.#learn(value);
    return { next, season };
  }

  #start(value: number): void {
    this.#fresh = false;
    this.#last = this.#fast = this.#slow = this.#level = value;
  }

  #best(): number {
    let best = 0;
    for (let expert = 1; expert < EXPERTS; expert += 1) {
      if ((this.#errors[expert] ?? 0) < (this.#errors[best] ?? 0)) best = expert;
    }
    return best;
  }

  #learn(value: number): void {
    for (let expert = 0; expert < EXPERTS; expert += 1) {
      const error = Math.abs(value - (this.#next[expert] ?? value));
      this.#errors[expert] = error + DECAY * ((this.#errors[expert] ?? error) - error);
    }
    const before = this.#level;
    this.#level = FAST * value + (1 - FAST) * (this.#level + this.#slope);
    this.#slope += TREND * (this.#level - before - this.#slope);
    this.#last = value;
    this.#fast += FAST * (value - this.#fast);
    this.#slow += SLOW * (value - this.#slow);
  }
}
