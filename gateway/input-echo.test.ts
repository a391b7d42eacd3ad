import { buildSchema, type GraphQLError, getVariableValues, parse, Source, validate } from "graphql";
import { describe, expect, it } from "vitest";
import { withoutValues } from "./input-echo.ts";

const SECRET = 'hunter2"; at "input; Field "y" is';
const schema = buildSchema(`
  scalar UUID
  enum Kind { ONE TWO }
  input Inner { token: String, count: Int, kind: Kind, id: UUID, needed: Boolean! }
  input Outer { inner: Inner, list: [Inner!] }
  type Query { ask(input: Outer, kind: Kind, id: UUID, text: String): Int }
`);
const uuid = schema.getType("UUID");
if (uuid && "parseValue" in uuid) {
  uuid.parseValue = (value: unknown) => {
    throw new Error(`Value is not a valid UUID: ${String(value)}`);
  };
}

/** What graphql-js itself says of variables. */
function ofVariables(input: unknown): string[] {
  const [operation] = parse(`query ($input: Outer) { ask(input: $input) }`).definitions;
  const variables = operation && "variableDefinitions" in operation ? (operation.variableDefinitions ?? []) : [];
  const { errors = [] } = getVariableValues(schema, variables, { input }) as { errors?: GraphQLError[] };
  return errors.map(({ message }) => message);
}

/** What it says of a document. */
function ofDocument(text: string): string[] {
  try {
    return validate(schema, parse(new Source(text))).map(({ message }) => message);
  } catch (error) {
    return [(error as GraphQLError).message];
  }
}

describe("withoutValues", () => {
  it.each<[string, unknown, string[]]>([
    [
      "a number for a text",
      { inner: { token: [SECRET], needed: true } },
      ['Variable "$input" got an invalid value at "input.inner.token"; String cannot represent a non string value.'],
    ],
    [
      "a text for an object",
      { inner: SECRET },
      ['Variable "$input" got an invalid value at "input.inner"; Expected type "Inner" to be an object.'],
    ],
    [
      "a text for all of it",
      SECRET,
      ['Variable "$input" got an invalid value; Expected type "Outer" to be an object.'],
    ],
    [
      "an unknown field beside a secret",
      { list: [{ tokn: SECRET, needed: true }] },
      [
        'Variable "$input" got an invalid value at "input.list[0]"; Field "tokn" is not defined by type "Inner". Did you mean "token"?',
      ],
    ],
    [
      "a missing field beside a secret",
      { inner: { token: SECRET } },
      [
        'Variable "$input" got an invalid value at "input.inner"; Field "needed" of required type "Boolean!" was not provided.',
      ],
    ],
    [
      "an unknown value of an enum",
      { inner: { kind: SECRET, needed: true } },
      ['Variable "$input" got an invalid value at "input.inner.kind"; The value does not exist in "Kind" enum.'],
    ],
    [
      "what is no enum's value",
      { inner: { kind: { a: SECRET }, needed: true } },
      ['Variable "$input" got an invalid value at "input.inner.kind"; Enum "Kind" cannot represent non-string value.'],
    ],
    [
      "what a scalar refuses in its own words",
      { inner: { id: SECRET, needed: true } },
      ['Variable "$input" got an invalid value at "input.inner.id"; Expected type "UUID".'],
    ],
    [
      "a text for a number",
      { inner: { count: SECRET, needed: true } },
      ['Variable "$input" got an invalid value at "input.inner.count"; Int cannot represent non-integer value.'],
    ],
    [
      "nothing where something is needed",
      { list: [null] },
      [
        'Variable "$input" got an invalid value at "input.list[0]"; Expected non-nullable type "Inner!" not to be null.',
      ],
    ],
  ])("says of %s in a variable where it was and what belongs there", (_, input, expected) => {
    expect(ofVariables(input).length).toBeGreaterThan(0);
    expect(ofVariables(input).map(withoutValues)).toEqual(expected);
  });

  const literal = JSON.stringify(SECRET);
  it.each<[string, string[]]>([
    [`{ ask(input: ${literal}) }`, ['Expected value of type "Outer".']],
    [
      `{ ask(input: { inner: { token: [${literal}], needed: true } }) }`,
      ["String cannot represent a non string value."],
    ],
    [`{ ask(kind: ${literal}) }`, ['Enum "Kind" cannot represent non-enum value.']],
    [`{ ask(kind: HUNTER2) }`, ['The value does not exist in "Kind" enum.']],
    [`{ ask(text: HUNTER2) }`, ["String cannot represent a non string value."]],
    [`{ ask(text ${literal}) }`, ['Syntax Error: Expected ":", found String.']],
    [`{ ask(text: "hunter2`, ["Syntax Error: Unterminated string."]],
    [`{ ask(text: """hunter2""" hunter2) }`, ['Syntax Error: Expected ":", found ")".']],
    [`{ ask(text hunter2) }`, ['Syntax Error: Expected ":", found Name.']],
    [`{ nothing }`, ['Cannot query field "nothing" on type "Query".']],
    [`{ ask(txt: 1) }`, ['Unknown argument "txt" on field "Query.ask". Did you mean "text"?']],
  ])("says of %s what belongs there", (text, expected) => {
    const messages = ofDocument(text);
    expect(messages.map(withoutValues)).toEqual(expected);
    for (const message of messages.map(withoutValues)) expect(message.toLowerCase()).not.toContain("hunter2");
  });

  it("leaves alone what holds no value", () => {
    for (const message of [
      'Variable "$id" of required type "UUID!" was not provided.',
      "Give either id or name.",
      'Field "metrics" of type "FederatedMetrics!" must have a selection of subfields.',
    ])
      expect(withoutValues(message)).toBe(message);
  });
});
