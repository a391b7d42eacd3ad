import { GraphQLError } from "graphql";

export const MISSING_VALUE = "The part of the graph that owns this field gave no valid value for it.";

interface Result {
  data?: unknown;
  errors?: readonly GraphQLError[] | undefined;
  extensions?: Record<string, unknown> | undefined;
}

/**
 * The gateway tells of a null where the schema promises a value only in `extensions.valueCompletion`, which no client reads:
 * move each into `errors`, so that there is no null without its reason.
 */
export function surfaceMissingValues<R extends Result>(result: R): R {
  const missing = result.extensions?.["valueCompletion"];
  if (!Array.isArray(missing)) return result;
  const { valueCompletion: _, ...extensions } = result.extensions ?? {};
  const errors = [...(result.errors ?? [])];
  const told = new Set(errors.map(({ path }) => JSON.stringify(path)));
  for (const { path } of missing as GraphQLError[]) {
    if (told.has(JSON.stringify(path))) continue;
    errors.push(new GraphQLError(MISSING_VALUE, { path, extensions: { code: "INTERNAL_SERVER_ERROR" } }));
  }
  const { extensions: __, ...rest } = result;
  return { ...rest, errors, ...(Object.keys(extensions).length > 0 ? { extensions } : {}) } as Result as R;
}
