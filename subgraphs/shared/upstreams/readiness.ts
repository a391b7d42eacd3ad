import { CodedError } from "../kernel/errors.ts";
import type { Endpoint, UpstreamHttp, UpstreamRequest } from "./http.ts";

export type CallOptions = Pick<UpstreamRequest, "signal" | "requestId">;

/** How a server says that it is ready. */
export interface Readiness {
  /** The server's name, for people. */
  name: string;
  /** Answers 200 when it is ready. */
  path: string;
  /** A cheap call of its API, for where only that is reachable. */
  api: string;
}

/**
 * Resolves when the server says that it is ready, and accepts the credentials.
 * @throws UPSTREAM_REFUSED, UPSTREAM_ERROR, UPSTREAM_INVALID_ANSWER, and what `http` throws.
 */
export async function requireReady(
  http: UpstreamHttp,
  endpoint: Endpoint,
  { name, path, api }: Readiness,
  options: CallOptions,
): Promise<void> {
  let { status } = await http.send(endpoint, { path, probe: true, ...options });
  const apiOnly = status === 404 || status === 403;
  // A route that leads to the API alone answers so, though the server works.
  if (apiOnly) ({ status } = await http.send(endpoint, { path: api, probe: true, ...options }));
  if (status === 200) return;
  throw refused(name, status) ?? missing(name, apiOnly ? status : 0) ?? failing(`${name} is not ready`, status);
}

/**
 * Resolves when the server's API accepts the credentials: of readiness it often tells to anyone.
 * @throws as `requireReady` does.
 */
export async function requireAccess(
  http: UpstreamHttp,
  endpoint: Endpoint,
  { name, api }: Pick<Readiness, "name" | "api">,
  options: CallOptions,
): Promise<void> {
  const { status } = await http.send(endpoint, { path: api, probe: true, ...options });
  if (status === 200) return;
  throw refused(name, status) ?? missing(name, status) ?? failing(`${name} does not answer`, status);
}

const refused = (name: string, status: number): CodedError | null =>
  status === 401 || status === 403
    ? new CodedError("UPSTREAM_REFUSED", `${name} refused the credentials (${status}).`)
    : null;

const missing = (name: string, status: number): CodedError | null =>
  status === 404 ? new CodedError("UPSTREAM_INVALID_ANSWER", `The endpoint does not answer like ${name}.`) : null;

const failing = (what: string, status: number): CodedError =>
  new CodedError("UPSTREAM_ERROR", `${what} (HTTP ${status}).`);
