import { describe, expect, it } from "vitest";
import { Identity } from "./auth-context.ts";
import { type Role, requireRole } from "./permissions.ts";

const holding = (...roles: Role[]): Identity => Identity.parse({ user: "ann", roles });

describe("requireRole", () => {
  it.each<[Role[], Role, boolean]>([
    [["viewer"], "viewer", true],
    [["viewer"], "operator", false],
    [["viewer"], "admin", false],
    [["operator"], "viewer", true],
    [["operator"], "operator", true],
    [["operator"], "admin", false],
    [["admin"], "viewer", true],
    [["admin"], "operator", true],
    [["admin"], "admin", true],
    [["viewer", "admin"], "operator", true],
    [["viewer", "operator"], "admin", false],
  ])("%j for what needs %s: %s", (roles, needed, allowed) => {
    const act = (): void => requireRole(holding(...roles), needed);
    if (allowed) expect(act).not.toThrow();
    else expect(act).toThrow(expect.objectContaining({ code: "FORBIDDEN", details: { requiredRole: needed } }));
  });
});
