import { type Pattern, pattern } from "../../../../promql/pattern.ts";
import { CodedError } from "../../kernel/errors.ts";
import { dissected, selects, type WrittenMatcher } from "./selectors.ts";

/** The expression as whoever has this value is to be asked it; null where nothing in it could match there. */
export type Scoped = (value: string) => string | null;

/**
 * An expression over series that are thought to have a label which tells who has them, and which their owners do not know. Matchers
 * on it are decided here and taken out; those on original_<label> are about a label of that name that the series have themselves. A
 * selector that cannot match becomes one that never does, as in one server that has all series; where all are so, there is nobody to
 * ask.
 * @throws INVALID_PROMQL for a regular expression that cannot be read.
 */
export function scopedBy(expression: string, label: string): Scoped {
  const { selectors, rewritten } = dissected(expression);
  const tests = selectors.map(({ matchers }) => matchers.filter((matcher) => matcher.label === label).map(testOf));
  const renamed = new RegExp(`^original_((?:original_)*${label})$`);
  const inside = ({ label: name, operator, value, text }: WrittenMatcher): string => {
    const own = renamed.exec(name)?.[1];
    return own ? `${own}${operator}${JSON.stringify(value)}` : text;
  };
  const where = (fits: readonly boolean[]): string =>
    rewritten((selector, index) => {
      const rest = selector.matchers.filter((matcher) => matcher.label !== label);
      const texts = rest.map(inside);
      if (rest.length === selector.matchers.length) return texts;
      // No series can have a label and lack it.
      if (!fits[index]) return [...texts, `${label}=""`, `${label}!=""`];
      return selects({ ...selector, matchers: rest }) ? texts : [...texts, '__name__!=""'];
    });
  const known = new Map<string, string>();
  return (value) => {
    const fits = tests.map((own) => own.every((test) => test(value)));
    if (fits.length > 0 && !fits.includes(true)) return null;
    const key = fits.join();
    const text = known.get(key) ?? where(fits);
    known.set(key, text);
    return text;
  };
}

function testOf({ label, operator, value, text }: WrittenMatcher): Pattern {
  if (operator === "=") return (owner) => owner === value;
  if (operator === "!=") return (owner) => owner !== value;
  try {
    const matches = pattern(value);
    return operator === "=~" ? matches : (owner) => !matches(owner);
  } catch (error) {
    const why = error instanceof Error ? error.message : "";
    throw new CodedError(
      "INVALID_PROMQL",
      `${text}: the regular expression of ${label} is not understood here: ${why}.`,
    );
  }
}
