/** Unix nanoseconds: beyond what a number holds exactly, so a decimal text or a bigint, and never a number. */

const NANOS_PER_MILLI = 1_000_000n;

/** Below, equal or above zero. For texts as servers write them: without a sign, and without leading zeros. */
export function compareNanos(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

export const nanosOf = (time: Date): bigint => BigInt(time.getTime()) * NANOS_PER_MILLI;

/** Of unix seconds, to the millisecond. */
export const nanosOfSeconds = (seconds: number): bigint => BigInt(Math.round(seconds * 1000)) * NANOS_PER_MILLI;

/** To the millisecond, rounded down. */
export const dateOfNanos = (nanos: string): Date => new Date(Number(BigInt(nanos) / NANOS_PER_MILLI));
