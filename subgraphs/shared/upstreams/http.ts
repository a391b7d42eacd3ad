import { type Dispatcher, request } from "undici";
import { readAnswer } from "./answer.ts";
import { expired, type TokenSource, tokenExpiry } from "./bearer-token.ts";
import type { Calls } from "./call-meter.ts";
import type { CallPolicy } from "./call-policy.ts";
import { TrustedConnections } from "./connections.ts";
import { forbidsUser, unanswered, upstreamError } from "./failures.ts";
import { observed } from "./observed.ts";
import { type OpenSocket, openSocket, type SocketRefusal } from "./socket.ts";
import type { TargetGuard } from "./target-guard.ts";

/** How to reach one endpoint of a cluster. */
export interface Endpoint {
  url: string;
  /** Whose own the token is, where it is not the cluster's. */
  user?: string;
  /** Sent as a bearer token. From a source, the one of now, and after a 401 the next one. */
  token: string | TokenSource | null;
  /** PEM, trusted beside the public authorities. */
  caCertificate: string | null;
  /** Whose data is meant, where the backend (Loki, Tempo) serves several tenants. */
  tenant?: string | null;
  /** How its calls go out; without, each at once, and once. */
  policy?: CallPolicy;
  /** Who is told how its requests end. */
  calls?: Calls;
}

export interface UpstreamRequest {
  path: string;
  /** Sent as a form by POST, since expressions outgrow URLs; a plain GET without. */
  form?: Record<string, string> | URLSearchParams;
  /** Sent as JSON by POST, instead of a form. */
  json?: unknown;
  method?: "DELETE";
  /** Besides what every request has: a tenant, an encoding. */
  headers?: Record<string, string>;
  /** The Authorization header, where it is not the endpoint's bearer token. */
  authorization?: string;
  /** Whether it may be sent twice; a plain GET may unless said otherwise. */
  idempotent?: boolean;
  /** Asks how the endpoint is: goes out whatever is known of it, and once. */
  probe?: boolean;
  signal: AbortSignal;
  requestId: string;
}

export interface UpstreamAnswer {
  status: number;
  body: string;
  /** Of the body, as it came. */
  bytes: number;
  /** Without its parameters; empty where there is none. */
  contentType: string;
  /** When to come back, if it says so. */
  retryAfterSeconds: number | null;
}

export interface UpstreamSocketRequest extends Pick<UpstreamRequest, "path" | "headers" | "signal" | "requestId"> {
  maxFrameBytes: number;
}

/** How long an answer may pause. */
const IDLE_MS = 10_000;

/**
 * HTTP to the clusters' endpoints: one pool per trust, keep-alive, to where the guard permits, no redirects, bounded bodies. Every failure is a coded
 * error that names neither an address nor a body: those are the cluster owner's, and may hold secrets.
 */
export class UpstreamHttp {
  readonly #connections: TrustedConnections;
  readonly #idleMs: number;

  constructor(guard: TargetGuard, { idleMs = IDLE_MS }: { idleMs?: number } = {}) {
    this.#connections = new TrustedConnections(guard);
    this.#idleMs = idleMs;
  }

  /**
   * @throws CREDENTIALS_EXPIRED for a 401 to a token that has ended, CLUSTER_FORBIDS_USER for a 401 or 403 to a user's own, and what the
   * endpoint's policy throws; every other answer is the caller's to read.
   */
  async send(endpoint: Endpoint, request: UpstreamRequest): Promise<UpstreamAnswer> {
    const call = (): Promise<UpstreamAnswer> =>
      this.#signedIn(endpoint, request.signal, (token) =>
        observed(endpoint.calls, () => this.#sent(endpoint, token, request)),
      );
    const { policy, calls } = endpoint;
    if (!policy) return letIn(endpoint, await call());
    return letIn(endpoint, await (request.probe ? policy.probe(call) : policy.run(request, call, calls)));
  }

  /** A WebSocket, or what was answered instead. @throws CREDENTIALS_EXPIRED, and what ends the connection. */
  async open(endpoint: Endpoint, request: UpstreamSocketRequest): Promise<OpenSocket | SocketRefusal> {
    const { path, headers, maxFrameBytes, signal } = request;
    const { connect } = this.#connections.trusting(endpoint.caCertificate);
    const url = urlOf(endpoint, path);
    const answer = await this.#signedIn(endpoint, signal, async (token) => {
      const sent = {
        ...commonHeaders(endpoint, request),
        ...headers,
        ...(token ? { authorization: `Bearer ${token}` } : {}),
      };
      const opened = await openSocket({ url, headers: sent, connect, maxFrameBytes, signal });
      return "socket" in opened ? opened : { ...opened, body: without(token, opened.body) };
    });
    return letIn(endpoint, answer);
  }

  async #signedIn<A extends { status: number }>(
    { token, user }: Endpoint,
    signal: AbortSignal,
    ask: (token: string | null) => Promise<A>,
  ): Promise<A> {
    const source = typeof token === "string" ? null : token;
    let used = typeof token === "string" ? token : ((await token?.get(signal)) ?? null);
    let answer = await ask(used);
    if (answer.status === 401 && source && used && (await source.renew(used, signal))) {
      used = await source.get(signal);
      answer = await ask(used);
    }
    const ended = answer.status === 401 && used && user === undefined ? expired(tokenExpiry(used)) : null;
    if (ended) throw ended;
    return answer;
  }

  async #sent(endpoint: Endpoint, token: string | null, asked: UpstreamRequest): Promise<UpstreamAnswer> {
    const { path, form, json, method, headers, authorization, signal } = asked;
    const authorize = authorization ?? (token ? `Bearer ${token}` : undefined);
    let response: Dispatcher.ResponseData | undefined;
    try {
      response = await request(urlOf(endpoint, path), {
        dispatcher: this.#connections.trusting(endpoint.caCertificate).dispatcher,
        method: method ?? (form || json !== undefined ? "POST" : "GET"),
        signal,
        headers: {
          accept: "application/json",
          ...commonHeaders(endpoint, asked),
          ...headers,
          ...(form ? { "content-type": "application/x-www-form-urlencoded" } : {}),
          ...(json === undefined ? {} : { "content-type": "application/json" }),
          ...(authorize ? { authorization: authorize } : {}),
        },
        ...(form ? { body: new URLSearchParams(form).toString() } : {}),
        ...(json === undefined ? {} : { body: JSON.stringify(json) }),
        // The caller's signal carries the patience; this only bounds what nobody waits for any more.
        headersTimeout: 310_000,
        bodyTimeout: this.#idleMs,
      });
      const answer = await readAnswer(response);
      return { ...answer, body: answer.status >= 400 ? without(token, answer.body) : answer.body };
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw response ? upstreamError(error) : unanswered(error);
    }
  }

  close(): Promise<void> {
    return this.#connections.close();
  }
}

/** @throws CLUSTER_FORBIDS_USER where a user's own token was refused, or does not reach so far. */
function letIn<A extends { status: number }>({ user }: Endpoint, answer: A): A {
  if (user !== undefined && (answer.status === 401 || answer.status === 403)) throw forbidsUser(answer.status, user);
  return answer;
}

const urlOf = ({ url }: Endpoint, path: string): string => `${url.replace(/\/+$/, "")}${path}`;

const commonHeaders = (
  { tenant }: Endpoint,
  { requestId }: Pick<UpstreamRequest, "requestId">,
): Record<string, string> => ({ "x-request-id": requestId, ...(tenant ? { "x-scope-orgid": tenant } : {}) });

/** An error's text is shown to users: one that repeats what it was asked with, be it as JSON in JSON, must not show the token. */
function without(token: string | null, body: string): string {
  if (!token) return body;
  const escaped = JSON.stringify(token).slice(1, -1);
  const twice = JSON.stringify(escaped).slice(1, -1);
  return [token, escaped, twice].reduce((text, form) => text.replaceAll(form, "…"), body);
}
