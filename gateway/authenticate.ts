import type { Identity, InternalTokens } from "../subgraphs/shared/kernel/auth-context.ts";
import { isLoopback } from "../subgraphs/shared/kernel/config-schemas.ts";
import { CodedError } from "../subgraphs/shared/kernel/errors.ts";
import { vouchedFor } from "../subgraphs/shared/kernel/vouched.ts";
import { expiredToken, hasExpired, type SignedIn, type SignIn, unauthenticated } from "./sign-in/sign-in.ts";

/** Who a developer's own machine is taken to be: only on loopback, and only with no way to sign in configured. */
const DEVELOPER: Identity = {
  user: "developer",
  groups: [],
  roles: ["admin"],
  tenant: "default",
  scope: null,
  ...vouchedFor("configuration", []),
};
/** More than any header holds; a socket's parameters could be larger. */
const LONGEST_TOKEN = 16_384;

export interface Authenticator {
  /**
   * @param credentials HTTP headers or a socket's connection parameters.
   * @throws UNAUTHENTICATED, FORBIDDEN for who has no role at all, SIGN_IN_UNAVAILABLE
   */
  authenticate: (credentials: Readonly<Record<string, unknown>>) => Promise<SignedIn>;
  /** @throws FORBIDDEN for a Host under which this server must not be reached. */
  checkHost: (host: string | undefined) => void;
}

export interface AuthenticatorOptions {
  /** The first that accepts a token is the one that is asked. */
  signIns: readonly SignIn[];
  /** Who brings no token that any way accepts is the developer of this machine. */
  developer: boolean;
  /** What our own parts sign in with, for whom they ask: "Authorization: Internal <token>". Without it they cannot. */
  internal?: InternalTokens | undefined;
  now?: () => number;
}

export function createAuthenticator({ signIns, developer, internal, now }: AuthenticatorOptions): Authenticator {
  const signIn = async (bearer: string): Promise<SignedIn> => {
    const way = signIns.find((each) => each.accepts(bearer));
    if (!way && developer) return { identity: DEVELOPER, expiresAt: null };
    const signedIn = await way?.signIn(bearer);
    if (!signedIn) throw unauthenticated();
    if (hasExpired(signedIn, now?.())) throw expiredToken();
    return { ...signedIn, again: () => signIn(bearer) };
  };
  return {
    async authenticate(credentials) {
      const token = internal && /^Internal +(\S+)$/.exec(String(credentials["authorization"]))?.[1];
      if (token) return { identity: await internal.verify(token, "aiops-gateway"), expiresAt: null, internal: true };
      return await signIn(bearerOf(credentials));
    },
    checkHost: developer ? requireLoopbackName : () => {},
  };
}

/** A page of a foreign site can make its own name resolve to 127.0.0.1; its requests still carry that name. */
function requireLoopbackName(host: string | undefined): void {
  if (host !== undefined && isLoopback(nameOf(host))) return;
  throw new CodedError("FORBIDDEN", "Without authentication, this server answers only under a loopback name.");
}

function bearerOf(credentials: Readonly<Record<string, unknown>>): string {
  const value = credentials["authorization"] ?? credentials["Authorization"];
  const bearer = /^Bearer +(\S+)$/i.exec(String(value))?.[1] ?? "";
  return bearer.length > LONGEST_TOKEN ? "" : bearer;
}

const nameOf = (host: string): string =>
  host
    .replace(/:\d+$/, "")
    .replace(/^\[(.*)\]$/, "$1")
    .toLowerCase();
