import type { Identity } from "../../subgraphs/shared/kernel/auth-context.ts";
import { CodedError } from "../../subgraphs/shared/kernel/errors.ts";

/** Who it is, and until when that is so; null where it does not end. */
export interface SignedIn {
  identity: Identity;
  expiresAt: Date | null;
  /** Whether a part of ours asks, on their behalf. */
  internal?: boolean | undefined;
  /** Signs the same credentials in again, for what outlives a request; without it, nothing but time can end them. */
  again?: () => Promise<SignedIn>;
}

/** One way to sign in with a bearer token. */
export interface SignIn {
  name: string;
  /** Whether the token is of this way's kind, by its looks alone; no other way is asked then. */
  accepts(token: string): boolean;
  /** Null where it is refused: why is the log's to say. @throws FORBIDDEN, SIGN_IN_UNAVAILABLE */
  signIn(token: string): Promise<SignedIn | null>;
}

export const hasExpired = ({ expiresAt }: SignedIn, now = Date.now()): boolean =>
  expiresAt !== null && expiresAt.getTime() <= now;

export const expiredToken = (): CodedError =>
  new CodedError("UNAUTHENTICATED", "The token has expired; connect again with a new one.");

/** One text for all that can be wrong with a token. */
export const unauthenticated = (): CodedError =>
  new CodedError("UNAUTHENTICATED", 'A valid token is required: "Authorization: Bearer <token>".');

export const cannotCheck = (cause?: unknown): CodedError =>
  new CodedError("SIGN_IN_UNAVAILABLE", "Credentials cannot be checked now. Try again in a moment.", undefined, {
    cause,
  });
