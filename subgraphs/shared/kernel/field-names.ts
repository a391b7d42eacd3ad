import { type GraphQLResolveInfo, type OperationDefinitionNode, visit } from "graphql";

/** Of operations, which are parsed once and asked again and again. */
const known = new WeakMap<OperationDefinitionNode, ReadonlySet<string>>();

/** The names of all fields that an operation asks for, wherever they stand. */
export function fieldNames({
  operation,
  fragments,
}: Pick<GraphQLResolveInfo, "operation" | "fragments">): ReadonlySet<string> {
  const before = known.get(operation);
  if (before) return before;
  const names = new Set<string>();
  for (const definition of [operation, ...Object.values(fragments)]) {
    visit(definition, { Field: ({ name }) => void names.add(name.value) });
  }
  known.set(operation, names);
  return names;
}
