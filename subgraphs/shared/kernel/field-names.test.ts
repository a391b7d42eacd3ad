import { type GraphQLResolveInfo, parse } from "graphql";
import { expect, it } from "vitest";
import { fieldNames } from "./field-names.ts";

it("tells the fields of an operation and of its fragments by name, and not by alias", () => {
  const document = parse(
    "query Q { mine: clusters { ...F ... on Page { total } } } fragment F on Page { items { id } }",
  );
  const [operation, F] = document.definitions;
  const info = { operation, fragments: { F } } as unknown as GraphQLResolveInfo;
  expect(fieldNames(info)).toEqual(new Set(["clusters", "total", "items", "id"]));
  expect(fieldNames(info)).toBe(fieldNames(info));
});
