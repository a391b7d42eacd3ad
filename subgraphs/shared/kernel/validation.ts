import { z } from "zod";
import { CodedError, type ErrorCode } from "./errors.ts";

/** An input class carries its rules as `static readonly rules`. */
interface Ruled {
  rules?: z.ZodType;
}

/** What type-graphql calls for every argument: the rules of its class, as one coded error that names each field and rule. */
export function validateInput(value: object | undefined, type: unknown): void {
  const { rules } = (typeof type === "function" ? type : {}) as Ruled;
  if (!rules || value === undefined || value === null) return;
  check(rules, value);
}

/** The value as `rules` parse it, or one error for all its issues. An issue's `params.code` picks the error's code. */
export function check<T extends z.ZodType>(rules: T, value: unknown): z.output<T> {
  const parsed = rules.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) => ({
    path: issue.path.map(String).join("."),
    message: issue.message,
  }));
  const code = parsed.error.issues.map(codeOf).find((found) => found !== undefined) ?? "BAD_USER_INPUT";
  throw new CodedError(code, issues.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join("; "), {
    issues,
  });
}

const codeOf = (issue: z.core.$ZodIssue): ErrorCode | undefined =>
  issue.code === "custom" ? (issue.params?.["code"] as ErrorCode | undefined) : undefined;

/** A string rule with a code of its own. */
export const coded = (code: ErrorCode, message: string, test: (text: string) => boolean) =>
  z.string().superRefine((text, ctx) => {
    if (!test(text)) ctx.addIssue({ code: "custom", message, params: { code } });
  });
