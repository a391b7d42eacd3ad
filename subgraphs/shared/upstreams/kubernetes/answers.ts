import type { Dispatcher } from "undici";
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

const REFUSAL_CHARACTERS = 4096;

/** What it begins with, as far as it comes. */
export async function beginningOf(body: Dispatcher.ResponseData["body"]): Promise<string> {
  let text = "";
  try {
    for await (const chunk of body.setEncoding("utf8") as AsyncIterable<string>) {
      text += chunk;
      if (text.length >= REFUSAL_CHARACTERS) break;
    }
  } catch {
    // What has come says enough.
  }
  return text;
}
