import { APICallError } from "@ai-sdk/provider";
import { CodedError } from "../../kernel/errors.ts";

const TOO_LARGE = /context|maximum.*(length|tokens)|too (long|many tokens)/i;

/** What a model failed with, without its address, its body or our key. */
export function modelFailure(error: unknown, caller: AbortSignal): CodedError {
  if (caller.aborted) return new CodedError("CANCELLED", "The question was cancelled.");
  if (error instanceof CodedError) return error;
  if (!APICallError.isInstance(error))
    return new CodedError("UPSTREAM_INVALID_ANSWER", "It answered nothing of OpenAI's API.");
  const { statusCode, responseBody = "", responseHeaders } = error;
  if (statusCode === undefined) return new CodedError("UPSTREAM_UNREACHABLE", "It cannot be reached.");
  if (statusCode === 401 || statusCode === 403) return new CodedError("UPSTREAM_REFUSED", "It refused the API key.");
  if (statusCode === 413 || (statusCode === 400 && TOO_LARGE.test(responseBody))) {
    return new CodedError("CONTEXT_TOO_LARGE", "The conversation does not fit into the model's context.");
  }
  if (statusCode === 429) {
    const seconds = Number(responseHeaders?.["retry-after"]);
    return new CodedError("RATE_LIMITED", "It asks to come back later.", {
      retryAfterSeconds: Number.isFinite(seconds) ? seconds : null,
    });
  }
  if (statusCode === 200) return new CodedError("UPSTREAM_INVALID_ANSWER", "It answered nothing of OpenAI's API.");
  return new CodedError("UPSTREAM_ERROR", `It answered with HTTP ${statusCode}.`);
}
