import { CodedError } from "./errors.ts";

/** PostgreSQL's own words for a value that it has no place for. */
const UNFIT: Readonly<Record<string, string>> = {
  "22021": "A text holds a NUL character, or is not Unicode: neither can be looked for or kept.",
  "22P05": "A text holds a NUL character, or is not Unicode: neither can be looked for or kept.",
  "22008": "A point in time is out of range: years from 1 on can be looked for and kept.",
};

/** What a caller is told whose value the database cannot take, wherever it was going to; undefined for any other failure. */
export function unfitValue(error: Error): CodedError | undefined {
  if (error.name !== "PrismaClientKnownRequestError") return undefined;
  const [, code = ""] = /\bCode: `(\w{5})`/.exec(error.message) ?? [];
  const message = Object.hasOwn(UNFIT, code) ? UNFIT[code] : undefined;
  return message === undefined ? undefined : new CodedError("BAD_USER_INPUT", message, undefined, { cause: error });
}
