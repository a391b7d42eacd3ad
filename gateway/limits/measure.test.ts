import { Kind, type OperationDefinitionNode, parse } from "graphql";
import { expect, test } from "vitest";
import { measurer } from "./measure.ts";

function measured(text: string) {
  const document = parse(text);
  const operation = document.definitions.find(
    ({ kind }) => kind === Kind.OPERATION_DEFINITION,
  ) as OperationDefinitionNode;
  return measurer(document)(operation.selectionSet);
}

test.each([
  ["{ a b { c } }", { depth: 2, breadth: 2, fields: 3 }],
  ["{ a: x b: x c: x }", { depth: 1, breadth: 3, fields: 3 }],
  ["{ ... { a { ... on T { b } } } }", { depth: 2, breadth: 1, fields: 2 }],
  ["{ ...F ...F } fragment F on Q { a { b } c }", { depth: 2, breadth: 4, fields: 6 }],
  ["{ a { ...F } } fragment F on T { b { ...G } } fragment G on T { c }", { depth: 3, breadth: 1, fields: 3 }],
  ["{ __schema { types { fields { type { name } } } } a }", { depth: 1, breadth: 1, fields: 1 }],
  ["{ a { __typename } }", { depth: 1, breadth: 1, fields: 1 }],
])("%s", (text, size) => {
  expect(measured(text)).toEqual(size);
});

test("a cycle of fragments ends", () => {
  expect(measured("{ ...A } fragment A on Q { a { ...B } } fragment B on Q { b { ...A } }")).toMatchObject({
    depth: 2,
  });
});

test("fragments that double each other cost no more than their text", () => {
  const doubling = Array.from({ length: 60 }, (_, i) => `fragment F${i} on Q { ...F${i + 1} ...F${i + 1} }`).join(" ");
  expect(measured(`{ ...F0 } ${doubling} fragment F60 on Q { a }`).fields).toBe(2 ** 60);
});
