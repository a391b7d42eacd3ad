import { CodedError } from "../kernel/errors.ts";

/** A bearer token that is replaced while it is in use. */
export interface TokenSource {
  /** The token of now. @throws a coded error where none is to be had. */
  get(signal?: AbortSignal): Promise<string>;
  /** After a 401 to `refused`: whether there is another one to try. */
  renew(refused: string, signal?: AbortSignal): Promise<boolean>;
}

/** A token with what is known of its life, in milliseconds since 1970. */
export interface IssuedToken {
  token: string;
  /** From when on another one is fetched; until `endsAt` this one still serves where that fails. */
  renewAt: number;
  endsAt: number;
}

const FETCH_MS = 10_000;
/** How often at most a token is fetched anew because it was refused, or because that failed while the old one still serves. */
const PAUSE_MS = 5_000;

/**
 * Keeps a token in memory, fetches the next one before it ends, and at once when it was refused. Whoever asks at the same time
 * shares one fetch; whoever gives up waiting does not end it for the others.
 */
export class RenewedToken implements TokenSource {
  readonly #fetch: (signal: AbortSignal) => Promise<IssuedToken>;
  readonly #now: () => number;
  #held: IssuedToken | undefined;
  #fetchedAt = Number.NEGATIVE_INFINITY;
  #pending: Promise<IssuedToken> | undefined;

  constructor(fetch: (signal: AbortSignal) => Promise<IssuedToken>, now: () => number) {
    this.#fetch = fetch;
    this.#now = now;
  }

  async get(signal?: AbortSignal): Promise<string> {
    const held = this.#held;
    if (held && this.#now() < held.renewAt) return held.token;
    try {
      return (await waiting(this.#renewed(), signal)).token;
    } catch (error) {
      if (!held || signal?.aborted || this.#now() >= held.endsAt) throw error;
      held.renewAt = this.#now() + PAUSE_MS;
      return held.token;
    }
  }

  async renew(refused: string, signal?: AbortSignal): Promise<boolean> {
    if (this.#held && this.#held.token !== refused) return true;
    if (!this.#pending && this.#now() - this.#fetchedAt < PAUSE_MS) return false;
    return (await waiting(this.#renewed(), signal)).token !== refused;
  }

  #renewed(): Promise<IssuedToken> {
    if (this.#pending) return this.#pending;
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(tooSlow()), FETCH_MS);
    this.#pending = this.#fetch(patience.signal)
      .then((issued) => {
        this.#held = issued;
        this.#fetchedAt = this.#now();
        return issued;
      })
      .finally(() => {
        clearTimeout(timer);
        this.#pending = undefined;
      });
    return this.#pending;
  }
}

const tooSlow = (): CodedError => new CodedError("UPSTREAM_TIMEOUT", `No token within ${FETCH_MS / 1000} s.`);

/** The value, or the signal's reason as soon as it ends. */
function waiting<T>(value: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return value;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
    const done = (): void => signal.removeEventListener("abort", abort);
    value.then(resolve, reject).finally(done);
  });
}

/** `exp` of a JWT, unverified: only shown, warned about and waited for. Null for opaque tokens. */
export function tokenExpiry(token: string): Date | null {
  try {
    const { exp } = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8")) as {
      exp?: unknown;
    };
    const at = typeof exp === "number" ? new Date(exp * 1000) : null;
    return at && !Number.isNaN(at.getTime()) ? at : null;
  } catch {
    return null;
  }
}

/** What a 401 means where the credentials had ended by then; null where they had not, or do not say. */
export function expired(endedAt: Date | null): CodedError | null {
  if (!endedAt || endedAt.getTime() > Date.now()) return null;
  const expiresAt = endedAt.toISOString();
  return new CodedError(
    "CREDENTIALS_EXPIRED",
    `The stored credentials ended on ${expiresAt}, and are refused (401). Set new ones.`,
    { status: 401, expiresAt },
  );
}
