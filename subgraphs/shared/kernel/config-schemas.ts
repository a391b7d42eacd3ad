import { isIP } from "node:net";
import { z } from "zod";

export const distinct = (values: readonly string[]): boolean => new Set(values).size === values.length;

export const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));

/** A variable that holds JSON of this shape. */
export const json = <T extends z.ZodType>(schema: T) =>
  z.string().transform((text, ctx): z.output<T> => {
    try {
      const parsed = schema.safeParse(JSON.parse(text));
      if (parsed.success) return parsed.data;
      for (const { path, message } of parsed.error.issues) {
        ctx.addIssue({ code: "custom", message: `at ${path.join(".")}: ${message}` });
      }
    } catch {
      ctx.addIssue({ code: "custom", message: "not JSON" });
    }
    return z.NEVER;
  });
