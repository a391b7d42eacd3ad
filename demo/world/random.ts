/** Integer hashing instead of a stateful generator: a value for (seed, index) must not depend on what was asked before. */
export function mix(seed: number, index: number): number {
  let h = Math.imul(index ^ 0x9e3779b9, 0x85ebca6b) ^ seed;
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A 32-bit hash of a text, for turning names into seeds. */
export function hashText(text: string, seed = 0): number {
  let h = 0x811c9dc5 ^ seed;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return mix(h >>> 0, text.length);
}

/** A number in [0, 1) for (seed, index). */
export function unit(seed: number, index: number): number {
  return mix(seed, index) / 4294967296;
}

/** A number in [low, high) named by a text, e.g. `between(seed, "memory", 1, 2)`. */
export function between(seed: number, what: string, low: number, high: number): number {
  return low + (hashText(what, seed) / 4294967296) * (high - low);
}

/** One of the choices, named by a text. */
export function pick<const T>(seed: number, what: string, choices: readonly T[]): T {
  return choices[hashText(what, seed) % choices.length] as T;
}

// The letters Kubernetes itself uses for generated names: no vowels, nothing that reads like another.
const SAFE_LETTERS = "bcdfghjklmnpqrstvwxz2456789";

/** A generated name part like those of Kubernetes, e.g. "7f9xk". */
export function suffix(seed: number, what: string, length: number): string {
  const base = hashText(what, seed);
  let text = "";
  for (let i = 0; i < length; i++) text += SAFE_LETTERS[mix(base, i) % SAFE_LETTERS.length];
  return text;
}

/** `length` hexadecimal digits. */
export function hex(seed: number, what: string, length: number): string {
  const base = hashText(what, seed);
  let text = "";
  for (let i = 0; text.length < length; i++) text += mix(base, i).toString(16).padStart(8, "0");
  return text.slice(0, length);
}

/** A UUID (version 4 in form) that is the same for the same seed and text. */
export function uuid(seed: number, what: string): string {
  const h = hex(seed, what, 32);
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-4${h.slice(13, 16)}-a${h.slice(17, 20)}-${h.slice(20)}`;
}

/** Smooth noise in [-0.5, 0.5]: random heights at the integers, eased between them. */
export function smoothNoise(seed: number, x: number): number {
  const i = Math.floor(x);
  const f = x - i;
  const from = unit(seed, i);
  return from + (unit(seed, i + 1) - from) * f * f * (3 - 2 * f) - 0.5;
}

/** Noise in [-0.5, 0.5] with straight lines between the integers, so that its slope never exceeds 1. */
export function linearNoise(seed: number, x: number): number {
  const i = Math.floor(x);
  const from = unit(seed, i);
  return from + (unit(seed, i + 1) - from) * (x - i) - 0.5;
}
