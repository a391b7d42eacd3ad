import { errors } from "undici";
import { CodedError } from "../kernel/errors.ts";
import { CONNECT_MS } from "./connections.ts";

const TLS_CODES = /^(CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/;

/** A transport failure in words an operator can act on, by its class and code only. */
export function upstreamError(error: unknown): CodedError {
  for (let inner = error; inner instanceof Error; inner = inner.cause) if (inner instanceof CodedError) return inner;
  const code = codeOf(error);
  if (error instanceof errors.ConnectTimeoutError || code === "ETIMEDOUT") {
    return new CodedError("UPSTREAM_TIMEOUT", `No connection within ${CONNECT_MS / 1000} s.`, undefined, {
      cause: error,
    });
  }
  if (error instanceof errors.BodyTimeoutError) {
    return new CodedError("UPSTREAM_TIMEOUT", "The answer stopped half-way.", undefined, { cause: error });
  }
  if (error instanceof errors.HTTPParserError) {
    return new CodedError("UPSTREAM_UNREACHABLE", "What answers does not speak HTTP.", undefined, { cause: error });
  }
  if (TLS_CODES.test(code)) {
    return new CodedError("UPSTREAM_UNREACHABLE", `The TLS certificate was not accepted (${code}).`, undefined, {
      cause: error,
    });
  }
  const words: Record<string, string> = {
    ECONNREFUSED: "The connection was refused.",
    ECONNRESET: "The connection was reset.",
    UND_ERR_SOCKET: "The connection broke off.",
    ENOTFOUND: "The host name does not resolve.",
    EAI_AGAIN: "The host name does not resolve at the moment.",
    EHOSTUNREACH: "The host cannot be reached.",
    ENETUNREACH: "The network cannot be reached.",
  };
  const message = words[code] ?? `The connection failed${code ? ` (${code})` : ""}.`;
  return new CodedError("UPSTREAM_UNREACHABLE", message, undefined, { cause: error });
}

/** The connection failed before anything came back, in a way that may pass. */
export class Unanswered extends CodedError {}

const PASSING: ReadonlySet<string> = new Set(["ECONNREFUSED", "ECONNRESET", "EPIPE", "UND_ERR_SOCKET", "EAI_AGAIN"]);

/** The failure of a request to which nothing came back. */
export function unanswered(error: unknown): CodedError {
  const coded = upstreamError(error);
  return PASSING.has(codeOf(error))
    ? new Unanswered(coded.code, coded.message, coded.details, { cause: error })
    : coded;
}

/** The innermost system code: libraries wrap the failure of the socket, and Happy Eyeballs wraps several. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  const { code, cause, errors: inner } = error as Error & { code?: string; errors?: unknown[] };
  return codeOf(cause) || (inner?.length ? codeOf(inner[0]) : "") || (code ?? "");
}

/** A cluster's backend refused somebody in whose name it was asked, or their token. */
export const forbidsUser = (status: number, user: string): CodedError =>
  new CodedError(
    "CLUSTER_FORBIDS_USER",
    status === 401
      ? "The cluster does not take your token (401): it has to trust who issued it."
      : `The cluster does not let ${JSON.stringify(user)} do this (403): ask its owner for the right, or narrow down what you ask for.`,
    { status },
  );
