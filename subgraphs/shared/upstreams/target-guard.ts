import { type LookupAddress, type LookupOptions, lookup } from "node:dns";
import type { LookupFunction } from "node:net";
import { buildConnector } from "undici";
import { CodedError } from "../kernel/errors.ts";
import { parseAddress } from "../kernel/network/address.ts";
import { reachOf } from "../kernel/network/reach.ts";
import { namesTarget, type TargetAllow } from "../kernel/network/target-allow.ts";

/** All addresses of a host name, as the system finds them. */
export type Resolve = (
  host: string,
  options: LookupOptions,
  callback: (error: NodeJS.ErrnoException | null, found: LookupAddress[]) => void,
) => void;

export interface TargetRules {
  /** Whether the whole deployment can only be asked from this machine: its user may then name what this machine reaches. */
  loopbackOnly: boolean;
  /** What may be reached besides public addresses over TLS. */
  allow: TargetAllow;
}

const NEVER = "Link-local, metadata, unspecified and multicast addresses are never asked.";
const BEYOND_LOOPBACK =
  "Only public addresses are asked, by https; any other host or address has to be named in the server's AIOPS_TARGET_ALLOW.";

/**
 * The one place that decides where a URL that a user gave may lead. What is checked is what is connected to: the addresses that
 * a name resolves to are checked and handed to the connection, and never looked up again.
 */
export class TargetGuard {
  readonly #loopbackOnly: boolean;
  readonly #allow: TargetAllow;
  readonly #resolve: Resolve;
  readonly #rule: string;

  constructor({ loopbackOnly, allow }: TargetRules, resolve: Resolve = systemResolve) {
    this.#loopbackOnly = loopbackOnly;
    this.#allow = allow;
    this.#resolve = resolve;
    this.#rule = `This target is not allowed. ${loopbackOnly ? "" : `${BEYOND_LOOPBACK} `}${NEVER}`;
  }

  /**
   * Refuses at once what can be told without resolving a name. Names are looked up when they are connected to, and only then.
   * @param fields each URL by its field; an object has fields of its own.
   * @throws TARGET_NOT_ALLOWED; details.issues names each field.
   */
  checkUrls(fields: object): void {
    const issues = urlsIn(fields)
      .filter(({ url }) => !this.#mayBeNamed(url))
      .map(({ path }) => ({ path, message: this.#rule }));
    if (issues.length === 0) return;
    throw new CodedError("TARGET_NOT_ALLOWED", `${issues.map(({ path }) => path).join(", ")}: ${this.#rule}`, {
      issues,
    });
  }

  /** For an undici Agent's `connect`. Its failures are TARGET_NOT_ALLOWED, or the system's own. */
  connector(options: buildConnector.BuildOptions): buildConnector.connector {
    const secure = buildConnector({ ...options, lookup: this.lookup({ secure: true }) });
    const plain = buildConnector({ ...options, lookup: this.lookup({ secure: false }) });
    return (target, connected) => {
      const overTls = target.protocol === "https:";
      // An address is not looked up: it is checked here.
      if (parseAddress(target.hostname) && !this.#permits(overTls, target.hostname, target.hostname)) {
        queueMicrotask(() => connected(this.#refusal(), null));
      } else (overTls ? secure : plain)(target, connected);
    };
  }

  /**
   * For the `lookup` of `net.connect`, `tls.connect` and what is built on them: the addresses of a name that may be connected to,
   * fixed for this connection. It is not called for a host that is an address: `checkUrls` sees those.
   */
  lookup({ secure }: { secure: boolean }): LookupFunction {
    return (host, options, callback) => {
      this.#resolve(host, options, (error, found) => {
        if (error) return callback(error, []);
        const permitted = found.filter(({ address }) => this.#permits(secure, host, address));
        const [first] = permitted;
        if (!first) callback(this.#refusal(), []);
        else if (options.all) callback(null, permitted);
        else callback(null, first.address, first.family);
      });
    };
  }

  #permits(secure: boolean, host: string, text: string): boolean {
    const address = parseAddress(text);
    const reach = address ? reachOf(address) : "never";
    if (!address || reach === "never") return false;
    return this.#loopbackOnly || (secure && reach === "public") || namesTarget(this.#allow, host, address);
  }

  #mayBeNamed(text: string): boolean {
    const url = URL.parse(text);
    if (!url) return false;
    const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
    return !parseAddress(host) || this.#permits(url.protocol === "https:", host, host);
  }

  /** Says the rule alone: what the name resolved to would make a scanner of this server. */
  #refusal(): CodedError {
    return new CodedError("TARGET_NOT_ALLOWED", this.#rule);
  }
}

const systemResolve: Resolve = (host, options, callback) => lookup(host, { ...options, all: true }, callback);

function urlsIn(fields: object, prefix = ""): { path: string; url: string }[] {
  return Object.entries(fields).flatMap(([name, value]: [string, unknown]) => {
    const path = `${prefix}${name}`;
    if (typeof value === "string") return [{ path, url: value }];
    return typeof value === "object" && value !== null ? urlsIn(value, `${path}.`) : [];
  });
}
