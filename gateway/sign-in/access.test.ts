import { expect, test } from "vitest";
import { readConfig } from "../../subgraphs/shared/kernel/config.ts";
import { createLogger } from "../../subgraphs/shared/kernel/log.ts";
import { accessOf } from "./access.ts";

const log = createLogger({ level: "silent", name: "test" });
const rules = (entries: object[]) => readConfig({ AIOPS_ACCESS: JSON.stringify(entries) }).AIOPS_ACCESS ?? [];

const RULES = rules([
  { users: ["root"], groups: ["admins"], via: "oidc", roles: ["admin"] },
  {
    groups: ["payments"],
    roles: ["operator"],
    scope: { environments: ["PRODUCTION"], labelSelector: "team=payments" },
  },
  { groups: ["payments", "staff"], roles: ["viewer"], tenant: "acme" },
]);

test.each([
  ["a group", "ann", ["staff"], { roles: ["viewer"], tenant: "acme", scope: null }],
  ["the first that matches", "ann", ["staff", "payments"], { roles: ["operator"], tenant: "default" }],
  ["a user", "root", [], { roles: ["admin"], groups: [] }],
  ["either of both", "ann", ["admins"], { roles: ["admin"] }],
])("a rule names %s", (_, user, groups, expected) => {
  expect(accessOf(RULES, { via: "oidc", user, groups }, "t-1", log)).toMatchObject({ user, ...expected });
});

test("of the groups those are kept that the rules name", () => {
  const groups = ["staff", "payments", "lunch", "Staff"];
  expect(accessOf(RULES, { via: "kubernetes", user: "ann", groups }, "t-1", log).groups).toEqual(["staff", "payments"]);
});

test.each([
  ["nobody has named", "ann", ["lunch"]],
  ["a rule names for another way alone", "root", ["admins"]],
])("whom %s may nothing", (_, user, groups) => {
  expect(() => accessOf(RULES, { via: "kubernetes", user, groups }, "t-1", log)).toThrow(
    expect.objectContaining({ code: "FORBIDDEN" }),
  );
});

test.each([
  ["names nobody", [{ roles: ["admin"] }]],
  ["names an empty list", [{ groups: [], roles: ["admin"] }]],
  ["has no role", [{ groups: ["a"] }]],
  ["has an unknown role", [{ groups: ["a"], roles: ["root"] }]],
  ["has an empty scope's part", [{ groups: ["a"], roles: ["viewer"], scope: { environments: [] } }]],
  ["has an unknown part", [{ groups: ["a"], roles: ["viewer"], scopes: {} }]],
  ["is not there", []],
])("a rule that %s stops the start", (_, entries) => {
  expect(() => rules(entries)).toThrow(/AIOPS_ACCESS: /);
});
