import { type GraphQLInputType, getNullableType, isInputObjectType } from "graphql";

/** An argument, or a field of an input object. */
interface Input {
  readonly name: string;
  readonly type: GraphQLInputType;
}
type Given = Readonly<Record<string, unknown>>;

/** What the graph calls the length of a page, and which clusters: its conventions, whatever the field. */
const PAGE_SIZES: readonly string[] = ["pageSize", "first", "limit", "rows"];
const CLUSTERS: readonly string[] = ["clusterIds", "ids"];
const CLUSTER = "clusterId";

/** How many rows a field is asked for; null where it does not say. */
export function pageSize(inputs: readonly Input[], given: Given): number | null {
  return least(inputs, given, (name, value) =>
    PAGE_SIZES.includes(name) && typeof value === "number" ? Math.max(1, value) : null,
  );
}

/** How many clusters a field names: those that it asks at most. Null where it names none, and so asks the fleet. */
export function namedClusters(inputs: readonly Input[], given: Given): number | null {
  return least(inputs, given, (name, value) => {
    if (name === CLUSTER && typeof value === "string") return 1;
    // An empty list is no restriction anywhere that this could tell.
    return CLUSTERS.includes(name) && Array.isArray(value) && value.length > 0 ? value.length : null;
  });
}

/** Also within input objects. By their types: what a client puts into a JSON value says nothing. */
function least(
  inputs: readonly Input[],
  given: Given,
  read: (name: string, value: unknown) => number | null,
): number | null {
  const found = inputs.flatMap(({ name, type }) => {
    const value = given[name];
    const inner = getNullableType(type);
    const said =
      isInputObjectType(inner) && isObject(value)
        ? least(Object.values(inner.getFields()), value, read)
        : read(name, value);
    return said === null ? [] : [said];
  });
  return found.length > 0 ? Math.min(...found) : null;
}

const isObject = (value: unknown): value is Given =>
  typeof value === "object" && value !== null && !Array.isArray(value);
