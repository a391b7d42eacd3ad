import { BadRequest } from "./status.ts";

// As long as etcd keeps old revisions before its compaction.
const TOKEN_LIFETIME = 300;

export interface ContinueToken {
  /** Revision that the first page was read at; -1 for a token that gave up consistency. */
  readonly revision: number;
  /** When that was, in unix seconds. */
  readonly at: number;
  /** The next page begins at the first key that is not smaller. */
  readonly start: string;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly revision: number;
  readonly next?: string;
  readonly remaining: number;
}

function encode(token: ContinueToken): string {
  const { revision: rv, at, start } = token;
  return Buffer.from(JSON.stringify({ v: "meta.k8s.io/v1", rv, at, start })).toString("base64url");
}

function decode(text: string): ContinueToken {
  try {
    const token: unknown = JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
    if (typeof token === "object" && token !== null && "rv" in token && "at" in token && "start" in token) {
      const { rv, at, start } = token;
      if (typeof rv === "number" && typeof at === "number" && typeof start === "string") {
        return { revision: rv, at, start };
      }
    }
  } catch {
    // Falls through to the same answer as for a token of the wrong shape.
  }
  throw new BadRequest(
    "invalid continue token: continue key is not valid: invalid character looking for beginning of value",
  );
}

/** A continue token whose revision was compacted away; `fresh` continues without consistency. */
export class Expired extends Error {
  override readonly name = "Expired";
  readonly fresh: string;

  constructor(fresh: string) {
    super(
      "The provided continue parameter is too old to display a consistent list result. You can start a new list without the " +
        "continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing " +
        "with the provided token results in an inconsistent list - objects that were created, modified, or deleted between " +
        "the time the first chunk was returned and now may show up in the list.",
    );
    this.fresh = fresh;
  }
}

/** One page of a sorted list. Throws BadRequest for a token that is none and Expired for one that is too old. */
export function page<T>(
  all: readonly T[],
  keyOf: (item: T) => string,
  query: { limit: number; token: string; revision: number; now: number },
): Page<T> {
  let { revision, now: at } = query;
  let from = 0;
  if (query.token !== "") {
    const token = decode(query.token);
    if (token.revision >= 0) {
      if (token.at < query.now - TOKEN_LIFETIME) throw new Expired(encode({ ...token, revision: -1 }));
      ({ revision, at } = token);
    }
    const start = token.start.replace(/^\//, "");
    from = all.findIndex((item) => keyOf(item) >= start);
    if (from < 0) from = all.length;
  }
  const items = query.limit > 0 ? all.slice(from, from + query.limit) : all.slice(from);
  const remaining = all.length - from - items.length;
  const last = items.at(-1);
  if (remaining === 0 || last === undefined) return { items, revision, remaining: 0 };
  return { items, revision, remaining, next: encode({ revision, at, start: `/${keyOf(last)}\u0000` }) };
}
