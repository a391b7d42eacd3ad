import type { UpstreamCall } from "../server/answer.ts";

/** Somebody whom an API server knows beside its own service account. */
export interface Person {
  readonly name: string;
  readonly groups: readonly string[];
}

/** Whom a cluster's API server knows by tokens of their own, and what they may do: everything in some namespaces. */
export class People {
  readonly #tokens = new Map<string, Person>();
  /** By the name of a user or a group; "*" is everywhere, and what is of no namespace. */
  readonly #grants = new Map<string, readonly string[]>();

  know(token: string, person: Person): void {
    this.#tokens.set(token, person);
  }

  forget(token: string): void {
    this.#tokens.delete(token);
  }

  of(token: string): Person | undefined {
    return this.#tokens.get(token);
  }

  grant(to: string, namespaces: readonly string[]): void {
    this.#grants.set(to, namespaces);
  }

  may({ name, groups }: Person, namespace: string | undefined): boolean {
    const granted = [name, ...groups].flatMap((each) => this.#grants.get(each) ?? []);
    return granted.includes("*") || (namespace !== undefined && granted.includes(namespace));
  }
}

const utf8 = (header: string): string => Buffer.from(header, "latin1").toString("utf8");

/** Whom the caller asks to be taken for. */
export function impersonated({ headers }: UpstreamCall): Person | undefined {
  const name = headers["impersonate-user"];
  if (name === undefined) return undefined;
  const groups = headers["impersonate-group"]?.split(", ").map(utf8) ?? [];
  return { name: utf8(name), groups };
}
