import { type DocumentNode, GraphQLError, type GraphQLSchema, specifiedRules, validate } from "graphql";
import { LIMIT_RULES } from "./limits.ts";

const RULES = [...specifiedRules, ...LIMIT_RULES];

/** Every rule's errors, each with a code. Empty when the document may run. */
export function validateDocument(schema: GraphQLSchema, document: DocumentNode): readonly GraphQLError[] {
  return validated(schema, document).map(
    (error) =>
      new GraphQLError(error.message, {
        ...(error.nodes ? { nodes: error.nodes } : {}),
        extensions: { code: "GRAPHQL_VALIDATION_FAILED", ...error.extensions },
      }),
  );
}

function validated(schema: GraphQLSchema, document: DocumentNode): readonly GraphQLError[] {
  try {
    return validate(schema, document, RULES);
  } catch (error) {
    // graphql-js throws, instead of reporting, when a condition on a subscription's root field is a variable.
    return [new GraphQLError(error instanceof Error ? error.message : String(error))];
  }
}
