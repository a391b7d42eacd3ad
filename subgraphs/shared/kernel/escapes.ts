/** Text that a regular expression takes for itself, in RE2 (PromQL, LogQL, TraceQL) as here. */
export const escapePattern = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Text that SQL's LIKE takes for itself. */
export const escapeLike = (text: string): string => text.replace(/[\\%_]/g, "\\$&");
