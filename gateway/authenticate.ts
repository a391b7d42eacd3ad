import { createHash, timingSafeEqual } from "node:crypto";
import type { Identity } from "../subgraphs/shared/kernel/auth-context.ts";
import { type Config, isLoopback } from "../subgraphs/shared/kernel/config.ts";
import { CodedError } from "../subgraphs/shared/kernel/errors.ts";

/** Who a developer's own machine is taken to be: only on loopback, and only with no tokens configured. */
const DEVELOPER: Identity = { user: "developer", groups: [], roles: ["admin"], tenant: "default", scope: null };

/** Who it is, and until when that is so; null where it does not end. */
export interface SignedIn {
  identity: Identity;
  expiresAt: Date | null;
}

export interface Authenticator {
  /** @param credentials HTTP headers or a socket's connection parameters. @throws UNAUTHENTICATED */
  authenticate: (credentials: Readonly<Record<string, unknown>>) => SignedIn;
  /** @throws FORBIDDEN for a Host under which this server must not be reached. */
  checkHost: (host: string | undefined) => void;
}

export function createAuthenticator(options: {
  tokens: Config["AIOPS_API_TOKENS"];
  loopback: boolean;
  now?: () => number;
}): Authenticator {
  const now = options.now ?? Date.now;
  if (!options.tokens) return options.loopback ? developerOnly : nobody;
  const known = options.tokens.map(({ token, ...signedIn }) => ({ digest: digestOf(token), signedIn }));
  return {
    authenticate(credentials) {
      const presented = digestOf(bearerOf(credentials));
      let found: SignedIn | undefined;
      // No early exit: how long it takes must not tell which token was nearly right.
      for (const { digest, signedIn } of known) if (timingSafeEqual(digest, presented)) found = signedIn;
      if (!found) throw unauthenticated();
      if (hasExpired(found, now())) throw expiredToken();
      return found;
    },
    checkHost() {},
  };
}

const developerOnly: Authenticator = {
  authenticate: () => ({ identity: DEVELOPER, expiresAt: null }),
  /** A page of a foreign site can make its own name resolve to 127.0.0.1; its requests still carry that name. */
  checkHost(host) {
    if (host !== undefined && isLoopback(nameOf(host))) return;
    throw new CodedError("FORBIDDEN", "Without authentication, this server answers only under a loopback name.");
  },
};

const nobody: Authenticator = {
  authenticate() {
    throw unauthenticated();
  },
  checkHost() {},
};

export const hasExpired = ({ expiresAt }: SignedIn, now = Date.now()): boolean =>
  expiresAt !== null && expiresAt.getTime() <= now;

export const expiredToken = (): CodedError =>
  new CodedError("UNAUTHENTICATED", "The token has expired; connect again with a new one.");

const unauthenticated = (): CodedError =>
  new CodedError("UNAUTHENTICATED", 'A valid token is required: "Authorization: Bearer <token>".');

const digestOf = (text: string): Buffer => createHash("sha256").update(text).digest();

function bearerOf(credentials: Readonly<Record<string, unknown>>): string {
  const value = credentials["authorization"] ?? credentials["Authorization"];
  return /^Bearer +(\S+)$/i.exec(String(value))?.[1] ?? "";
}

const nameOf = (host: string): string =>
  host
    .replace(/:\d+$/, "")
    .replace(/^\[(.*)\]$/, "$1")
    .toLowerCase();
