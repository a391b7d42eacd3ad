import { decodeJwt, errors, type JWTPayload, jwtVerify } from "jose";
import { z } from "zod";
import type { Logger } from "../../subgraphs/shared/kernel/log.ts";
import type { AccessRules } from "../../subgraphs/shared/kernel/sign-in-config.ts";
import { accessOf, type Vouched } from "./access.ts";
import { IssuerKeys } from "./issuer-keys.ts";
import { Remembered } from "./remembered.ts";
import { cannotCheck, type SignIn } from "./sign-in.ts";

export interface OidcOptions {
  issuer: string;
  audience: string;
  userClaim: string;
  groupsClaim: string;
  access: AccessRules;
  log: Logger;
  now?: () => number;
}

/** Signatures by a key pair: with a shared secret, whoever can verify could also sign. */
const ALGORITHMS = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
];
/** By how much the issuer's clock and ours may differ. */
const SKEW_SECONDS = 60;
/** A key that the issuer took back is noticed after that, too. */
const KEEP_MS = 60_000;

/** Names that begin so are Kubernetes's own. */
const RESERVED = /^system:/;
const User = z
  .string()
  .min(1)
  .max(256)
  .regex(/^(?!system:)/);
const Groups = z
  .union([z.array(z.string()), z.string().transform((group) => [group])])
  .default([])
  .transform((groups) => groups.filter((group) => !RESERVED.test(group)));

/** JWTs of one OIDC issuer, for one audience. */
export function oidc(options: OidcOptions): SignIn & { close(): Promise<void> } {
  const { issuer, audience, access, log, now = Date.now } = options;
  const keys = new IssuerKeys({ issuer, log, now });
  const remembered = new Remembered<Vouched>({ keepMs: KEEP_MS, now });

  const verified = async (token: string): Promise<JWTPayload | null> => {
    try {
      const { payload } = await jwtVerify(token, keys.find, {
        issuer,
        audience,
        algorithms: ALGORITHMS,
        clockTolerance: SKEW_SECONDS,
        requiredClaims: ["exp"],
        currentDate: new Date(now()),
      });
      return payload;
    } catch (error) {
      if (!(error instanceof errors.JOSEError)) throw error;
      const claim = error instanceof errors.JWTClaimValidationFailed ? error.claim : undefined;
      log.info({ reason: error.code, claim, issuer }, "a token of the OIDC issuer was refused");
      return null;
    }
  };

  const vouchedFor = async (token: string): Promise<Vouched | null> => {
    if (!(await keys.ready())) throw cannotCheck();
    const payload = await verified(token);
    if (!payload) return null;
    const user = User.safeParse(payload[options.userClaim]).data;
    const groups = Groups.safeParse(payload[options.groupsClaim] ?? undefined).data;
    if (user === undefined || groups === undefined) {
      const claim = user === undefined ? options.userClaim : options.groupsClaim;
      log.info({ reason: "UNUSABLE_CLAIM", claim, issuer }, "a token of the OIDC issuer was refused");
      return null;
    }
    const expiresAt = new Date(((payload.exp ?? 0) + SKEW_SECONDS) * 1000);
    return { via: "oidc", user, groups, expiresAt };
  };

  return {
    name: "OIDC",
    accepts: (token) => issuerOf(token) === issuer,
    async signIn(token) {
      const vouched = await remembered.get(token, () => vouchedFor(token));
      return vouched && { identity: accessOf(access, vouched, token, log), expiresAt: vouched.expiresAt };
    },
    close: () => keys.close(),
  };
}

/** As the token says itself: whether that is so is for its signature to tell. */
function issuerOf(token: string): string | undefined {
  if (token.split(".").length !== 3) return undefined;
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}
