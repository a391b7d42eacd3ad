import { z } from "zod";
import type { Finding } from "./detector/index.ts";
import { type Told, withoutRepeats } from "./discovery.filter.ts";

/** What a rule remembers of a series, in unix seconds: what it last told, what it was taught, and how long it is to be silent. */
export const SeriesState = z.object({
  told: z.object({ at: z.number(), score: z.number() }).optional(),
  taught: z.object({ at: z.number(), weight: z.number() }).optional(),
  mutedUntil: z.number().optional(),
});
export type SeriesState = z.infer<typeof SeriesState>;

export const SeriesStates = z.record(z.string(), SeriesState);
export type SeriesStates = z.infer<typeof SeriesStates>;

/** From here on an anomaly is recorded. */
export const RECORD_SCORE = 3;
/** Half of what was taught is forgotten after so long. */
const HALF_LIFE_SECONDS = 14 * 86_400;
/** Less is nothing. */
const LEAST_WEIGHT = 0.05;
/** Series that a rule remembers something of, in one cluster. */
const MOST_SERIES = 2000;

/** How much rarer than in other series an anomaly must be, in powers of ten: one for each time that one was marked as expected. */
export function demandedOf({ taught }: SeriesState, now: number): number {
  const weight = taught ? taught.weight * 0.5 ** (Math.max(0, now - taught.at) / HALF_LIFE_SECONDS) : 0;
  return weight < LEAST_WEIGHT ? 0 : weight;
}

export const taughtOnce = (state: SeriesState, now: number): SeriesState => ({
  ...state,
  taught: { at: now, weight: demandedOf(state, now) + 1 },
});

/** What of a series' findings is to be recorded, and what is then remembered. A bound that somebody set asks for no rarity. */
export function worthRecording<F extends Finding>(
  findings: readonly F[],
  state: SeriesState,
  { now, refractory }: { now: number; refractory: number },
): { kept: F[]; state: SeriesState } {
  const least = RECORD_SCORE + demandedOf(state, now);
  const rare = findings.filter(({ kind, score }) => kind === "THRESHOLD_BREACH" || score >= least);
  const kept = withoutRepeats(rare, refractory, state.told);
  const last = kept.at(-1);
  const told: Told | undefined = last && { at: last.time, score: last.score };
  return { kept, state: told ? { ...state, told } : state };
}

/** Whether the rule's events are to tell of it, beside recording it. */
export function isToldAloud(
  { score, kind }: Pick<Finding, "score" | "kind">,
  state: SeriesState,
  { now, notifyScore }: { now: number; notifyScore: number },
): boolean {
  if ((state.mutedUntil ?? 0) > now) return false;
  return kind === "THRESHOLD_BREACH" || score >= notifyScore + demandedOf(state, now);
}

/** Without what means nothing any more; of too many, those with what people said, and then those that told last. */
export function stillMeaning(
  states: SeriesStates,
  { now, refractory }: { now: number; refractory: number },
): SeriesStates {
  const living = Object.entries(states).filter(
    ([, state]) =>
      (state.told && now - state.told.at < refractory) || demandedOf(state, now) > 0 || (state.mutedUntil ?? 0) > now,
  );
  if (living.length <= MOST_SERIES) return Object.fromEntries(living);
  const weight = ({ taught, mutedUntil, told }: SeriesState): number =>
    (taught || mutedUntil ? Number.MAX_SAFE_INTEGER : 0) + (told?.at ?? 0);
  return Object.fromEntries(living.sort(([, a], [, b]) => weight(b) - weight(a)).slice(0, MOST_SERIES));
}
