import { hkdfSync } from "node:crypto";
import { CompactEncrypt, compactDecrypt, errors, type JWTPayload, jwtVerify, SignJWT } from "jose";
import { LRUCache } from "lru-cache";
import { z } from "zod";
import { CodedError } from "./errors.ts";
import { Namespaces } from "./namespaces.ts";
import { ROLES } from "./permissions.ts";
import { UserToken, Vouched, vouchedKey } from "./vouched.ts";

/** An empty part is refused: a selector takes it for "all", and nobody who writes one into a scope means that. */
const some = <T extends z.ZodType>(item: T) =>
  z.array(item).min(1, "must not be empty; leave it out to allow all").optional();

/** What an identity may see: the clusters that match every given part, and some of their namespaces. `null` is all of the tenant. */
export const ClusterScope = z.strictObject({
  ids: some(z.uuid()),
  labelSelector: z.string().regex(/\S/, "must not be empty; leave it out to allow all").optional(),
  environments: some(z.enum(["PRODUCTION", "STAGING", "DEVELOPMENT", "LAB"])),
  regions: some(z.string()),
  types: some(z.enum(["HUB", "SPOKE", "EDGE", "FAR_EDGE"])),
  /** Only what is of these namespaces in those clusters, and nothing that is of none. */
  namespaces: Namespaces.optional(),
});
export type ClusterScope = z.infer<typeof ClusterScope>;

/** Who asks. Made by the gateway, signed, and verified by every subgraph: in process and over HTTP alike. */
export const Identity = z.strictObject({
  user: z.string().min(1).max(256),
  groups: z.array(z.string()).default([]),
  roles: z.array(z.enum(ROLES)).min(1),
  tenant: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,61}$/)
    .default("default"),
  scope: ClusterScope.nullable().default(null),
  /** The API token of ours that they signed in with, by its id; they are not there themselves. */
  apiToken: z.uuid().optional(),
  /** What is known of them elsewhere, for clusters that are asked in their users' names. */
  vouched: Vouched.optional(),
  /** A part of ours asks for them while they are not there: in nobody's name. */
  unattended: z.literal(true).optional(),
});
export type Identity = z.infer<typeof Identity>;

/** Somebody for whom a part of ours works on while they are not there, as they were stored. */
export function unattended(stored: unknown): Identity {
  const { vouched: _, ...identity } = Identity.parse(stored);
  return { ...identity, unattended: true };
}

const LIFETIME_SECONDS = 120;
const ISSUER = "aiops-gateway";
/** Of all of a request's headers together: one of them is a token, with all groups and a token of a user's own in it. */
export const MOST_HEADER_BYTES = 64 * 1024;
/** For whom a token is: what signs a hop in at a subgraph opens nothing at the gateway, nor the other way round. */
export type Audience = "aiops-subgraph" | "aiops-gateway";

interface InternalKey {
  signing: Uint8Array;
  /** For users' own tokens, which nobody on the way is to read. */
  sealing: Uint8Array;
}

/**
 * The internal token between gateway and subgraphs, either way: a short-lived HS256 JWT over the identity. Signing and verifying are
 * remembered for part of the token's life, since one operation needs several.
 */
export class InternalTokens {
  /** The first signs; what any of them has signed is believed. */
  readonly #keys: readonly [InternalKey, ...InternalKey[]];
  // By the wall clock, as tokens expire by it: a monotonic one may stand still while the machine sleeps.
  readonly #signed = new LRUCache<string, Promise<string>>({
    max: 1000,
    ttl: (LIFETIME_SECONDS / 2) * 1000,
    perf: Date,
  });
  readonly #verified = new LRUCache<string, Identity>({ max: 1000, ttl: (LIFETIME_SECONDS / 4) * 1000, perf: Date });

  /** @param secrets each at least 32 characters, shared by the gateway and the subgraphs; several while one replaces another. */
  constructor(...[first, ...others]: readonly [string, ...string[]]) {
    this.#keys = [keyOf(first), ...others.map(keyOf)];
  }

  sign(identity: Identity, audience: Audience = "aiops-subgraph"): Promise<string> {
    const token = identity.vouched?.token;
    const key = audience + (token?.hash() ?? "") + JSON.stringify(identity);
    const known = this.#signed.get(key);
    if (known) return known;
    const signed = this.#sign(identity, token, audience);
    this.#signed.set(key, signed);
    return signed;
  }

  /** @throws UNAUTHENTICATED for a token that is missing, foreign, altered or expired. */
  async verify(token: string | undefined, audience: Audience = "aiops-subgraph"): Promise<Identity> {
    const known = token && this.#verified.get(audience + token);
    if (known) return known;
    try {
      const { payload, sealing } = await this.#believed(token ?? "", audience);
      const identity = await opened(Identity.parse(payload["identity"]), payload["token"], sealing);
      this.#verified.set(audience + token, identity, { ttl: this.#remember(payload.exp) });
      return identity;
    } catch (cause) {
      throw new CodedError("UNAUTHENTICATED", "A valid internal token is required.", undefined, { cause });
    }
  }

  async #believed(token: string, audience: Audience): Promise<{ payload: JWTPayload; sealing: Uint8Array }> {
    const options = { issuer: ISSUER, audience, algorithms: ["HS256"], requiredClaims: ["exp"] };
    let refused: unknown;
    for (const { signing, sealing } of this.#keys) {
      try {
        return { payload: (await jwtVerify(token, signing, options)).payload, sealing };
      } catch (error) {
        refused = error;
        if (!(error instanceof errors.JWSSignatureVerificationFailed)) break;
      }
    }
    throw refused;
  }

  async #sign(identity: Identity, token: UserToken | undefined, audience: Audience): Promise<string> {
    const [{ signing, sealing }] = this.#keys;
    const told = token ? { ...identity, vouched: { ...identity.vouched, token: undefined } } : identity;
    const sealed = token && {
      token: await new CompactEncrypt(new TextEncoder().encode(token.reveal()))
        .setProtectedHeader({ alg: "dir", enc: "A256GCM" })
        .encrypt(sealing),
    };
    return await new SignJWT({ identity: told, ...sealed })
      .setProtectedHeader({ alg: "HS256" })
      .setIssuer(ISSUER)
      .setAudience(audience)
      .setIssuedAt()
      .setExpirationTime(`${LIFETIME_SECONDS}s`)
      .sign(signing);
  }

  #remember(exp: number | undefined): number {
    return Math.max(1, Math.min((LIFETIME_SECONDS / 4) * 1000, (exp ?? 0) * 1000 - Date.now()));
  }
}

const keyOf = (secret: string): InternalKey => ({
  signing: new TextEncoder().encode(secret),
  sealing: new Uint8Array(hkdfSync("sha256", secret, "", "aiops user token", 32)),
});

async function opened(identity: Identity, sealed: unknown, key: Uint8Array): Promise<Identity> {
  if (typeof sealed !== "string" || !identity.vouched) return identity;
  const { plaintext } = await compactDecrypt(sealed, key, {
    keyManagementAlgorithms: ["dir"],
    contentEncryptionAlgorithms: ["A256GCM"],
  });
  return { ...identity, vouched: { ...identity.vouched, token: new UserToken(new TextDecoder().decode(plaintext)) } };
}

/** The part of an identity that decides what its operations may see; equal keys may share a result, others never. */
export const authorisationKey = (identity: Identity): string =>
  JSON.stringify([
    identity.tenant,
    identity.user,
    [...identity.roles].sort(),
    [...identity.groups].sort(),
    identity.scope,
    identity.unattended ?? false,
    identity.vouched ? vouchedKey(identity.vouched) : null,
  ]);
