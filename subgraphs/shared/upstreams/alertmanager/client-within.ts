import { CodedError } from "../../kernel/errors.ts";
import { inBoth, isWithin } from "../../kernel/namespaces.ts";
import type { Endpoint, UpstreamHttp } from "../http.ts";
import type { CallOptions } from "../readiness.ts";
import { AlertmanagerClient } from "./client.ts";
import { type Matcher, matcherText } from "./matcher.ts";
import type { ActiveAlert, AlertmanagerStatus, NewSilence, Silence } from "./schema.ts";

/** A cluster's Alertmanager for whoever sees only some namespaces: silences of theirs, and no others. */
export class AlertmanagerWithin extends AlertmanagerClient {
  readonly #namespaces: readonly string[];

  constructor(http: UpstreamHttp, endpoint: Endpoint, namespaces: readonly string[]) {
    super(http, endpoint);
    this.#namespaces = namespaces;
  }

  override async alerts(options: CallOptions): Promise<ActiveAlert[]> {
    const alerts = await super.alerts(options);
    return alerts.filter(({ labels }) => isWithin(this.#namespaces, labels["namespace"]));
  }

  override async status(_options: CallOptions): Promise<AlertmanagerStatus> {
    throw new CodedError("FORBIDDEN", "It is of all namespaces: it needs a scope without namespaces.");
  }

  override async silences(options: CallOptions): Promise<Silence[]> {
    return (await super.silences(options)).filter((silence) => isOfNamespaces(silence, this.#namespaces));
  }

  override async silence(id: string, options: CallOptions): Promise<Silence> {
    const silence = await super.silence(id, options);
    if (isOfNamespaces(silence, this.#namespaces)) return silence;
    throw new CodedError("SILENCE_NOT_FOUND", "Its Alertmanager has no such silence.");
  }

  /** @throws FORBIDDEN for one that reaches beyond the namespaces */
  override async postSilence(silence: NewSilence & { id?: string }, options: CallOptions): Promise<string> {
    if (!isOfNamespaces(silence, this.#namespaces)) {
      const example = matcherText({
        name: "namespace",
        value: this.#namespaces[0] ?? "",
        isRegex: false,
        isEqual: true,
      });
      throw new CodedError(
        "FORBIDDEN",
        `A silence of yours needs a matcher of a namespace that you see, such as ${example.replace("*", "a")}.`,
      );
    }
    if (silence.id !== undefined) await this.silence(silence.id, options);
    return await super.postSilence(silence, options);
  }

  override async expireSilence(id: string, options: CallOptions): Promise<void> {
    await this.silence(id, options);
    await super.expireSilence(id, options);
  }
}

/** Whether one of its matchers says that it reaches no further: by a name, or by names and beginnings as a scope has them. */
const isOfNamespaces = ({ matchers }: { matchers: readonly Matcher[] }, namespaces: readonly string[]): boolean =>
  matchers.some(({ name, value, isRegex, isEqual }) => {
    if (name !== "namespace" || !isEqual) return false;
    return isRegex ? value.split("|").every((part) => isCovered(part, namespaces)) : isWithin(namespaces, value);
  });

function isCovered(part: string, namespaces: readonly string[]): boolean {
  const pattern = part.replace(/\.\*$/, "*");
  return /^[a-z0-9][a-z0-9-]*\*?$/.test(pattern) && inBoth(namespaces, [pattern]).includes(pattern);
}
