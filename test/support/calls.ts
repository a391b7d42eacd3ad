import {
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
} from "graphql";

export type OperationKind = "query" | "mutation" | "subscription";

/** One root field, asked for with values that fit. */
export interface Call {
  document: string;
  variables: Record<string, unknown>;
}

/** Where among a field's arguments something can be named: the names of the fields from the argument on. */
export interface Place {
  path: readonly string[];
  type: GraphQLInputType;
}

type Values = Record<string, unknown>;
type Taking = { name: string; type: GraphQLInputType };

/** Nothing's id: of none that is made. */
const NOBODY = "550e8400-e29b-41d4-a716-446655440000";

/** What a required string is, by its name. */
const STRINGS: Record<string, unknown> = {
  query: "up",
  expression: "up",
  match: '{namespace="shop"}',
  matchers: 'alertname="Nothing"',
  cron: "0 7 * * *",
  label: "job",
  traceId: "abcdef",
  issuerUrl: "https://127.0.0.1:9",
};

/** The values that a field requires, and what is given beside them. */
export const requiredValues = (field: GraphQLField<unknown, unknown>, given: Values = {}): Values => ({
  ...Object.fromEntries(field.args.filter(isRequiredArgument).map((arg) => [arg.name, fitting(arg)])),
  ...given,
});

function fitting({ name, type }: Taking): unknown {
  if (isNonNullType(type)) return fitting({ name, type: type.ofType });
  if (isListType(type)) return [fitting({ name, type: type.ofType })];
  if (isInputObjectType(type)) {
    const required = Object.values(type.getFields()).filter(isRequiredInputField);
    return Object.fromEntries(required.map((field) => [field.name, fitting(field)]));
  }
  if (isEnumType(type)) return type.getValues()[0]?.name;
  const byType: Record<string, unknown> = {
    UUID: NOBODY,
    Int: 1,
    Float: 1,
    Boolean: true,
    Duration: "1h",
    URL: "https://127.0.0.1:9",
    DateTime: "2030-01-01T00:00:00Z",
    JSONObject: {},
  };
  return byType[type.name] ?? STRINGS[name] ?? "something";
}

/** Every place among the arguments where a scalar goes, however deep. */
export function placesOf(field: GraphQLField<unknown, unknown>): Place[] {
  const within = (takings: readonly Taking[], above: readonly string[]): Place[] =>
    takings.flatMap(({ name, type }) => {
      const path = [...above, name];
      const named = getNamedType(type);
      if (isInputObjectType(named)) return above.includes(name) ? [] : within(Object.values(named.getFields()), path);
      return isEnumType(named) ? [] : [{ path, type }];
    });
  return within(field.args, []);
}

/** The values with another one at the place, and what it takes to get there. */
export function placed(field: GraphQLField<unknown, unknown>, values: Values, place: Place, value: unknown): Values {
  const result = structuredClone(values);
  let takings: readonly Taking[] = field.args;
  let at: Values = result;
  for (const name of place.path.slice(0, -1)) {
    const taking = takings.find((each) => each.name === name);
    const named = taking && getNamedType(taking.type);
    if (!taking || !isInputObjectType(named)) throw new Error(`${name} takes nothing.`);
    at[name] ??= fitting(taking);
    const next = at[name];
    at = (Array.isArray(next) ? next[0] : next) as Values;
    takings = Object.values(named.getFields());
  }
  at[place.path.at(-1) ?? ""] = isList(place.type) ? [value] : value;
  return result;
}

const isList = (type: GraphQLInputType): boolean => isListType(isNonNullType(type) ? type.ofType : type);

/** @param selection of it, such as `{ id }`; "" where it has none */
export function callOf(
  kind: OperationKind,
  field: GraphQLField<unknown, unknown>,
  values: Values,
  selection = isCompositeType(getNamedType(field.type)) ? "{ __typename }" : "",
): Call {
  const given = field.args.filter(({ name }) => values[name] !== undefined);
  const declared = given.map(({ name, type }) => `$${name}: ${String(type)}`).join(", ");
  const passed = given.map(({ name }) => `${name}: $${name}`).join(", ");
  const document = `${kind} Call${declared && `(${declared})`} { ${field.name}${passed && `(${passed})`} ${selection} }`;
  return { document, variables: Object.fromEntries(given.map(({ name }) => [name, values[name]])) };
}

/** Moments, and what differs from one answer to the next. */
const PASSING = /^(DateTime|NanoTime|Cursor|Samples)$/;

/** Everything that can be selected without arguments, to a depth; by `passing`, also what differs from one moment to the next. */
export function selectionOf(type: GraphQLOutputType, depth: number, { passing = false } = {}): string {
  const named = getNamedType(type);
  if (!isObjectType(named)) return isCompositeType(named) ? "{ __typename }" : "";
  const parts = Object.values(named.getFields()).flatMap((field) => {
    if (field.args.some(isRequiredArgument)) return [];
    const inner = getNamedType(field.type);
    if (isCompositeType(inner)) return depth > 1 ? [`${field.name} ${selectionOf(inner, depth - 1, { passing })}`] : [];
    return passing || !(PASSING.test(inner.name) || /(Ms|Seconds)$/.test(field.name)) ? [field.name] : [];
  });
  return `{ ${["__typename", ...parts].join(" ")} }`;
}

/** An operation may select 500. */
const MOST_FIELDS = 450;

/** The same, also what is passing, in as many selections as it takes for each to be answered: one operation may select only so many fields. */
export function selectionsOf(type: GraphQLOutputType, depth: number): string[] {
  const selections: string[] = [];
  let [parts, fields]: [string[], number] = [[], 0];
  for (const part of partsOf(type, depth, [])) {
    if (fields + part.fields > MOST_FIELDS) {
      selections.push(`{ ${parts.join(" ")} }`);
      [parts, fields] = [[], 0];
    }
    parts.push(part.text);
    fields += part.fields;
  }
  return [...selections, parts.length > 0 ? `{ ${parts.join(" ")} }` : ""];
}

/** Of each type on the way what it says itself, with the way there. */
function partsOf(type: GraphQLOutputType, depth: number, way: readonly string[]): { text: string; fields: number }[] {
  const named = getNamedType(type);
  if (!isCompositeType(named)) return [];
  const all = isObjectType(named) || isInterfaceType(named) ? Object.values(named.getFields()) : [];
  const open = all.filter((field) => !field.args.some(isRequiredArgument));
  const own = open.filter((field) => !isCompositeType(getNamedType(field.type)));
  const inner = open.filter((field) => depth > 1 && isCompositeType(getNamedType(field.type)));
  const names = ["__typename", ...own.map(({ name }) => name)];
  const text = way.reduceRight((within, name) => `${name} { ${within} }`, names.join(" "));
  return [
    { text, fields: way.length + names.length },
    ...inner.flatMap((field) => partsOf(field.type, depth - 1, [...way, field.name])),
  ];
}

export const rootFields = (schema: GraphQLSchema, kind: OperationKind): GraphQLField<unknown, unknown>[] => {
  const root = {
    query: schema.getQueryType(),
    mutation: schema.getMutationType(),
    subscription: schema.getSubscriptionType(),
  };
  return Object.values(root[kind]?.getFields() ?? {});
};
