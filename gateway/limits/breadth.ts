import { GraphQLError, type ValidationRule } from "graphql";
import { measurer } from "./measure.ts";

/** Refuses an operation with more than `rootFields` fields (aliases included) at its root, or `fields` in all. */
export const breadthLimit =
  (limits: { rootFields: number; fields: number }): ValidationRule =>
  (context) => {
    const measure = measurer(context.getDocument());
    const refuse = (node: Parameters<typeof context.getFragmentSpreads>[0], what: string, limit: number) =>
      context.reportError(
        new GraphQLError(`The operation selects ${what}; at most ${limit} are allowed.`, {
          nodes: node,
          extensions: { code: "LIMIT_EXCEEDED", details: { limit } },
        }),
      );
    return {
      OperationDefinition(node) {
        const { breadth, fields } = measure(node.selectionSet);
        if (breadth > limits.rootFields) refuse(node.selectionSet, `${breadth} root fields`, limits.rootFields);
        if (fields > limits.fields) refuse(node.selectionSet, `${fields} fields`, limits.fields);
      },
    };
  };
