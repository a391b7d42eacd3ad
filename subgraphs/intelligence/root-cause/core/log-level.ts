import type { LogLine } from "./model.ts";

export type Level = "ERROR" | "WARN" | "OTHER";

const LOOKED_AT = 120;
const ERROR = /\b(?:error|err|fatal|critical|crit|alert|emerg|panic|severe)\b/i;
const WARN = /\bwarn(?:ing)?\b/i;
const OTHER = /\b(?:info|debug|trace|notice)\b/i;
/** As Kubernetes' own components write it: E0129 12:00:00.000000 */
const KLOG = /^([IWEF])\d{4} /;
const FIELD = /["']?(?:level|severity|lvl)["']?\s*[:=]\s*["']?(\w+)/i;

/** How bad the line says it is: by its level, or else as it is written near its beginning. */
export function levelOf({ level, message }: Pick<LogLine, "level" | "message">): Level {
  if (level) return named(level) ?? "OTHER";
  const head = message.slice(0, LOOKED_AT);
  const klog = KLOG.exec(head)?.[1];
  if (klog) return klog === "I" ? "OTHER" : klog === "W" ? "WARN" : "ERROR";
  return named(FIELD.exec(message)?.[1] ?? "") ?? firstNamed(head);
}

function named(text: string): Level | null {
  if (ERROR.test(text)) return "ERROR";
  if (WARN.test(text)) return "WARN";
  return OTHER.test(text) ? "OTHER" : null;
}

/** "INFO: no error found" is of the level that comes first. */
function firstNamed(text: string): Level {
  const at = (pattern: RegExp): number => {
    const found = text.search(pattern);
    return found < 0 ? Number.POSITIVE_INFINITY : found;
  };
  const [error, warn, other] = [at(ERROR), at(WARN), at(OTHER)];
  if (error < warn && error < other) return "ERROR";
  return warn < other ? "WARN" : "OTHER";
}
