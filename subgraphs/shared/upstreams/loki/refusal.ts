import { CodedError } from "../../kernel/errors.ts";
import type { Endpoint, UpstreamAnswer } from "../http.ts";
import { publicText } from "../prometheus/schema.ts";

/** What an answer other than 200 means. All that Loki says of its errors is plain text. */
export function refusalOf(
  { status, contentType, body }: Pick<UpstreamAnswer, "status" | "contentType" | "body">,
  { tenant }: Endpoint,
): CodedError {
  if (status === 401 || status === 403) {
    const hint = tenant ? "" : " If it serves several tenants, set the cluster's endpoints.lokiTenant.";
    return new CodedError("UPSTREAM_REFUSED", `Loki refused the credentials (${status}).${hint}`);
  }
  // Its own words about the query are the user's to read; a proxy's are not.
  if ((status === 400 || status === 422) && contentType === "text/plain") {
    return new CodedError("UPSTREAM_QUERY_FAILED", publicText(body.trim()));
  }
  if (status === 404) return invalidAnswer();
  if (status === 504) return new CodedError("UPSTREAM_TIMEOUT", "Loki gave up: the query took too long.");
  return new CodedError("UPSTREAM_ERROR", `Loki answered HTTP ${status}.`);
}

export const invalidAnswer = (): CodedError =>
  new CodedError("UPSTREAM_INVALID_ANSWER", "The endpoint does not answer like Loki.");
