import { expect, test } from "vitest";
import { ClusterScope } from "../../shared/kernel/auth-context.ts";
import { narrowed } from "./scope.filter.ts";

const ID = "550e8400-e29b-41d4-a716-446655440000";
const OTHER = "550e8400-e29b-41d4-a716-446655440001";

test.each<[string, ClusterScope | null, ClusterScope | null, ClusterScope | null]>([
  ["nothing and nothing", null, null, null],
  ["one's own alone", { regions: ["eu"] }, null, { regions: ["eu"] }],
  ["what is asked alone", null, { regions: ["eu"] }, { regions: ["eu"] }],
  ["different parts", { regions: ["eu"] }, { types: ["HUB"] }, { regions: ["eu"], types: ["HUB"] }],
  [
    "lists",
    { environments: ["LAB", "STAGING"] },
    { environments: ["STAGING", "PRODUCTION"] },
    { environments: ["STAGING"] },
  ],
  ["namespaces", { namespaces: ["a-*", "b"] }, { namespaces: ["a-1", "c"] }, { namespaces: ["a-1"] }],
  ["one's own namespaces alone", { namespaces: ["b"] }, { regions: ["eu"] }, { namespaces: ["b"], regions: ["eu"] }],
  ["ids", { ids: [ID, OTHER] }, { ids: [OTHER] }, { ids: [OTHER] }],
  ["selectors", { labelSelector: "a in (b,c)" }, { labelSelector: "!d" }, { labelSelector: "a in (b,c),!d" }],
])("%s make one scope that is in both", (_, own, asked, both) => {
  expect(narrowed(own, asked)).toEqual(both);
  if (both) expect(ClusterScope.parse(both)).toEqual(both);
});

test.each<[ClusterScope, ClusterScope, string]>([
  [{ ids: [ID] }, { ids: [OTHER] }, "scope.ids"],
  [{ environments: ["LAB"] }, { environments: ["PRODUCTION"] }, "scope.environments"],
  [{ regions: ["eu"] }, { regions: ["us"] }, "scope.regions"],
  [{ types: ["HUB"] }, { types: ["EDGE"] }, "scope.types"],
  [{ namespaces: ["a-*"] }, { namespaces: ["b-*"] }, "scope.namespaces"],
])("what shares nothing is refused, and is never all: %j, %j", (own, asked, field) => {
  expect(() => narrowed(own, asked)).toThrow(
    expect.objectContaining({ code: "BAD_USER_INPUT", message: expect.stringContaining(field) }),
  );
});
