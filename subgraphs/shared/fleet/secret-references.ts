import { z } from "zod";
import { CodedError } from "../kernel/errors.ts";
import { type IssuedToken, tokenExpiry } from "../upstreams/bearer-token.ts";
import type { HomeCluster } from "../upstreams/kubernetes/home-cluster.ts";

/** "namespace/name" or "namespace/name/key"; the key is "token" unless given. */
export const SECRET_REFERENCE =
  /^(?<namespace>[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)\/(?<name>[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?)(\/(?<key>[A-Za-z0-9._-]{1,253}))?$/;
const DEFAULT_KEY = "token";

/** Which namespaces' Secrets the owners of a tenant's clusters may refer to. */
export interface SecretsNamespace {
  tenant: string;
  namespace: string;
}

const Secret = z.object({ data: z.record(z.string(), z.string()).default({}) });
const TOKEN = /^[\x21-\x7e]{1,16384}$/;
/** As long as a token read from a Secret is used without looking again. */
const KEPT_MS = 300_000;
const LOOKED_AGAIN_MS = 15_000;

/**
 * Tokens that are kept in Secrets of the platform's own cluster: the reference is stored, and the token read where it is used. Only
 * the namespaces that the operator gives a tenant: a reference to any other Secret would send that to a server of the user's choice.
 */
export class SecretReferences {
  readonly #home: HomeCluster;
  readonly #namespaces: readonly SecretsNamespace[];

  constructor(home: HomeCluster, namespaces: readonly SecretsNamespace[]) {
    this.#home = home;
    this.#namespaces = namespaces;
  }

  /** @throws CREDENTIALS_INVALID, or an upstream's code, saying which Secret and what is wrong with it. */
  async read(reference: string, tenantId: string, signal: AbortSignal): Promise<IssuedToken> {
    const { namespace = "", name = "", key = DEFAULT_KEY } = SECRET_REFERENCE.exec(reference)?.groups ?? {};
    if (!this.#namespaces.some((given) => given.tenant === tenantId && given.namespace === namespace)) {
      const why = `AIOPS_SECRETS_NAMESPACES does not give the namespace "${namespace}" to the tenant "${tenantId}"`;
      throw invalid(`The Secret ${namespace}/${name} may not be referred to: ${why}.`);
    }
    const data = await this.#data(namespace, name, signal);
    const token = Buffer.from(data[key] ?? "", "base64")
      .toString("utf8")
      .trim();
    if (data[key] === undefined) throw invalid(`The Secret ${namespace}/${name} has no key "${key}".`);
    if (!TOKEN.test(token)) throw invalid(`The key "${key}" of the Secret ${namespace}/${name} holds no token.`);
    const now = Date.now();
    const endsAt = tokenExpiry(token)?.getTime() ?? Number.POSITIVE_INFINITY;
    // One that has ended is looked for again, and not at every request.
    const renewAt = Math.max(now + LOOKED_AGAIN_MS, Math.min(now + KEPT_MS, endsAt));
    return { token, renewAt, endsAt };
  }

  async #data(namespace: string, name: string, signal: AbortSignal): Promise<Record<string, string>> {
    const client = await this.#home.client();
    try {
      return (await client.read(Secret, `/api/v1/namespaces/${namespace}/secrets/${name}`, { signal })).data;
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      const status = error.details?.["status"];
      if (status === 404) throw invalid(`There is no Secret ${namespace}/${name}.`);
      if (status === 403) throw invalid(`The platform may not read the Secret ${namespace}/${name}: it needs "get".`);
      const message = `The Secret ${namespace}/${name} cannot be read: ${error.message}`;
      throw new CodedError(error.code, message, undefined, { cause: error });
    }
  }
}

const invalid = (message: string): CodedError => new CodedError("CREDENTIALS_INVALID", message);
