import { createHash } from "node:crypto";
import type { UserAccess } from "../../../prisma/generated/enums.ts";
import type { Identity } from "../kernel/auth-context.ts";
import { CodedError } from "../kernel/errors.ts";
import type { UserToken } from "../kernel/vouched.ts";

/** In whose name a cluster is asked, where that is not our own. */
export interface AskedAs {
  access: Exclude<UserAccess, "SERVICE_ACCOUNT">;
  user: string;
  /** All of them, as whoever vouches for the user says. */
  groups: readonly string[];
  /** Their own, where that signs in. */
  token: UserToken | null;
  /** Why the cluster cannot be asked in their name; it is not asked in any other. */
  refusal: string | null;
  /** Equal for those alone who may share what the cluster answers. */
  key: string;
}

/** Kubernetes's own names: who is not known to a Kubernetes by one must not become it. */
const RESERVED = /^system:/;
/** A header's edges are cut off, and some signs end it: what is left would be somebody else. */
const SENDABLE = /^[^\s\p{Cc}](?:[^\p{Cc}]*[^\s\p{Cc}])?$/u;

/** Null where the platform asks for itself: as the cluster is set up, or because nobody is there. */
export function askedAs(identity: Identity, access: UserAccess): AskedAs | null {
  if (access === "SERVICE_ACCOUNT" || identity.unattended) return null;
  const { user, vouched } = identity;
  const groups = vouched?.groups ?? [];
  const token = (access === "USER_TOKEN" && vouched?.token) || null;
  const refusal = access === "USER_TOKEN" ? token === null && NO_TOKEN : impersonationRefusal(identity);
  const key = createHash("sha256")
    .update(JSON.stringify([access, user, groups, token?.hash()]))
    .digest("base64url");
  return { access, user, groups, token, refusal: refusal || null, key };
}

function impersonationRefusal({ user, vouched }: Identity): string | null {
  if (!vouched) return NOT_VOUCHED;
  const names = [user, ...vouched.groups];
  if (!names.every((name) => SENDABLE.test(name))) return UNUSABLE;
  return vouched.by !== "kubernetes" && names.some((name) => RESERVED.test(name)) ? RESERVED_NAME : null;
}

/** @throws CLUSTER_FORBIDS_USER */
export function requireAskable({ access, refusal }: AskedAs): void {
  if (refusal !== null) throw new CodedError("CLUSTER_FORBIDS_USER", refusal, { userAccess: access });
}

const SIGN_IN = "sign in with a token of the OIDC issuer or of a Kubernetes API server";
const NO_TOKEN = `The cluster is asked with its users' own tokens, and you brought none that it could know: ${SIGN_IN}.`;
const NOT_VOUCHED = `The cluster is asked in its users' names, and nobody says here what your groups are: ${SIGN_IN}.`;
const UNUSABLE =
  "The cluster is asked in its users' names, and your name or that of a group of yours has signs in it that cannot be sent.";
const RESERVED_NAME =
  'The cluster is asked in its users\' names, and your name or that of a group of yours begins with "system:": only a Kubernetes API server vouches for those.';
