import { createSecureContext, type SecureContext } from "node:tls";
import { LRUCache } from "lru-cache";
import { Agent, type Dispatcher, errors, request } from "undici";
import { CodedError } from "../kernel/errors.ts";
import { expired, type TokenSource, tokenExpiry } from "./bearer-token.ts";
import { refuseRedirects } from "./redirects.ts";
import type { TargetGuard } from "./target-guard.ts";

/** How to reach one endpoint of a cluster. */
export interface Endpoint {
  url: string;
  /** Sent as a bearer token. From a source, the one of now, and after a 401 the next one. */
  token: string | TokenSource | null;
  /** PEM, trusted beside the public authorities. */
  caCertificate: string | null;
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
  signal: AbortSignal;
  requestId: string;
}

export interface UpstreamAnswer {
  status: number;
  body: string;
}

export const CONNECT_MS = 5_000;
export const MAX_BODY_BYTES = 64 * 1024 * 1024;
const CONNECTIONS_PER_ENDPOINT = 32;
const MAX_AGENTS = 2000;

/**
 * HTTP to the clusters' endpoints: one pool per trust, keep-alive, to where the guard permits, no redirects, bounded bodies. Every failure is a coded
 * error that names neither an address nor a body: those are the cluster owner's, and may hold secrets.
 */
export class UpstreamHttp {
  readonly #guard: TargetGuard;
  readonly #agents = new LRUCache<string, { agent: Agent; dispatcher: Dispatcher }>({
    max: MAX_AGENTS,
    // Ends its idle connections now, and the others after what is under way.
    dispose: ({ agent }, _, reason) => void (reason === "evict" && agent.close()),
  });

  constructor(guard: TargetGuard) {
    this.#guard = guard;
  }

  /** @throws CREDENTIALS_EXPIRED for a 401 to a token that has ended; every other answer is the caller's to read. */
  async send(endpoint: Endpoint, request: UpstreamRequest): Promise<UpstreamAnswer> {
    const { token } = endpoint;
    const source = typeof token === "string" ? null : token;
    let used = typeof token === "string" ? token : ((await token?.get(request.signal)) ?? null);
    let answer = await this.#sent(endpoint, used, request);
    if (answer.status === 401 && source && used && (await source.renew(used, request.signal))) {
      used = await source.get(request.signal);
      answer = await this.#sent(endpoint, used, request);
    }
    const ended = answer.status === 401 && used ? expired(tokenExpiry(used)) : null;
    if (ended) throw ended;
    return answer;
  }

  async #sent(
    endpoint: Endpoint,
    token: string | null,
    { path, form, json, method, headers, authorization, signal, requestId }: UpstreamRequest,
  ): Promise<UpstreamAnswer> {
    const authorize = authorization ?? (token ? `Bearer ${token}` : undefined);
    const url = `${endpoint.url.replace(/\/+$/, "")}${path}`;
    try {
      const response = await request(url, {
        dispatcher: this.#dispatcher(endpoint.caCertificate),
        method: method ?? (form || json !== undefined ? "POST" : "GET"),
        signal,
        headers: {
          accept: "application/json",
          "x-request-id": requestId,
          ...headers,
          ...(form ? { "content-type": "application/x-www-form-urlencoded" } : {}),
          ...(json === undefined ? {} : { "content-type": "application/json" }),
          ...(authorize ? { authorization: authorize } : {}),
        },
        ...(form ? { body: new URLSearchParams(form).toString() } : {}),
        ...(json === undefined ? {} : { body: JSON.stringify(json) }),
        // The caller's signal carries the patience; these only bound what nobody waits for any more.
        headersTimeout: 310_000,
        bodyTimeout: 310_000,
      });
      const body = await readBounded(response);
      return { status: response.statusCode, body: response.statusCode >= 400 ? without(token, body) : body };
    } catch (error) {
      throw signal.aborted ? signal.reason : upstreamError(error);
    }
  }

  #dispatcher(caCertificate: string | null): Dispatcher {
    const key = caCertificate ?? "";
    let known = this.#agents.get(key);
    if (!known) {
      const trust = caCertificate ? { secureContext: trusting(caCertificate) } : {};
      const agent = new Agent({
        connections: CONNECTIONS_PER_ENDPOINT,
        keepAliveTimeout: 30_000,
        connect: this.#guard.connector({ timeout: CONNECT_MS, ...trust }),
      });
      known = { agent, dispatcher: agent.compose(refuseRedirects) };
      this.#agents.set(key, known);
    }
    return known.dispatcher;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#agents.values()].map(({ agent }) => agent.destroy()));
  }
}

/** An error's text is shown to users: one that repeats what it was asked with, be it as JSON in JSON, must not show the token. */
function without(token: string | null, body: string): string {
  if (!token) return body;
  const escaped = JSON.stringify(token).slice(1, -1);
  const twice = JSON.stringify(escaped).slice(1, -1);
  return [token, escaped, twice].reduce((text, form) => text.replaceAll(form, "…"), body);
}

async function readBounded({ body }: Dispatcher.ResponseData): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) {
      body.destroy();
      throw tooLarge();
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

export const tooLarge = (): CodedError =>
  new CodedError("UPSTREAM_ANSWER_TOO_LARGE", `The answer is larger than ${MAX_BODY_BYTES / 1024 / 1024} MiB.`);

/** tls's `ca` replaces the public authorities; adding to them this way shares them among all contexts (50 KiB each, not 1 MiB). */
function trusting(caCertificate: string): SecureContext {
  const secure = createSecureContext();
  (secure.context as { addCACert(pem: string): void }).addCACert(caCertificate);
  return secure;
}

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

/** The innermost system code: libraries wrap the failure of the socket, and Happy Eyeballs wraps several. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  const { code, cause, errors: inner } = error as Error & { code?: string; errors?: unknown[] };
  return codeOf(cause) || (inner?.length ? codeOf(inner[0]) : "") || (code ?? "");
}
