import { createSecureContext, type SecureContext } from "node:tls";
import { LRUCache } from "lru-cache";
import { Agent, type buildConnector, type Dispatcher } from "undici";
import { refuseRedirects } from "./redirects.ts";
import type { TargetGuard } from "./target-guard.ts";

export const CONNECT_MS = 5_000;
const CONNECTIONS_PER_ENDPOINT = 32;
const MAX_AGENTS = 2000;

interface Connections {
  agent: Agent;
  dispatcher: Dispatcher;
  /** One connection under the same rules, for what HTTP is only the beginning of: so without HTTP/2. */
  connect: buildConnector.connector;
}

/** The connections to the clusters' endpoints: one pool per trust, keep-alive, to where the guard permits, and no redirects. */
export class TrustedConnections {
  readonly #guard: TargetGuard;
  readonly #byTrust = new LRUCache<string, Connections>({
    max: MAX_AGENTS,
    // Ends its idle connections now, and the others after what is under way.
    dispose: ({ agent }, _, reason) => void (reason === "evict" && agent.close()),
  });

  constructor(guard: TargetGuard) {
    this.#guard = guard;
  }

  /** @param caCertificate PEM, trusted beside the public authorities. */
  trusting(caCertificate: string | null): Connections {
    const key = caCertificate ?? "";
    const known = this.#byTrust.get(key);
    if (known) return known;
    const options = {
      timeout: CONNECT_MS,
      ...(caCertificate ? { secureContext: contextWith(caCertificate) } : {}),
    };
    const agent = new Agent({
      connections: CONNECTIONS_PER_ENDPOINT,
      keepAliveTimeout: 30_000,
      connect: this.#guard.connector(options),
    });
    const connect = this.#guard.connector({ ...options, allowH2: false });
    const made = { agent, dispatcher: agent.compose(refuseRedirects), connect };
    this.#byTrust.set(key, made);
    return made;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#byTrust.values()].map(({ agent }) => agent.destroy()));
  }
}

/** tls's `ca` replaces the public authorities; adding to them this way shares them among all contexts (50 KiB each, not 1 MiB). */
function contextWith(caCertificate: string): SecureContext {
  const secure = createSecureContext();
  (secure.context as { addCACert(pem: string): void }).addCACert(caCertificate);
  return secure;
}
