import { type Answer, json } from "../server/answer.ts";

export type StatusReason = "BadRequest" | "Unauthorized" | "Forbidden" | "NotFound" | "MethodNotAllowed" | "Expired";

/** An error the way Kubernetes tells it: a Status object. */
export function failure(
  code: number,
  reason: StatusReason,
  message: string,
  details?: Readonly<Record<string, string>>,
  metadata: Readonly<Record<string, string>> = {},
): Answer {
  const status = { kind: "Status", apiVersion: "v1", metadata, status: "Failure", message, reason };
  return json(code, { ...status, ...(details === undefined ? {} : { details }), code });
}

/** What the server cannot understand; carried as an exception from parsers to the router. */
export class BadRequest extends Error {
  override readonly name = "BadRequest";
}
