import { expect, it } from "vitest";
import { mergeTags, mergeValues, tagExpression } from "./trace-tags.mapper.ts";

const a = { id: "a", name: "a" };
const b = { id: "b", name: "b" };

it.each([
  ["name", "name"],
  ["trace:duration", "trace:duration"],
  ["resource.service.name", "resource.service.name"],
  ["http.method", ".http.method"],
  [".http.method", ".http.method"],
  ["span.a b", 'span."a b"'],
  ["namespace", ".namespace"],
])("asks for the tag %s as %s", (tag, expected) => expect(tagExpression(tag)).toBe(expected));

it("has each value once, sorted, with its type where a cluster tells it", () => {
  expect(
    mergeValues([
      {
        target: a,
        items: [
          { type: null, value: "upf" },
          { type: null, value: "amf" },
          { type: null, value: "amf" },
        ],
      },
      { target: b, items: [{ type: "string", value: "upf" }] },
    ]),
  ).toEqual([
    { value: "amf", type: null, clusters: [{ id: "a" }] },
    { value: "upf", type: "string", clusters: [{ id: "a" }, { id: "b" }] },
  ]);
});

it("names tags as they can be asked for, and those of several scopes apart", () => {
  expect(
    mergeTags([
      {
        target: a,
        items: [
          { scope: "span", name: "x" },
          { scope: "resource", name: "x" },
          { scope: "intrinsic", name: "status" },
        ],
      },
      {
        target: b,
        items: [
          { scope: null, name: "x" },
          { scope: "span", name: "x" },
          { scope: "span", name: "a b" },
        ],
      },
    ]).map(({ tag, clusters }) => `${tag} ${clusters.map(({ id }) => id).join("")}`),
  ).toEqual([".x b", "resource.x a", 'span."a b" b', "span.x ab", "status a"]);
});
