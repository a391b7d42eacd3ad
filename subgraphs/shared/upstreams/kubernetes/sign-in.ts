import type { Cluster, User } from "@kubernetes/client-node";
import { CodedError } from "../../kernel/errors.ts";
import { expired, type TokenSource, tokenExpiry } from "../bearer-token.ts";
import { loadKubeconfig } from "./kubeconfig.ts";

/** How to sign in: a kubeconfig's text, or a bearer token that is replaced while it is in use. */
export type KubernetesSignIn = string | { token: TokenSource; caCertificate: string | null };

/** A sign-in as the client uses it: what stays, and the token where it does not. */
export class Session {
  readonly cluster: Cluster;
  readonly user: User;
  readonly #token: TokenSource | null;
  readonly #expiresAt: Date | null;

  private constructor(cluster: Cluster, user: User, token: TokenSource | null, expiresAt: Date | null) {
    this.cluster = cluster;
    this.user = user;
    this.#token = token;
    this.#expiresAt = expiresAt;
  }

  /** @throws CREDENTIALS_INVALID for a kubeconfig that is not safe to use here. */
  static async open(signIn: KubernetesSignIn): Promise<Session> {
    if (typeof signIn === "string") {
      const { cluster, user, facts } = await loadKubeconfig(signIn);
      return new Session(cluster, user, null, facts.expiresAt);
    }
    const ca = signIn.caCertificate ? { caData: Buffer.from(signIn.caCertificate).toString("base64") } : {};
    const cluster = { name: "default", server: "", skipTLSVerify: false, ...ca } satisfies Cluster as Cluster;
    return new Session(cluster, { name: "default" }, signIn.token, null);
  }

  /** The same server, and nobody who signs in. */
  anonymous(): Session {
    return new Session(this.cluster, { name: "default" }, null, null);
  }

  /** Whether what was refused once may be accepted the next time. */
  get renews(): boolean {
    return this.#token !== null;
  }

  /** The Authorization header of now, where it is not the library's to make. */
  async authorization(): Promise<string | null> {
    return this.#token && `Bearer ${await this.#token.get()}`;
  }

  /**
   * Runs `ask`, and once more where its token was refused and there is a newer one.
   * @throws CREDENTIALS_EXPIRED for a refusal after the credentials' end.
   */
  async run<T>(signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
    const used = (await this.#token?.get(signal)) ?? null;
    try {
      return await ask();
    } catch (error) {
      if (!isUnauthorized(error)) throw error;
      if (used && (await this.#token?.renew(used, signal))) return await ask();
      throw expired(used ? tokenExpiry(used) : this.#expiresAt) ?? error;
    }
  }
}

const isUnauthorized = (error: unknown): boolean => error instanceof CodedError && error.details?.["status"] === 401;
