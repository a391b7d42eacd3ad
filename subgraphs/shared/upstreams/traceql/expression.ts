import { escapePattern } from "../../kernel/escapes.ts";

/** A string of TraceQL. Go reads it, which knows every escape that JSON has. */
const text = (value: string): string => JSON.stringify(value);

const SCOPE = /^(resource|span|event|link|instrumentation)\.(?=.)/;
const PLAIN = /^[\w.-]+$/;

/** An attribute by its name: of the scope that the name begins with, else of the span or its resource. */
export function attribute(name: string): string {
  const scope = SCOPE.exec(name)?.[1] ?? "";
  const rest = scope ? name.slice(scope.length + 1) : name;
  // In a quoted name these two are escaped, and nothing else may be.
  return `${scope}.${PLAIN.test(rest) ? rest : `"${rest.replaceAll(/["\\]/g, "\\$&")}"`}`;
}

export const equals = (field: string, value: string): string => `${field} = ${text(value)}`;

/** As `equals`; `*` in the value stands for any text. */
export const like = (field: string, value: string): string =>
  value.includes("*")
    ? `${field} =~ ${text(`^${value.split("*").map(escapePattern).join(".*")}$`)}`
    : equals(field, value);

/** Whether an attribute has the value, be it a text, a number or a boolean: who asks does not know which. */
export function hasValue(name: string, value: string): string {
  const field = attribute(name);
  const typed = /^(?:-?\d{1,18}(?:\.\d{1,18})?|true|false)$/.test(value) ? [`${field} = ${value}`] : [];
  const status = name === "error" && (value === "true" || value === "false");
  const asked = [equals(field, value), ...typed, ...(status ? [`status ${value === "true" ? "=" : "!="} error`] : [])];
  return asked.length === 1 ? asked.join("") : `(${asked.join(" || ")})`;
}

/** Spans that meet all conditions; all spans for none. */
export const spans = (conditions: readonly string[]): string =>
  conditions.length > 0 ? `{ ${conditions.join(" && ")} }` : "{ }";

/** Without the hint, Tempo answers with whatever it finds first. On a line of its own, since a comment may end the query. */
export const newestFirst = (query: string): string => `${query}\nwith (most_recent=true)`;
