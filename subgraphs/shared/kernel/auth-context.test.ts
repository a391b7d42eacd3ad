import { createHmac } from "node:crypto";
import { SignJWT } from "jose";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { authorisationKey, Identity, InternalTokens } from "./auth-context.ts";

const SECRET = "a secret of at least thirty-two characters";
const tokens = (): InternalTokens => new InternalTokens(SECRET);
const ann = Identity.parse({
  user: "ann",
  groups: ["sre"],
  roles: ["operator"],
  tenant: "acme",
  scope: { labelSelector: "team=payments", environments: ["PRODUCTION"] },
});
const refused = expect.objectContaining({ code: "UNAUTHENTICATED", message: "A valid internal token is required." });

/** A token as somebody else might make it: any claims, any key. */
const made = (
  claims: object,
  { secret = SECRET, issuer = "aiops-gateway", audience = "aiops-subgraph" } = {},
): Promise<string> =>
  new SignJWT({ ...claims })
    .setProtectedHeader({ alg: "HS256" })
    .setIssuer(issuer)
    .setAudience(audience)
    .setIssuedAt()
    .setExpirationTime("120s")
    .sign(new TextEncoder().encode(secret));

describe("Identity", () => {
  it("is a viewer of the default tenant with no bound, unless said otherwise", () => {
    expect(Identity.parse({ user: "bob", roles: ["viewer"] })).toEqual({
      user: "bob",
      groups: [],
      roles: ["viewer"],
      tenant: "default",
      scope: null,
    });
  });

  it.each<[string, object]>([
    ["no user", { user: "", roles: ["viewer"] }],
    ["no role", { user: "bob", roles: [] }],
    ["an unknown role", { user: "bob", roles: ["root"] }],
    ["a tenant that is no name", { user: "bob", roles: ["viewer"], tenant: "a b" }],
    ["an unknown part", { user: "bob", roles: ["viewer"], admin: true }],
    ["an unknown part of the scope", { user: "bob", roles: ["viewer"], scope: { pods: ["a"] } }],
    ["a namespace that is none", { user: "bob", roles: ["viewer"], scope: { namespaces: ["a|b"] } }],
  ])("has %s refused", (_, identity) => expect(Identity.safeParse(identity).success).toBe(false));
});

describe("InternalTokens", () => {
  it("carries the whole identity from one process to another", async () => {
    expect(await tokens().verify(await tokens().sign(ann))).toEqual(ann);
  });

  it("believes what either of two secrets has signed, while one replaces the other, and signs with the first", async () => {
    const [old, next] = [SECRET, "another secret of at least thirty-two characters"];
    // In the order of a roll-out: each pair is of processes that run side by side.
    const steps: [string, ...string[]][] = [[old], [old, next], [next, old], [next]];
    for (const [index, step] of steps.entries()) {
      for (const beside of steps.slice(Math.max(0, index - 1), index + 2)) {
        const token = await new InternalTokens(...step).sign(ann);
        expect(await new InternalTokens(...beside).verify(token)).toEqual(ann);
      }
    }
    const both = new InternalTokens(next, old);
    await expect(new InternalTokens(old).verify(await both.sign(ann))).rejects.toEqual(refused);
    await expect(both.verify(await made({ identity: ann }, { secret: "x".repeat(32) }))).rejects.toEqual(refused);
  });

  it("signs an identity once for several hops", async () => {
    const gateway = tokens();
    expect(await gateway.sign(ann)).toBe(await gateway.sign({ ...ann }));
    expect(await gateway.sign({ ...ann, roles: ["admin"] })).not.toBe(await gateway.sign(ann));
  });

  it.each<[string, () => Promise<string | undefined> | string | undefined]>([
    ["none at all", () => undefined],
    ["an empty one", () => ""],
    ["no token", () => "x.y.z"],
    ["one of another secret", () => new InternalTokens(SECRET.toUpperCase()).sign(ann)],
    ["one of another issuer", () => made({ identity: ann }, { issuer: "somebody" })],
    ["one for another audience", () => made({ identity: ann }, { audience: "somebody" })],
    ["one without an identity", () => made({})],
    ["one with an unknown role", () => made({ identity: { ...ann, roles: ["root"] } })],
    [
      "one whose claims were altered",
      async () => {
        const [header, payload = "", signature] = (await tokens().sign(ann)).split(".");
        const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as { identity: Identity };
        claims.identity.roles = ["admin"];
        return [header, Buffer.from(JSON.stringify(claims)).toString("base64url"), signature].join(".");
      },
    ],
    [
      "one that says it needs no signature",
      async () => {
        const [, payload] = (await tokens().sign(ann)).split(".");
        return `${Buffer.from('{"alg":"none"}').toString("base64url")}.${payload}.`;
      },
    ],
    [
      "one without an end",
      () => {
        const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
        const text = `${part({ alg: "HS256" })}.${part({ identity: ann, iss: "aiops-gateway", aud: "aiops-subgraph" })}`;
        return `${text}.${createHmac("sha256", SECRET).update(text).digest("base64url")}`;
      },
    ],
  ])("refuses %s", async (_, token) => {
    await expect(tokens().verify(await token())).rejects.toEqual(refused);
  });

  describe("over time", () => {
    beforeEach(() => vi.useFakeTimers({ now: new Date("2026-01-01T00:00:00Z") }));
    afterEach(() => vi.useRealTimers());

    it("refuses a token once it has expired, also one that it accepted before", async () => {
      const [gateway, subgraph] = [tokens(), tokens()];
      const token = await gateway.sign(ann);
      for (let seconds = 0; seconds < 119; seconds += 17) {
        expect(await subgraph.verify(token)).toEqual(ann);
        await vi.advanceTimersByTimeAsync(17_000);
      }
      await vi.advanceTimersByTimeAsync(2000);
      await expect(subgraph.verify(token)).rejects.toEqual(refused);
    });

    it("signs anew long before the remembered token expires", async () => {
      const gateway = tokens();
      const first = await gateway.sign(ann);
      await vi.advanceTimersByTimeAsync(61_000);
      const second = await gateway.sign(ann);
      expect(second).not.toBe(first);
      await vi.advanceTimersByTimeAsync(59_500);
      await expect(tokens().verify(first)).rejects.toEqual(refused);
      expect(await tokens().verify(second)).toEqual(ann);
    });
  });
});

describe("authorisationKey", () => {
  it("is equal for what may share a result, whatever the order of roles and groups", () => {
    const [one, other] = [
      { ...ann, roles: ["admin", "viewer"] as const, groups: ["a", "b"] },
      { ...ann, roles: ["viewer", "admin"] as const, groups: ["b", "a"] },
    ].map((identity) => authorisationKey({ ...identity, roles: [...identity.roles] }));
    expect(one).toBe(other);
  });

  it.each<Partial<Identity>>([
    { user: "bob" },
    { tenant: "other" },
    { roles: ["admin"] },
    { groups: ["dev"] },
    { scope: null },
    { scope: { labelSelector: "team=search" } },
  ])("differs by %j", (change) => expect(authorisationKey({ ...ann, ...change })).not.toBe(authorisationKey(ann)));
});
