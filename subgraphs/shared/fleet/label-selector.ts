import type { Prisma } from "../../../prisma/generated/client.ts";
import { CodedError } from "../kernel/errors.ts";

const KEY = "[A-Za-z0-9](?:[A-Za-z0-9._/-]*[A-Za-z0-9])?";
const VALUE = "(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)?";
const EXISTS = new RegExp(`^(!?)\\s*(${KEY})$`);
const EQUALITY = new RegExp(`^(${KEY})\\s*(==|=|!=)\\s*(${VALUE})$`);
const SET = new RegExp(`^(${KEY})\\s+(in|notin)\\s*\\(([^()]*)\\)$`);
const MAX_LENGTH = 4096;

/** A label set as the array that selectors run on: every label as "key" and as "key=value". */
export const labelPairs = (labels: Readonly<Record<string, string>>): string[] =>
  Object.entries(labels).flatMap(([key, value]) => [key, `${key}=${value}`]);

/**
 * A Kubernetes label selector (`a=b, a!=b, a in (b,c), a notin (b,c), a, !a`) as a filter on `labelPairs`. As in Kubernetes,
 * != and notin also select what lacks the key.
 * @throws INVALID_LABEL_SELECTOR naming the part that is wrong.
 */
export function labelSelectorWhere(selector: string): Prisma.ClusterWhereInput[] {
  if (selector.length > MAX_LENGTH) throw invalid(`longer than ${MAX_LENGTH} characters`);
  return splitRequirements(selector).map(requirementWhere);
}

function requirementWhere(requirement: string): Prisma.ClusterWhereInput {
  const set = SET.exec(requirement);
  if (set) {
    const [, key = "", operator, list = ""] = set;
    const values = list.split(",").map((value) => value.trim());
    if (!values.every((value) => new RegExp(`^${VALUE}$`).test(value))) throw invalid(requirement);
    const any = { labelPairs: { hasSome: values.map((value) => `${key}=${value}`) } };
    return operator === "in" ? any : { NOT: any };
  }
  const equality = EQUALITY.exec(requirement);
  if (equality) {
    const [, key, operator, value] = equality;
    const equal = { labelPairs: { has: `${key}=${value}` } };
    return operator === "!=" ? { NOT: equal } : equal;
  }
  const exists = EXISTS.exec(requirement);
  if (exists) {
    const has = { labelPairs: { has: exists[2] ?? "" } };
    return exists[1] ? { NOT: has } : has;
  }
  throw invalid(requirement);
}

/** At the commas outside parentheses. An empty selector selects everything, as in Kubernetes. */
function splitRequirements(selector: string): string[] {
  if (selector.trim() === "") return [];
  return selector.split(/,(?![^(]*\))/).map((part) => part.trim());
}

const invalid = (part: string): CodedError =>
  new CodedError(
    "INVALID_LABEL_SELECTOR",
    `Not a Kubernetes label selector at ${JSON.stringify(part.slice(0, 100))}. For example: team=payments,tier in (gold,silver),!legacy`,
    { field: "labelSelector", part: part.slice(0, 100) },
  );
