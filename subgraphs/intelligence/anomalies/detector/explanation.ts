import type { LastingChange } from "./lasting-change.ts";
import type { Witness } from "./rarity.ts";
import type { StatisticName } from "./statistics.ts";

/** Nobody can tell from some weeks of points what is rarer. */
const RAREST = 6;
/** A second statistic is named from here on: one point in ten is as rare. */
const WORTH_NAMING = 1;

const plain = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });
const compact = new Intl.NumberFormat("en", { maximumSignificantDigits: 4, notation: "compact" });
const rough = new Intl.NumberFormat("en", { maximumSignificantDigits: 2 });
const say = (value: number): string => (Math.abs(value) < 1e6 ? plain : compact).format(value);

const sayTime = (time: number): string => `${new Date(time * 1000).toISOString().slice(0, 16).replace("T", " ")} UTC`;
const sayRarity = (score: number): string => `rarer than 1 in ${rough.format(10 ** Math.min(RAREST, score))} points`;

const ALSO: Record<StatisticName, string> = {
  season: "and so for this time of day",
  level: "and so for its usual level",
  range: "and beyond the range of its past",
  dispersion: "and hard to forecast of late",
  shift: "and its short-run mean has moved",
  model: "and unlike the shapes learned from it",
};

/** What a point is told by, with what is expected at the threshold. */
export interface Grounds {
  actual: number;
  low: number;
  high: number;
  /** The statistic's distance at the threshold. */
  reach: number;
  since: number;
  score: number;
  first: Witness;
  second: Witness;
}

const SAYS: Record<StatisticName, (grounds: Grounds) => string> = {
  season: (grounds) => `${sideOf(grounds)} what is usual at this time of day${expectedOf(grounds)}`,
  level: (grounds) => `${sideOf(grounds)} the usual level of this series${expectedOf(grounds)}`,
  range: (grounds) => `${sideOf(grounds)} the range of its past${expectedOf(grounds)}`,
  dispersion: ({ first, reach }) =>
    `The last values miss their forecast by ${say(first.subject)}, where up to ${say(reach)} is usual`,
  shift: ({ first, low, high }) =>
    `The short-run mean is ${say(first.subject)}, away from the long-run mean of ${say(first.low)} (expected ${say(low)} to ${say(high)})`,
  model: ({ first, reach }) =>
    `The last values are ${say(first.subject)} spreads away from any shape learned from this series, where up to ${say(reach)} is usual`,
};

function sideOf({ actual, low, high }: Grounds): string {
  const side = actual > high ? "above" : actual < low ? "below" : "away from";
  return `${say(actual)} is ${side}`;
}
const expectedOf = ({ low, high }: Grounds): string => ` (expected ${say(low)} to ${say(high)})`;

/** "97.2 is above the usual level of this series (expected 12 to 70), and so by the time of day; rarer than 1 in 1,900 points ..." */
export function explain(grounds: Grounds): string {
  const { first, second, score, since } = grounds;
  const also = second.rarity >= WORTH_NAMING ? `, ${ALSO[second.name]}` : "";
  return `${SAYS[first.name](grounds)}${also}; ${sayRarity(score)}, since ${sayTime(since)}.`;
}

export const explainChange = ({ before, after }: LastingChange, since: number, score: number): string =>
  `The level changed from ${say(before)} to ${say(after)} and has stayed there; ${sayRarity(score)}, since ${sayTime(since)}.`;

export function explainBreach(actual: number, bound: number, since: number): string {
  const side = actual > bound ? "above" : "below";
  return `${say(actual)} is ${side} the bound of ${say(bound)} that was given, since ${sayTime(since)}.`;
}
