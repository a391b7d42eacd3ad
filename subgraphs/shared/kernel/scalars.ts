import { GraphQLError, GraphQLScalarType, Kind } from "graphql";
import { GraphQLUUID as AnyCaseUUID } from "graphql-scalars";

export { GraphQLDateTime, GraphQLJSONObject } from "graphql-scalars";

/** Taken in either case, and kept in small letters as the database has it: ids are compared as text. */
export const GraphQLUUID = new GraphQLScalarType<string>({
  ...AnyCaseUUID.toConfig(),
  parseValue: (value) => AnyCaseUUID.parseValue(value).toLowerCase(),
  parseLiteral: (node, variables) => AnyCaseUUID.parseLiteral(node, variables).toLowerCase(),
});

const textScalar = (
  name: string,
  description: string,
  check: (text: string) => boolean,
  rule: string,
): GraphQLScalarType => {
  const parse = (value: unknown): string => {
    if (typeof value === "string" && check(value)) return value;
    throw new GraphQLError(`${name} must be ${rule}.`, { extensions: { code: "BAD_USER_INPUT", details: { rule } } });
  };
  return new GraphQLScalarType({
    name,
    description,
    serialize: String,
    parseValue: parse,
    parseLiteral: (node) => parse(node.kind === Kind.STRING ? node.value : undefined),
  });
};

/** Kept as the user wrote it: normalising would change what an operator compares against their own records. */
export const GraphQLURL = textScalar(
  "URL",
  "An absolute http or https URL.",
  (text) => URL.canParse(text) && ["http:", "https:"].includes(new URL(text).protocol),
  "an absolute http or https URL",
);

/** Checked where it is used, so that the error names the field: here only its being text. */
export const GraphQLDuration = textScalar(
  "Duration",
  "A length of time: a whole number and one of s, m, h, d, w. For example 30s, 5m, 1h, 7d.",
  () => true,
  "a string",
);

export const GraphQLCursor = textScalar(
  "Cursor",
  "A place in a stream; opaque, from an earlier item.",
  () => true,
  "a string",
);

export const GraphQLNanoTime = textScalar(
  "NanoTime",
  "Nanoseconds since 1970, in decimal digits: a text, since a number would not hold them all.",
  (text) => /^\d{1,19}$/.test(text),
  "1 to 19 decimal digits",
);

/** A leaf, so that a million samples cost no walk over fields. */
export const GraphQLSamples = new GraphQLScalarType({
  name: "Samples",
  description:
    'Samples in time order: [[unixSeconds, "value"], …]. Values are strings, since NaN, +Inf and -Inf are not numbers in JSON.',
});
