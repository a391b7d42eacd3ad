import type { ToolFinding } from "./tool.contract.ts";

/** What stands where a secret stood. */
export const REDACTED = "[redacted]";

/** Names of what is secret: as a key of a record, and in text before = or :. */
const SECRET_NAME =
  "(?:pass(?:word|wd|phrase)?|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|client[_-]?secret|credentials?|authorization|cookie|session[_-]?id)";
const NAMED = new RegExp(
  `(["']?\\b[\\w.-]*${SECRET_NAME}["']?\\s*[=:]\\s*)("[^"]{1,2000}"|'[^']{1,2000}'|[^\\s,;&"'}]{1,2000})`,
  "gi",
);
const IS_NAME = new RegExp(`(?:^|[_.-])${SECRET_NAME}$`, "i");

const PATTERNS: readonly [RegExp, string][] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, REDACTED],
  [/\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*/g, REDACTED],
  [/\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${REDACTED}`],
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@:]*:[^\s/@]+@/gi, `$1${REDACTED}@`],
  [
    /\b(?:sha256~[\w-]{20,}|gh[pousr]_\w{20,}|github_pat_\w{20,}|xox[abprs]-[\w-]{10,}|AKIA[0-9A-Z]{16}|sk-[\w-]{20,}|glpat-[\w-]{20,})\b/g,
    REDACTED,
  ],
];

/** A text without what looks like a credential. Its name stays, so that one sees that something was there. */
export function redactText(text: string): string {
  let clean = text;
  for (const [pattern, replacement] of PATTERNS) clean = clean.replace(pattern, replacement);
  return clean.replace(NAMED, `$1${REDACTED}`);
}

/** Any JSON value: texts, and whatever stands under a name of a secret. */
export function redactValue(value: unknown): unknown {
  if (typeof value === "string") return redactText(value);
  if (Array.isArray(value)) return value.map(redactValue);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      typeof inner === "string" && IS_NAME.test(name) ? REDACTED : redactValue(inner),
    ]),
  );
}

/** What a tool found, before anybody (a model above all) sees it. */
export const redacted = (finding: ToolFinding): ToolFinding => redactValue(finding) as ToolFinding;
