import { buildSubgraphSchema, printSubgraphSchema } from "@apollo/subgraph";

import { type DocumentNode, parse } from "graphql";
import { buildSchema, createResolversMap, type NonEmptyArray, type PubSub } from "./graphql.ts";
import { NamespaceGuard } from "./namespace-guard.ts";
import type { FederatedSchema } from "./subgraph.ts";
import { validateInput } from "./validation.ts";

const LINK = `extend schema @link(
  url: "https://specs.apollo.dev/federation/v2.9"
  import: ["@key", "@shareable", "@external", "@requires", "@provides", "@inaccessible", "@override", "@tag"]
)`;

/** Resolves one reference to an entity; batching is its loader's. Null when the entity is not there, or not for this identity. */
export type ReferenceResolver = (reference: never, context: never) => unknown;

/** A decorated class, of resolvers or of a type. */
export type Class = abstract new (...args: never[]) => object;

export interface SubgraphSchemaOptions {
  resolvers: NonEmptyArray<Class>;
  /** Types reachable only through an interface. */
  orphanedTypes?: Class[];
  references?: Record<string, ReferenceResolver>;
  /** What knows of namespaces, and is open to who sees only some. */
  byNamespace?: string;
}

/** From type-graphql classes to a federation 2 subgraph: its SDL for composition and its executable schema. */
export async function federatedSchema(options: SubgraphSchemaOptions): Promise<FederatedSchema> {
  const schema = await buildSchema({
    resolvers: options.resolvers,
    ...(options.orphanedTypes ? { orphanedTypes: options.orphanedTypes } : {}),
    validateFn: validateInput,
    // The federation directives are unknown to graphql-js until buildSubgraphSchema adds them.
    skipCheck: true,
    // Streams come from `subscribe:`; type-graphql wants a PubSub all the same.
    pubSub: noPubSub,
  });
  const guard = new NamespaceGuard(options.byNamespace ?? "");
  guard.guardFields(schema, options.resolvers);
  const typeDefs: DocumentNode = parse(`${LINK}\n${printSubgraphSchema(schema)}`);
  const resolvers = createResolversMap(schema);
  for (const [type, resolveReference] of Object.entries(options.references ?? {})) {
    const guarded = guard.guardReference(type, resolveReference);
    resolvers[type] = { ...(resolvers[type] as object), __resolveReference: guarded as never };
  }
  guard.settle();
  return { typeDefs, schema: buildSubgraphSchema([{ typeDefs, resolvers: resolvers as never }]) };
}

const noPubSub: PubSub = {
  publish: () => {
    throw new Error("Streams come from the event bus.");
  },
  subscribe: () => {
    throw new Error("Streams come from the event bus.");
  },
};
