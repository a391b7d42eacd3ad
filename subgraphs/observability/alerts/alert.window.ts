import { durationSeconds } from "../../shared/kernel/time-range.ts";

/** From so long before an alert began to so long after; not beyond now. @throws INVALID_DURATION */
export function aroundBegin({ startsAt }: { startsAt: Date }, around: string, now: Date): { start: Date; end: Date } {
  const length = durationSeconds(around, "around") * 1000;
  const end = Math.min(startsAt.getTime() + length, Math.max(now.getTime(), startsAt.getTime()));
  return { start: new Date(startsAt.getTime() - length), end: new Date(end) };
}
