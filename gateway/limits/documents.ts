import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  type OperationTypeNode,
  parse,
  print,
} from "graphql";
import { LRUCache } from "lru-cache";
import { ENTRY_CHARACTERS, textCache } from "../../subgraphs/shared/kernel/text-cache.ts";
import { LIMITS } from "./limits.ts";
import { validateDocument } from "./validate.ts";

/** Of documents kept, in characters: some 25 MiB as trees. */
const MOST_CHARACTERS = 300_000;

/**
 * Where Apollo Server keeps the documents that it parsed, by their hashes. Its own store weighs them as JSON: that is a quarter of
 * what a tree takes in memory, and nothing of its text, whose comments may have megabytes.
 */
export function documentStore() {
  const kept = new LRUCache<string, DocumentNode>({
    maxSize: MOST_CHARACTERS,
    sizeCalculation: ({ loc }) => (loc?.end ?? 0) + ENTRY_CHARACTERS,
  });
  return {
    get: async (hash: string) => kept.get(hash),
    set: async (hash: string, document: DocumentNode) => void kept.set(hash, document),
    delete: async (hash: string) => kept.delete(hash),
  };
}

export interface Document {
  document: DocumentNode;
  /** Printed, so that equal documents have equal texts. */
  text: string;
}

/** Parses and validates the documents of transports that do not pass through Apollo Server, under the same limits. */
export class Documents {
  readonly #schema: () => GraphQLSchema;
  readonly #known = textCache<{ schema: GraphQLSchema } & Document>(MOST_CHARACTERS);

  /** @param schema the current one; a document is validated again when it has changed. */
  constructor(schema: () => GraphQLSchema) {
    this.#schema = schema;
  }

  /** The kind of operation, or null when the name fits none. @throws GraphQLError GRAPHQL_PARSE_FAILED */
  kindOf(query: string, operationName: string | undefined): OperationTypeNode | null {
    const document = this.#known.get(query)?.document ?? this.#parse(query);
    return getOperationAST(document, operationName)?.operation ?? null;
  }

  /** @throws GraphQLError GRAPHQL_PARSE_FAILED, or an AggregateError of what the schema and the limits find. */
  validated(query: string): Document {
    const schema = this.#schema();
    const known = this.#known.get(query);
    if (known?.schema === schema) return known;
    const document = this.#parse(query);
    const errors = validateDocument(schema, document);
    if (errors.length > 0) throw new AggregateError(errors);
    const entry = { schema, document, text: print(document) };
    this.#known.set(query, entry);
    return entry;
  }

  #parse(query: string): DocumentNode {
    try {
      return parse(query, { maxTokens: LIMITS.tokens });
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error;
      const { message, source, positions } = error;
      throw new GraphQLError(message, {
        ...(source ? { source } : {}),
        ...(positions ? { positions } : {}),
        extensions: { code: "GRAPHQL_PARSE_FAILED" },
      });
    }
  }
}
