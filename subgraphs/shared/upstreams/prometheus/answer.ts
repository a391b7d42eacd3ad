import type { z } from "zod";
import { CodedError } from "../../kernel/errors.ts";
import type { UpstreamAnswer } from "../http.ts";
import { ErrorAnswer, publicText } from "./schema.ts";

export const refused = (): CodedError => new CodedError("UPSTREAM_REFUSED", "Prometheus refused the credentials.");

/** What it answered, by its schema; or why there is no answer. */
export function decoded<T extends z.ZodType>(schema: T, { status, body }: UpstreamAnswer): z.output<T> {
  if (status === 401 || status === 403) throw refused();
  const json = parseJson(body);
  const success = schema.safeParse(json);
  if (success.success) return success.data;
  const failure = ErrorAnswer.safeParse(json);
  if (failure.success) throw queryError(failure.data);
  if (status >= 400) throw new CodedError("UPSTREAM_ERROR", `Prometheus answered HTTP ${status}.`);
  throw new CodedError("UPSTREAM_INVALID_ANSWER", "The endpoint does not answer like Prometheus.");
}

/** Prometheus' own words about the query are the user's to read; match on the type, since texts differ between versions. */
function queryError({ errorType, error }: ErrorAnswer): CodedError {
  if (errorType === "timeout" || errorType === "canceled") {
    return new CodedError("UPSTREAM_TIMEOUT", "Prometheus gave up: the query took too long.");
  }
  if (errorType === "bad_data" || errorType === "execution") {
    return new CodedError("UPSTREAM_QUERY_FAILED", publicText(error), { errorType });
  }
  return new CodedError(
    "UPSTREAM_ERROR",
    `Prometheus reports an error of type ${/^[a-z_]{1,64}$/.test(errorType) ? errorType : "unknown"}.`,
  );
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
