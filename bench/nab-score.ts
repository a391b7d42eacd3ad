/** The Numenta Anomaly Benchmark's rule (nab/scorer.py, sweeper.py), over the series given. */

/** A labelled series: the windows are first and last indexes, in order. */
export interface Labelled {
  length: number;
  windows: readonly (readonly [first: number, last: number])[];
}

/** What was told: the index of each alarm. */
export type Alarms = readonly number[];

export interface Score {
  standard: number;
  lowFalsePositives: number;
  lowFalseNegatives: number;
  detected: number;
  windows: number;
  falseAlarms: number;
}

/** What a false alarm and a missed window cost; a window found at once is worth 1. */
const PROFILES = {
  standard: { falseAlarm: 0.11, missed: 1 },
  lowFalsePositives: { falseAlarm: 0.22, missed: 1 },
  lowFalseNegatives: { falseAlarm: 0.11, missed: 2 },
} as const;

const PROBATION_SHARE = 0.15;
const LONGEST_PROBATION = 750;
/** Past three windows' lengths, a false alarm costs all of it. */
const FARTHEST = 3;

/** So long a detector may learn: nothing in it counts. */
export const probationOf = (length: number): number =>
  Math.min(Math.floor(PROBATION_SHARE * length), LONGEST_PROBATION);

/** 1 far before a window's end, 0 at it, -1 far behind. */
export const sigmoid = (position: number): number => (position > FARTHEST ? -1 : 2 / (1 + Math.exp(5 * position)) - 1);

interface Tally {
  windows: number;
  detected: number;
  falseAlarms: number;
  /** Of windows found, by how early: at most 1 each. */
  gained: number;
  /** Of false alarms, by how far behind a window: up to 1 each. */
  lost: number;
}

/** Per profile 100 for each window found at once and no false alarm, and 0 for no alarm at all. */
export function scoreOf(series: readonly Labelled[], alarms: readonly Alarms[]): Score {
  const tallies = series.map((each, index) => tallyOf(each, alarms[index] ?? []));
  const total = (field: keyof Tally): number => tallies.reduce((sum, tally) => sum + tally[field], 0);
  const [windows, detected, gained, lost] = [total("windows"), total("detected"), total("gained"), total("lost")];
  const normalised = ({ falseAlarm, missed }: { falseAlarm: number; missed: number }): number => {
    const raw = gained - falseAlarm * lost - missed * (windows - detected);
    const none = -missed * windows;
    return (100 * (raw - none)) / (windows - none);
  };
  return {
    standard: normalised(PROFILES.standard),
    lowFalsePositives: normalised(PROFILES.lowFalsePositives),
    lowFalseNegatives: normalised(PROFILES.lowFalseNegatives),
    detected,
    windows,
    falseAlarms: total("falseAlarms"),
  };
}

function tallyOf({ length, windows }: Labelled, alarms: Alarms): Tally {
  const probation = probationOf(length);
  // A window that is over before anything counts can't be found.
  const open = windows.filter(([, last]) => last >= probation);
  const counted = alarms.filter((index) => index >= probation);
  const gains = open.flatMap((window) => {
    const first = counted.find((index) => index >= window[0] && index <= window[1]);
    return first === undefined ? [] : [gainOf(window, first)];
  });
  const outside = counted.filter((index) => !windows.some(([first, last]) => index >= first && index <= last));
  return {
    windows: open.length,
    detected: gains.length,
    falseAlarms: outside.length,
    gained: gains.reduce((sum, gain) => sum + gain, 0),
    lost: outside.reduce((sum, index) => sum + lossOf(windows, index), 0),
  };
}

/** The first alarm in a window counts: the earlier, the more. */
const gainOf = ([first, last]: readonly [number, number], index: number): number =>
  sigmoid(-(last - index + 1) / (last - first + 1)) / sigmoid(-1);

/** A false alarm right behind a window is nearly a late one. */
function lossOf(windows: Labelled["windows"], index: number): number {
  const before = windows.findLast(([, last]) => last < index);
  if (!before) return 1;
  const [first, last] = before;
  return -sigmoid((index - last) / (last - first));
}
