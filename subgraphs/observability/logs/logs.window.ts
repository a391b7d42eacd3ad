import { CodedError } from "../../shared/kernel/errors.ts";
import { nanosOf } from "../../shared/kernel/nano-time.ts";
import type { NanoRange } from "../../shared/upstreams/loki/client.ts";

const HOUR_MS = 3_600_000;

/** As it was asked for; of the last hour, or the hour before its end, where the start is not given. */
export function askedHours(
  { startTime, endTime }: { startTime?: Date | null; endTime?: Date | null },
  now: Date,
): NanoRange {
  const end = endTime ?? now;
  return nanoRange({ start: startTime ?? new Date(end.getTime() - HOUR_MS), end });
}

/** @throws INVALID_TIME_RANGE for one that is empty: its end is not within. */
export function nanoRange({ start, end }: { start: Date; end: Date }): NanoRange {
  if (start.getTime() < end.getTime()) return { start: nanosOf(start), end: nanosOf(end) };
  throw new CodedError("INVALID_TIME_RANGE", "The range's end must be after its start.", {
    field: "endTime",
    rule: "startTime < endTime",
  });
}
