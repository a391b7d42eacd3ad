import { CodedError } from "../../shared/kernel/errors.ts";
import { type AskedRange, durationSeconds, timeRange } from "../../shared/kernel/time-range.ts";
import type { ReportType } from "./model/report.ts";

const DAY = 86_400;
const RANGE = { least: 300, most: 92 * DAY, rule: "5 minutes to 92 days" };
const KEPT = { least: 3600, most: 365 * DAY, rule: "1h to 365d" };

/** A trend of a day says nothing of the next month. */
const defaultRange = (type: ReportType): string => (type === "CAPACITY_PLAN" ? "7d" : "24h");

/** @throws INVALID_TIME_RANGE, INVALID_DURATION */
export function reportRange(
  type: ReportType,
  asked: AskedRange | null | undefined,
  now: Date,
): { start: Date; end: Date } {
  const { start = null, end = null } = asked ?? {};
  const range = timeRange({ start, end, duration: asked?.duration ?? (start ? null : defaultRange(type)) }, now);
  const seconds = (range.end.getTime() - range.start.getTime()) / 1000;
  if (seconds >= RANGE.least && seconds <= RANGE.most) return range;
  throw new CodedError("INVALID_TIME_RANGE", `A report is over ${RANGE.rule}.`, { field: "range", rule: RANGE.rule });
}

/** How much time the reports of a schedule are over. @throws INVALID_DURATION */
export const scheduledSeconds = (type: ReportType, asked: string | null | undefined): number =>
  between(asked ?? defaultRange(type), "range", RANGE);

/** @throws INVALID_DURATION */
export const keptSeconds = (asked: string): number => between(asked, "expiresIn", KEPT);

function between(text: string, field: string, { least, most, rule }: typeof RANGE): number {
  const seconds = durationSeconds(text, field);
  if (seconds >= least && seconds <= most) return seconds;
  throw new CodedError("INVALID_DURATION", `${field} must be ${rule}.`, { field, rule });
}
