import { CodedError } from "../../kernel/errors.ts";

const KEY = "[A-Za-z0-9](?:[A-Za-z0-9._/-]*[A-Za-z0-9])?";
const VALUE = "(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)?";
const EXISTS = new RegExp(`^(!?)\\s*(${KEY})$`);
const EQUALITY = new RegExp(`^(${KEY})\\s*(==|=|!=)\\s*(${VALUE})$`);
const SET = new RegExp(`^(${KEY})\\s+(in|notin)\\s*\\(([^()]*)\\)$`);
const WHOLE_VALUE = new RegExp(`^${VALUE}$`);
const MAX_LENGTH = 4096;

/** One part of a selector: what is asked of a key, or (negated) must not hold. "exists" has no values, "equals" one. */
export interface Requirement {
  key: string;
  test: "exists" | "equals" | "in";
  values: readonly string[];
  negated: boolean;
}

/**
 * The parts of a Kubernetes label selector (`a=b, a!=b, a in (b,c), a notin (b,c), a, !a`), all of which must hold.
 * @throws INVALID_LABEL_SELECTOR naming the part that is wrong.
 */
export function parseLabelSelector(selector: string): Requirement[] {
  if (selector.length > MAX_LENGTH) throw invalid(`longer than ${MAX_LENGTH} characters`);
  return splitRequirements(selector).map(requirement);
}

/** The selector as a test on labels. As in Kubernetes, != and notin also select what lacks the key. */
export function labelTest(selector: string): (labels: Readonly<Record<string, string>>) => boolean {
  const requirements = parseLabelSelector(selector);
  return (labels) =>
    requirements.every(({ key, test, values, negated }) => {
      const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
      const holds = value !== undefined && (test === "exists" || values.includes(value));
      return holds !== negated;
    });
}

function requirement(text: string): Requirement {
  const set = SET.exec(text);
  if (set) {
    const [, key = "", operator, list = ""] = set;
    const values = list.split(",").map((value) => value.trim());
    if (!values.every((value) => WHOLE_VALUE.test(value))) throw invalid(text);
    return { key, test: "in", values, negated: operator === "notin" };
  }
  const [, equalKey, operator, value = ""] = EQUALITY.exec(text) ?? [];
  if (equalKey !== undefined) return { key: equalKey, test: "equals", values: [value], negated: operator === "!=" };
  const [, not, key] = EXISTS.exec(text) ?? [];
  if (key !== undefined) return { key, test: "exists", values: [], negated: not === "!" };
  throw invalid(text);
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
