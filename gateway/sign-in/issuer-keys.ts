import { createLocalJWKSet, errors, type JWTVerifyGetKey } from "jose";
import { Agent, request } from "undici";
import { z } from "zod";
import type { Logger } from "../../subgraphs/shared/kernel/log.ts";
import { isTrustworthyUrl } from "../../subgraphs/shared/kernel/sign-in-config.ts";

const Discovery = z.object({ issuer: z.string(), jwks_uri: z.string().refine(isTrustworthyUrl) });
const KeySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).max(100) });

/** From then on keys are fetched again, for those that the issuer has taken back. */
const FRESH_MS = 600_000;
/** Keys serve as long as the issuer cannot be asked, but not longer. */
const USABLE_MS = 86_400_000;
/** How often at most it is asked, whatever tokens come, and after it failed. */
const PAUSE_MS = 30_000;
const RETRY_MS = 5000;
const PATIENCE_MS = 5000;
const MAX_BYTES = 1024 * 1024;

/** The keys that an OIDC issuer signs with now: https://openid.net/specs/openid-connect-discovery-1_0.html. */
export class IssuerKeys {
  readonly #issuer: string;
  readonly #log: Logger;
  readonly #now: () => number;
  readonly #agent = new Agent({ connect: { timeout: PATIENCE_MS }, maxResponseSize: MAX_BYTES });
  #keys: JWTVerifyGetKey | undefined;
  #fetchedAt = Number.NEGATIVE_INFINITY;
  #askAgainAt = Number.NEGATIVE_INFINITY;
  #pending: Promise<boolean> | undefined;

  constructor({ issuer, log, now = Date.now }: { issuer: string; log: Logger; now?: (() => number) | undefined }) {
    this.#issuer = issuer;
    this.#log = log;
    this.#now = now;
  }

  /** Whether there are any; if not, the issuer is asked. */
  async ready(): Promise<boolean> {
    if (this.#usable()) {
      // Nobody waits for the issuer while the known keys serve.
      if (this.#now() - this.#fetchedAt >= FRESH_MS) void this.#fetch();
      return true;
    }
    await this.#fetch();
    return this.#usable() !== undefined;
  }

  /** A key that is not known may be new. */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    try {
      return await this.#known(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || !(await this.#fetch())) throw error;
      return await this.#known(header, token);
    }
  };

  close(): Promise<void> {
    return this.#agent.destroy();
  }

  #usable(): JWTVerifyGetKey | undefined {
    return this.#now() - this.#fetchedAt < USABLE_MS ? this.#keys : undefined;
  }

  readonly #known: JWTVerifyGetKey = (header, token) => {
    const keys = this.#usable();
    if (!keys) throw new errors.JWKSNoMatchingKey();
    return keys(header, token);
  };

  /** Whether there may be other keys now. */
  #fetch(): Promise<boolean> {
    if (this.#pending) return this.#pending;
    if (this.#now() < this.#askAgainAt) return Promise.resolve(false);
    this.#pending = this.#fetched()
      .then(
        (keys) => {
          this.#keys = keys;
          this.#fetchedAt = this.#now();
          this.#askAgainAt = this.#now() + PAUSE_MS;
          return true;
        },
        (error: unknown) => {
          this.#askAgainAt = this.#now() + RETRY_MS;
          this.#log.warn({ err: error, issuer: this.#issuer }, "the OIDC issuer's keys cannot be read");
          return false;
        },
      )
      .finally(() => {
        this.#pending = undefined;
      });
    return this.#pending;
  }

  async #fetched(): Promise<JWTVerifyGetKey> {
    const url = `${this.#issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
    const { issuer, jwks_uri } = Discovery.parse(await this.#json(url));
    // Tokens name their issuer as it does itself, to the letter.
    if (issuer !== this.#issuer)
      throw new Error(`It calls itself ${JSON.stringify(issuer)}: set AIOPS_OIDC_ISSUER so.`);
    return createLocalJWKSet(KeySet.parse(await this.#json(jwks_uri)));
  }

  async #json(url: string): Promise<unknown> {
    const { statusCode, body } = await request(url, {
      dispatcher: this.#agent,
      headers: { accept: "application/json" },
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    if (statusCode === 200) return await body.json();
    await body.dump();
    throw new Error(`${url} answered with HTTP ${statusCode}.`);
  }
}
