import { Alarms } from "./alarms.ts";
import { Bounds } from "./bounds.ts";
import type { Detector, DetectorOptions, Finding } from "./finding.ts";
import { lastingChange } from "./lasting-change.ts";
import { Rarity } from "./rarity.ts";
import { RecentPoints } from "./recent-points.ts";
import { asTrendChange, breachFinding, type Rare, rareFinding } from "./verdict-finding.ts";

/** What a sensitivity of 0.5 tells: in the benchmark, 2.6 to 3 are as good. 0.1 of sensitivity is a quarter of a decade. */
const DEFAULT_THRESHOLD = 2.8;
const PER_SENSITIVITY = 2.5;
/** What is told began when its score came within this of the threshold. */
const RISING = 1;

export const thresholdOf = (sensitivity: number): number =>
  DEFAULT_THRESHOLD + PER_SENSITIVITY * (0.5 - Math.min(1, Math.max(0, sensitivity)));

export class LiveDetector implements Detector {
  readonly #threshold: number;
  readonly #rarity: Rarity;
  readonly #alarms: Alarms;
  readonly #bounds: Bounds;
  readonly #recent = new RecentPoints();
  #pushed = 0;
  #seen = 0;
  #score = 0;
  #lastTime = Number.NEGATIVE_INFINITY;
  #since: number | null = null;

  constructor(options: DetectorOptions) {
    this.#threshold = thresholdOf(options.sensitivity);
    this.#rarity = new Rarity({ stepSeconds: options.stepSeconds, learns: options.method === "ML_BASED" });
    this.#alarms = new Alarms(this.#threshold);
    this.#bounds = new Bounds(options.bounds);
  }

  get seen(): number {
    return this.#seen;
  }

  get score(): number {
    return this.#score;
  }

  push(time: number, value: number): Finding | null {
    const index = this.#pushed;
    this.#pushed += 1;
    this.#score = 0;
    // A gap, or a point that came again: nothing to learn from.
    if (!Number.isFinite(value) || !(time > this.#lastTime)) return null;
    this.#lastTime = time;
    this.#seen += 1;
    this.#recent.add(time, value);
    const verdict = this.#rarity.judge(time, value);
    this.#score = verdict.score;
    this.#since = verdict.score >= this.#threshold - RISING ? (this.#since ?? time) : null;
    const rare = { index, time, value, since: this.#since ?? time, threshold: this.#threshold, verdict };
    const bound = this.#bounds.broken(value);
    const isTold = this.#alarms.tells(verdict.score, this.#seen);
    if (bound !== null) return breachFinding(rare, bound);
    return isTold ? this.#findingOf(rare) : null;
  }

  #findingOf(rare: Rare): Finding {
    const finding = rareFinding(rare);
    const { values, times } = this.#recent;
    const change = lastingChange(values, values.length - 1);
    return change ? asTrendChange(finding, change, times[change.start] ?? rare.since) : finding;
  }
}
