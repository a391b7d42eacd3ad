import { z } from "zod";

/** A Kubernetes namespace (RFC 1123), or how some begin, with `*` at the end. */
const NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const PREFIX = /^[a-z0-9][a-z0-9-]{0,61}\*$/;

/** Some namespaces of each cluster, by their names or by how these begin. They go into each query: so there is a bound. */
export const Namespaces = z
  .array(
    z
      .string()
      .refine(
        (name) => NAME.test(name) || PREFIX.test(name),
        "must be the name of a namespace, or how some begin with * at the end, such as team-a-*",
      ),
  )
  .min(1, "must not be empty; leave it out to allow all")
  .max(50, "at most 50")
  // In one order, so that equal scopes are equal.
  .transform((names) => [...new Set(names)].sort());

/** What a scope is narrowed to; all namespaces, and what is of none, where it names none. */
export type NamespaceScope = readonly string[] | null | undefined;

const prefixOf = (pattern: string): string | null => (pattern.endsWith("*") ? pattern.slice(0, -1) : null);

/** Whether a namespace is among them. What is of no namespace is for those alone who see all. */
export function isWithin(scope: NamespaceScope, namespace: string | null | undefined): boolean {
  if (!scope) return true;
  return Boolean(namespace) && scope.some((pattern) => covers(pattern, String(namespace)));
}

/** Of names, or of patterns that stand for names: whether all that the second means is meant by the first. */
function covers(pattern: string, other: string): boolean {
  const prefix = prefixOf(pattern);
  return prefix === null ? pattern === other : other.startsWith(prefix);
}

/** What is in both; empty where nothing is. */
export const inBoth = (own: readonly string[], asked: readonly string[]): string[] =>
  [
    ...new Set([
      ...asked.filter((each) => own.some((pattern) => covers(pattern, each))),
      ...own.filter((each) => asked.some((pattern) => covers(pattern, each))),
    ]),
  ].sort();

/** As one regular expression that is matched whole. No sign of a name means anything in one. */
export const asRegex = (scope: readonly string[]): string =>
  scope.map((pattern) => pattern.replace("*", ".*")).join("|");

/** As patterns of SQL's LIKE: no sign of a name means anything there either. */
export const asLike = (scope: readonly string[]): string[] => scope.map((pattern) => pattern.replace("*", "%"));
