import { type GraphQLScalarType, parseValue } from "graphql";
import { describe, expect, it } from "vitest";
import { GraphQLCursor, GraphQLDuration, GraphQLSamples, GraphQLURL, GraphQLUUID } from "./scalars.ts";

const ID = "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d";

/** A scalar reads variables and literals by two ways: both must agree. */
const bothWays = (scalar: GraphQLScalarType, value: unknown): (() => unknown)[] => [
  () => scalar.parseValue(value),
  () => scalar.parseLiteral(parseValue(JSON.stringify(value))),
];

describe("scalars", () => {
  it.each<[string, GraphQLScalarType, string, string]>([
    ["a UUID in small letters", GraphQLUUID, ID, ID],
    ["a UUID in capitals as one in small letters", GraphQLUUID, ID.toUpperCase(), ID],
    ["a URL as it is written", GraphQLURL, "HTTPS://Api.Example:443/a/", "HTTPS://Api.Example:443/a/"],
    ["a URL by http", GraphQLURL, "http://127.0.0.1:9090", "http://127.0.0.1:9090"],
    ["any text for a duration: its use checks it", GraphQLDuration, "soon", "soon"],
    ["any text for a cursor: its use checks it", GraphQLCursor, "x", "x"],
  ])("take %s", (_, scalar, given, taken) => {
    for (const read of bothWays(scalar, given)) expect(read()).toBe(taken);
  });

  it.each<[GraphQLScalarType, unknown]>([
    [GraphQLUUID, "x"],
    [GraphQLUUID, 5],
    [GraphQLURL, "api.example"],
    [GraphQLURL, "/a"],
    [GraphQLURL, "ftp://a.example"],
    [GraphQLURL, "javascript:alert(1)"],
    [GraphQLURL, "file:///etc/passwd"],
    [GraphQLURL, ""],
    [GraphQLURL, 5],
    [GraphQLDuration, 5],
    [GraphQLDuration, true],
    [GraphQLCursor, 5],
  ])("%s refuses %j", (scalar, given) => {
    for (const read of bothWays(scalar, given)) expect(read).toThrow();
  });

  it("say which rule is broken", () => {
    for (const read of bothWays(GraphQLURL, "ftp://a.example")) {
      expect(read).toThrow(
        expect.objectContaining({
          message: "URL must be an absolute http or https URL.",
          extensions: { code: "BAD_USER_INPUT", details: { rule: "an absolute http or https URL" } },
        }),
      );
    }
  });

  it("hand samples out as they are, without a walk", () => {
    const samples = [[1, "NaN"]];
    expect(GraphQLSamples.serialize(samples)).toBe(samples);
  });
});
