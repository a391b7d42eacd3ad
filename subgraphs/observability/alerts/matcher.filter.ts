import { Prisma } from "../../../prisma/generated/client.ts";
import {
  type Matcher,
  matcherProblem,
  matcherText,
  matchesEmpty,
} from "../../shared/upstreams/alertmanager/matcher.ts";
import { sqlRegex } from "./regex.filter.ts";

/** An index entry has room for as many; what is longer is told apart by the labels themselves. */
const MAX_PAIR = 500;

const key = (name: string): string => name.slice(0, MAX_PAIR);
const pair = (name: string, value: string): string => `${name}=${value}`.slice(0, MAX_PAIR);

/** A label set as the array that matchers find it by: every label as "name" and as "name=value". */
export const labelPairs = (labels: Readonly<Record<string, string>>): string[] =>
  Object.entries(labels).flatMap(([name, value]) => [key(name), pair(name, value)]);

/** Whether an alert (`a`) matches, as Alertmanager has it: a label that is not there is an empty one. */
export function matcherSql(matcher: Matcher): Prisma.Sql {
  const { name, value, isRegex, isEqual } = matcher;
  const label = Prisma.sql`a.labels ->> ${name}::text`;
  const test = isRegex ? Prisma.sql`~ ${sqlRegex(value)}::text` : Prisma.sql`= ${value}::text`;
  const has = isRegex ? key(name) : pair(name, value);
  const matches = matchesEmpty({ ...matcher, isEqual: true })
    ? Prisma.sql`(coalesce(${label}, '') ${test})`
    : Prisma.sql`(a.label_pairs @> ARRAY[${has}]::text[] AND ${label} ${test})`;
  return isEqual ? matches : Prisma.sql`NOT ${matches}`;
}

/** Whether the database can look for it: the Alertmanagers know regular expressions that it does not. */
export function isSearchable(matcher: Matcher): boolean {
  if (matcherProblem(matcherText(matcher)) !== undefined) return false;
  try {
    matcherSql(matcher);
    return true;
  } catch {
    return false;
  }
}

export const matchersSql = (matchers: readonly Matcher[]): Prisma.Sql =>
  matchers.length > 0 ? Prisma.join(matchers.map(matcherSql), " AND ") : Prisma.sql`true`;
