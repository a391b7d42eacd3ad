import { jwtVerify, SignJWT } from "jose";
import { LRUCache } from "lru-cache";
import { z } from "zod";
import { CodedError } from "./errors.ts";
import { ROLES } from "./permissions.ts";

/** An empty part is refused: a selector takes it for "all", and nobody who writes one into a scope means that. */
const some = <T extends z.ZodType>(item: T) =>
  z.array(item).min(1, "must not be empty; leave it out to allow all").optional();

/** Which clusters an identity may see: those that match every given part. `null` is every cluster of the tenant. */
export const ClusterScope = z.strictObject({
  ids: some(z.uuid()),
  labelSelector: z.string().regex(/\S/, "must not be empty; leave it out to allow all").optional(),
  environments: some(z.enum(["PRODUCTION", "STAGING", "DEVELOPMENT", "LAB"])),
  regions: some(z.string()),
  types: some(z.enum(["HUB", "SPOKE", "EDGE", "FAR_EDGE"])),
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
});
export type Identity = z.infer<typeof Identity>;

const LIFETIME_SECONDS = 120;
const ISSUER = "aiops-gateway";
const AUDIENCE = "aiops-subgraph";

/**
 * The internal token between gateway and subgraphs: a short-lived HS256 JWT over the identity. Signing and verifying are
 * remembered for part of the token's life, since one operation needs several.
 */
export class InternalTokens {
  readonly #key: Uint8Array;
  // By the wall clock, as tokens expire by it: a monotonic one may stand still while the machine sleeps.
  readonly #signed = new LRUCache<string, Promise<string>>({
    max: 1000,
    ttl: (LIFETIME_SECONDS / 2) * 1000,
    perf: Date,
  });
  readonly #verified = new LRUCache<string, Identity>({ max: 1000, ttl: (LIFETIME_SECONDS / 4) * 1000, perf: Date });

  /** @param secret at least 32 characters, shared by the gateway and the subgraphs. */
  constructor(secret: string) {
    this.#key = new TextEncoder().encode(secret);
  }

  sign(identity: Identity): Promise<string> {
    const key = JSON.stringify(identity);
    const known = this.#signed.get(key);
    if (known) return known;
    const signed = new SignJWT({ identity })
      .setProtectedHeader({ alg: "HS256" })
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setIssuedAt()
      .setExpirationTime(`${LIFETIME_SECONDS}s`)
      .sign(this.#key);
    this.#signed.set(key, signed);
    return signed;
  }

  /** @throws UNAUTHENTICATED for a token that is missing, foreign, altered or expired. */
  async verify(token: string | undefined): Promise<Identity> {
    const known = token && this.#verified.get(token);
    if (known) return known;
    try {
      const { payload } = await jwtVerify(token ?? "", this.#key, {
        issuer: ISSUER,
        audience: AUDIENCE,
        algorithms: ["HS256"],
        requiredClaims: ["exp"],
      });
      const identity = Identity.parse(payload["identity"]);
      this.#verified.set(token ?? "", identity, { ttl: this.#remember(payload.exp) });
      return identity;
    } catch (cause) {
      throw new CodedError("UNAUTHENTICATED", "A valid internal token is required.", undefined, { cause });
    }
  }

  #remember(exp: number | undefined): number {
    return Math.max(1, Math.min((LIFETIME_SECONDS / 4) * 1000, (exp ?? 0) * 1000 - Date.now()));
  }
}

/** The part of an identity that decides what its operations may see; equal keys may share a result, others never. */
export const authorisationKey = (identity: Identity): string =>
  JSON.stringify([
    identity.tenant,
    identity.user,
    [...identity.roles].sort(),
    [...identity.groups].sort(),
    identity.scope,
  ]);
