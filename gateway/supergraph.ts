import { composeServices } from "@apollo/composition";
import { Supergraph } from "@apollo/federation-internals";
import { QueryPlanner } from "@apollo/query-planner";
import type { DocumentNode } from "graphql";

/** A supergraph, and where it is from, for people. */
export interface LoadedSupergraph {
  sdl: string;
  origin: string;
  close: () => Promise<void>;
}

/** Where the gateway's schema comes from. */
export interface SupergraphSource {
  /** The first one; `onChange` is told each later SDL until `close`. */
  load(onChange: (sdl: string) => void): Promise<LoadedSupergraph>;
}

export const fixedSupergraph = (sdl: string): SupergraphSource => ({
  load: async () => ({ sdl, origin: "composed here", close: async () => {} }),
});

/** The subgraphs do not fit together; the message lists every reason. */
export class CompositionError extends Error {
  override readonly name = "CompositionError";
}

/**
 * One supergraph from the subgraphs' schemas, and the composer's hints (inconsistencies that are allowed).
 * @throws CompositionError
 */
export function composeSupergraph(subgraphs: readonly { name: string; url: string; typeDefs: DocumentNode }[]): {
  sdl: string;
  hints: string[];
} {
  const { errors, supergraphSdl, hints } = composeServices([...subgraphs]);
  if (errors) {
    const reasons = errors.map(({ message, extensions }) => `  ${String(extensions["code"])}: ${message}`);
    throw new CompositionError(`The subgraphs do not compose:\n${reasons.join("\n")}`);
  }
  return {
    sdl: supergraphSdl,
    hints: hints.map(({ definition, message }) => `${definition.code}: ${message}`),
  };
}

/**
 * Build everything the gateway will build from this SDL. ApolloGateway's own update can apply a bad one by half, so nothing
 * reaches it that has not passed here. @throws for an SDL that cannot serve.
 */
export function preflight(sdl: string): void {
  const supergraph = Supergraph.build(sdl);
  supergraph.apiSchema().toGraphQLJSSchema();
  supergraph.schema.toGraphQLJSSchema();
  new QueryPlanner(supergraph);
}
