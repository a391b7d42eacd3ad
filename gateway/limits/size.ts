import { type ASTNode, GraphQLError, Kind, type ValidationRule } from "graphql";
import { measurer } from "./measure.ts";

export interface SizeLimits {
  depth: number;
  rootFields: number;
  fields: number;
}

/**
 * Refuses a document with an operation that nests deeper than `depth`, or has more than `rootFields` fields (aliases included) at its
 * root or `fields` in all. Looked at before anything else, and then alone: other rules compare each field with each other.
 */
export const sizeLimit =
  (limits: SizeLimits): ValidationRule =>
  (context) => ({
    Document(document) {
      const measure = measurer(document);
      let within = true;
      const refuse = (node: ASTNode, what: string, details: { limit: number; depth?: number }): void => {
        within = false;
        context.reportError(
          new GraphQLError(`The operation ${what}; at most ${details.limit} are allowed.`, {
            nodes: node,
            extensions: { code: "LIMIT_EXCEEDED", details },
          }),
        );
      };
      for (const node of document.definitions) {
        if (node.kind !== Kind.OPERATION_DEFINITION) continue;
        const { depth, breadth, fields } = measure(node.selectionSet);
        if (depth > limits.depth) refuse(node, `nests ${depth} levels deep`, { limit: limits.depth, depth });
        if (breadth > limits.rootFields) refuse(node, `selects ${breadth} root fields`, { limit: limits.rootFields });
        if (fields > limits.fields) refuse(node, `selects ${fields} fields`, { limit: limits.fields });
      }
      // It is refused, and nobody's any more: with nothing in it, the rules beside this one have nothing to do.
      if (!within) (document.definitions as ASTNode[]).length = 0;
    },
  });
