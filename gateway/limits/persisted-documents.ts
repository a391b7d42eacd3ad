import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { LRUCache } from "lru-cache";
import { z } from "zod";
import { ConfigError } from "../../subgraphs/shared/kernel/config.ts";
import { CodedError } from "../../subgraphs/shared/kernel/errors.ts";
import { ENTRY_CHARACTERS } from "../../subgraphs/shared/kernel/text-cache.ts";

const MOST_CHARACTERS = 16 * 1024 * 1024;

export interface DocumentRequest {
  /** None, or an empty one, where only the hash is sent. */
  query?: string | undefined;
  extensions?: { persistedQuery?: { version: number; sha256Hash: string } | undefined } | undefined;
}

export const hashOf = (text: string): string => createHash("sha256").update(text).digest("hex");

/**
 * Documents that clients name by their hash: those that this server was given, and those that a client has sent once. It is
 * also what Apollo Server keeps them in.
 */
export class PersistedDocuments {
  readonly #trusted: ReadonlyMap<string, string> | null;
  readonly #sent = new LRUCache<string, string>({
    maxSize: MOST_CHARACTERS,
    sizeCalculation: ({ length }) => length + ENTRY_CHARACTERS,
  });

  /** @param trusted those that this server was given, by their hash; null where any may be asked. */
  constructor(trusted: ReadonlyMap<string, string> | null) {
    this.#trusted = trusted;
  }

  /** Whether everybody who is signed in may ask it. */
  isTrusted(hash: string): boolean {
    return this.#trusted?.has(hash) ?? true;
  }

  /** The document of a request, by its hash where that is all that was sent. @throws PERSISTED_QUERY_NOT_FOUND, BAD_USER_INPUT */
  textOf({ query, extensions }: DocumentRequest): string {
    const named = extensions?.persistedQuery;
    if (query) {
      if (!named || named.sha256Hash === hashOf(query)) return query;
      throw new CodedError("BAD_USER_INPUT", "The hash is not that of the document.");
    }
    const known = named && this.#find(named.sha256Hash);
    if (known) return known;
    // Clients know this text, and answer it with the document.
    if (named) throw new CodedError("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound");
    throw new CodedError("BAD_USER_INPUT", "A GraphQL request needs a query, or the hash of one.");
  }

  remember({ query, extensions }: DocumentRequest): void {
    if (query && extensions?.persistedQuery) this.#sent.set(extensions.persistedQuery.sha256Hash, query);
  }

  /** As Apollo Server wants it. */
  readonly cache = {
    get: async (key: string) => this.#find(key.slice(key.indexOf(":") + 1)),
    set: async (key: string, text: string) => void this.#sent.set(key.slice(key.indexOf(":") + 1), text),
    delete: async () => false,
  };

  #find(hash: string): string | undefined {
    return this.#trusted?.get(hash) ?? this.#sent.get(hash);
  }
}

/** A file of documents by their SHA-256. @throws ConfigError */
export async function readTrustedDocuments(file: string): Promise<ReadonlyMap<string, string>> {
  const wrong = (why: string, cause?: unknown) =>
    new ConfigError(`AIOPS_TRUSTED_DOCUMENTS: ${file} ${why}. It holds {"<sha256 of the document>": "<document>"}.`, {
      cause,
    });
  const parsed = await readFile(file, "utf8")
    .then((text) => z.record(z.string(), z.string()).parse(JSON.parse(text)))
    .catch((cause: unknown) => {
      throw wrong("cannot be read", cause);
    });
  const entries = Object.entries(parsed);
  const stray = entries.find(([hash, text]) => hash !== hashOf(text));
  if (stray) throw wrong(`has ${JSON.stringify(stray[0].slice(0, 64))}, which is not the hash of its document`);
  return new Map(entries);
}
