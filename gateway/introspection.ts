import {
  type DocumentNode,
  type ExecutionResult,
  execute,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from "graphql";

interface Request {
  document: DocumentNode;
  operation: OperationDefinitionNode;
  schema: GraphQLSchema;
  operationName: string | null;
  variables: Record<string, unknown> | undefined;
}

/**
 * The answer to an operation that asks only about the schema, or null for any other. The gateway could answer it too, but
 * knows less of introspection than tools ask for (`isOneOf`, for one), and would plan it first.
 */
export function introspect({
  document,
  operation,
  schema,
  operationName,
  variables,
}: Request): Promise<ExecutionResult> | null {
  if (operation.operation !== "query" || !onlyIntrospection(operation.selectionSet, fragmentsOf(document))) return null;
  return Promise.resolve(execute({ schema, document, operationName, variableValues: variables ?? {} }));
}

function onlyIntrospection(set: SelectionSetNode, fragments: ReadonlyMap<string, FragmentDefinitionNode>): boolean {
  return set.selections.every((selection) => {
    if (selection.kind === Kind.FIELD) return selection.name.value.startsWith("__");
    const inner = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
    return inner !== undefined && onlyIntrospection(inner.selectionSet, fragments);
  });
}

function fragmentsOf({ definitions }: DocumentNode): ReadonlyMap<string, FragmentDefinitionNode> {
  const fragments = definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION);
  return new Map(fragments.map((fragment) => [fragment.name.value, fragment]));
}
