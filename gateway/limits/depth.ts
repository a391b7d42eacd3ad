import { GraphQLError, type ValidationRule } from "graphql";
import { measurer } from "./measure.ts";

/** Refuses an operation whose fields nest deeper than `limit`. */
export const depthLimit =
  (limit: number): ValidationRule =>
  (context) => {
    const measure = measurer(context.getDocument());
    return {
      OperationDefinition(node) {
        const { depth } = measure(node.selectionSet);
        if (depth <= limit) return;
        context.reportError(
          new GraphQLError(`The operation nests ${depth} levels deep; at most ${limit} are allowed.`, {
            nodes: node,
            extensions: { code: "LIMIT_EXCEEDED", details: { limit, depth } },
          }),
        );
      },
    };
  };
