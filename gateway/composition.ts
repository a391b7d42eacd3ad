import { composeServices } from "@apollo/composition";
import type { DocumentNode } from "graphql";

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
