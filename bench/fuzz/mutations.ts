import { integer, pick, type Random } from "./random.ts";

const INSERTED = [
  "",
  "\u0000",
  "{",
  "}",
  "[",
  "]",
  '"',
  "'",
  ":",
  "&a *a",
  "!!js/function",
  "\n",
  "\t",
  "<<: *a",
  "-",
  "9".repeat(400),
  "\ud800",
  "null",
  "{{",
];

/** The text with some of its characters gone, doubled or replaced. */
export function mutated(original: string, random: Random): string {
  let result = original;
  for (let times = integer(random, 6); times > 0; times -= 1) {
    const at = integer(random, result.length);
    const cut = random() < 0.3 ? integer(random, 40) : 1;
    result = result.slice(0, at) + pick(INSERTED, random) + result.slice(at + cut);
  }
  return result;
}
