import type { z } from "zod";
import { CodedError } from "../../kernel/errors.ts";

export function statusError(status: number): CodedError {
  if (status === 401)
    return new CodedError("UPSTREAM_REFUSED", "The API server refused the credentials (401).", { status });
  if (status === 403)
    return new CodedError("UPSTREAM_REFUSED", "The API server forbids this to the credentials (403).", { status });
  return new CodedError("UPSTREAM_ERROR", `The API server answered HTTP ${status}.`, { status });
}

export function decode<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalidAnswer(parsed.error);
}

export const invalidAnswer = (cause?: Error): CodedError =>
  new CodedError("UPSTREAM_INVALID_ANSWER", "The endpoint does not answer like a Kubernetes API server.", undefined, {
    cause,
  });
