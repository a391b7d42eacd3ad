import { linearNoise, smoothNoise } from "./random.ts";

const DAY = 86_400;
const TURN = (2 * Math.PI) / DAY;
// Two widths of noise: slow wander, and flicker from scrape to scrape.
const WANDER = 900;
const FLICKER = 60;

/** Extra load for `length` of every `period` seconds, beginning `start` seconds after a multiple of the period. */
export interface Pulse {
  readonly period: number;
  readonly start: number;
  readonly length: number;
  readonly height: number;
}

/**
 * How a quantity moves over time. `swing` (share of the base, daily sine) and `noise` (share of the base) must add up to
 * less than 1, or the integral would not be monotonic.
 */
export interface Rhythm {
  readonly base: number;
  readonly swing: number;
  /** Seconds by which the daily peak is moved from 18:00 UTC. */
  readonly shift: number;
  readonly noise: number;
  readonly seed: number;
  readonly pulse?: Pulse;
}

function inPulse(pulse: Pulse, t: number): boolean {
  const since = (t - pulse.start) % pulse.period;
  return since >= 0 && since < pulse.length;
}

/** Seconds spent inside pulses between 0 and t. */
function pulseSeconds(pulse: Pulse, t: number): number {
  const since = t - pulse.start;
  const whole = Math.floor(since / pulse.period);
  return whole * pulse.length + Math.min(since - whole * pulse.period, pulse.length);
}

/** The level at unix second `t`. */
export function level(rhythm: Rhythm, t: number): number {
  const { base, swing, shift, noise, seed, pulse } = rhythm;
  const wave = swing === 0 ? 0 : -swing * Math.sin(TURN * (t - shift));
  const wobble = noise * (smoothNoise(seed, t / WANDER) + smoothNoise(seed + 1, t / FLICKER));
  const extra = pulse !== undefined && inPulse(pulse, t) ? pulse.height : 0;
  return base * (1 + wave + wobble) + extra;
}

/**
 * The integral of the level from 0 to unix second `t`, in closed form: a counter at any instant costs one evaluation and
 * every process agrees on it. Monotonic, because the noise's slope is bounded by its share of the base.
 */
export function integral(rhythm: Rhythm, t: number): number {
  const { base, swing, shift, noise, seed, pulse } = rhythm;
  const wave = swing === 0 ? 0 : (swing * Math.cos(TURN * (t - shift))) / TURN;
  const wobble = noise * 0.5 * (WANDER * linearNoise(seed, t / WANDER) + FLICKER * linearNoise(seed + 1, t / FLICKER));
  const extra = pulse === undefined ? 0 : pulse.height * pulseSeconds(pulse, t);
  return base * (t + wave + wobble) + extra;
}
