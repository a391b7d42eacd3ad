import { dissected } from "./selectors.ts";

/** The expression with every selector narrowed to these labels' values; what it says of them itself gives way. */
export const pinned = (expression: string, labels: Readonly<Record<string, string>>): string =>
  dissected(expression).rewritten(({ matchers }) => [
    ...matchers.filter(({ label }) => !(label in labels)).map(({ text }) => text),
    ...Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`),
  ]);
