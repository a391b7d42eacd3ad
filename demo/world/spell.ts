const DAY = 86_400;
const SETTLED = 6 * 3600;

/** A time during which something holds: asked for a unix second, when the spell around it began; undefined outside. */
export type Spell = (t: number) => number | undefined;

/** All the time. Seen as begun early on the day, so that it has lasted hours at any time without reaching back for ever. */
export const always: Spell = (t) => Math.floor((t - SETTLED) / DAY) * DAY;

export interface Recurrence {
  readonly period: number;
  readonly start: number;
  readonly length: number;
}

/** For `length` of every `period` seconds, beginning `start` seconds after a multiple of the period. */
export function recurring({ period, start, length }: Recurrence): Spell {
  return (t) => {
    const since = (((t - start) % period) + period) % period;
    return since < length ? t - since : undefined;
  };
}

/** Begins anew every `seconds`, so that it never lasts longer. */
export const blinking =
  (seconds: number): Spell =>
  (t) =>
    Math.floor(t / seconds) * seconds;

/** Once `begin`, the start of a life such as a pod's, is `seconds` old. */
export const agedBy =
  (seconds: number, begin: (t: number) => number): Spell =>
  (t) => {
    const since = begin(t) + seconds;
    return t >= since ? since : undefined;
  };
