import { CronExpressionParser } from "cron-parser";

const LEAST_MINUTES = 15;
/** Five fields of numbers, names, lists, ranges and steps: no seconds, and nothing that is drawn by lot. */
const FIELDS = /^[\d*,/A-Za-z#?-]+(\s+[\d*,/A-Za-z#?-]+){4}$/;
const BY_LOT = /(^|[\s,])H/;

/** What is wrong with when a schedule is to run, or null. */
export function cronProblem(cron: string, timeZone: string): { field: "cron" | "timeZone"; message: string } | null {
  if (!isTimeZone(timeZone)) return { field: "timeZone", message: "must be a time zone such as UTC or Europe/Berlin" };
  const field = "cron";
  if (!FIELDS.test(cron.trim()) || BY_LOT.test(cron)) {
    return {
      field,
      message: "must be five fields: minute, hour, day of the month, month, day of the week, such as 0 7 * * MON",
    };
  }
  try {
    const expression = CronExpressionParser.parse(cron, { tz: timeZone });
    const { minute, hour } = expression.fields;
    if (isTooOften(minute.values.map(Number), hour.values.map(Number))) {
      return { field, message: `must not be more often than every ${LEAST_MINUTES} minutes` };
    }
    expression.next();
    return null;
  } catch {
    return { field, message: "must be a time that comes, in the syntax of cron: minute, hour, day, month, weekday" };
  }
}

/** The first time after. @throws for what `cronProblem` finds wrong */
export const nextRun = (cron: string, timeZone: string, after: Date): Date =>
  CronExpressionParser.parse(cron, { tz: timeZone, currentDate: after }).next().toDate();

function isTooOften(minutes: readonly number[], hours: readonly number[]): boolean {
  const sorted = minutes.toSorted((a, b) => a - b);
  const gaps = sorted.slice(1).map((minute, index) => minute - (sorted[index] ?? 0));
  if (gaps.some((gap) => gap < LEAST_MINUTES)) return true;
  // From the last of an hour to the first of the next.
  const over = 60 - (sorted.at(-1) ?? 0) + (sorted[0] ?? 0);
  return over < LEAST_MINUTES && hours.some((hour) => hours.includes((hour + 1) % 24));
}

function isTimeZone(timeZone: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone }).resolvedOptions().timeZone.length > 0;
  } catch {
    return false;
  }
}
