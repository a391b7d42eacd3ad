import { describe, expect, test } from "vitest";
import { InternalTokens } from "../subgraphs/shared/kernel/auth-context.ts";
import { createAuthenticator } from "./authenticate.ts";
import { isAllowedOrigin } from "./origin.ts";
import { type SignIn, unauthenticated } from "./sign-in/sign-in.ts";
import { staticTokens } from "./sign-in/static-tokens.ts";

const ann = { user: "ann", groups: ["sre"], roles: ["viewer" as const], tenant: "t1", scope: null };
const tokens = [
  { token: "correct-horse-battery", identity: ann, expiresAt: null },
  { token: "another-horse-battery", identity: { ...ann, user: "bob" }, expiresAt: new Date("2026-01-02T00:00:00Z") },
];

const DAY_ONE = Date.parse("2026-01-01T00:00:00Z");

describe("an authenticator", () => {
  test("with tokens knows each by its bearer, in headers and in connection parameters", async () => {
    const { authenticate, checkHost } = createAuthenticator({
      signIns: [staticTokens(tokens)],
      developer: false,
      now: () => DAY_ONE,
    });
    expect(await authenticate({ authorization: "Bearer correct-horse-battery" })).toMatchObject({
      identity: ann,
      expiresAt: null,
    });
    expect((await authenticate({ Authorization: "bearer another-horse-battery" })).identity.user).toBe("bob");
    expect(() => checkHost("anything.example.com")).not.toThrow();
  });

  test("asks the first way that accepts a token, and no other after it", async () => {
    const asked: string[] = [];
    const way = (name: string, prefix: string, found: boolean): SignIn => ({
      name,
      accepts: (token) => token.startsWith(prefix),
      async signIn() {
        asked.push(name);
        return found ? { identity: { ...ann, user: name }, expiresAt: null } : null;
      },
    });
    const signIns = [staticTokens(tokens), way("first", "a-", false), way("second", "", true)];
    const { authenticate } = createAuthenticator({ signIns, developer: false });
    const as = async (token: string) => (await authenticate({ authorization: `Bearer ${token}` })).identity.user;
    expect(await as("correct-horse-battery")).toBe("ann");
    await expect(as("a-b")).rejects.toThrow(unauthenticated());
    expect(await as("other")).toBe("second");
    expect(asked).toEqual(["first", "second"]);
  });

  test("signs the same credentials in again, as long as they are good", async () => {
    let now = DAY_ONE;
    const { authenticate } = createAuthenticator({
      signIns: [staticTokens(tokens)],
      developer: false,
      now: () => now,
    });
    const { again } = await authenticate({ authorization: "Bearer another-horse-battery" });
    expect((await again?.())?.identity.user).toBe("bob");
    now += 86_400_000;
    await expect(again?.()).rejects.toThrow(expect.objectContaining({ code: "UNAUTHENTICATED" }));
  });

  test("refuses a token from when it has expired", async () => {
    let now = DAY_ONE;
    const { authenticate } = createAuthenticator({
      signIns: [staticTokens(tokens)],
      developer: false,
      now: () => now,
    });
    const bob = { authorization: "Bearer another-horse-battery" };
    expect((await authenticate(bob)).expiresAt).toEqual(new Date("2026-01-02T00:00:00Z"));
    now += 86_400_000;
    await expect(authenticate(bob)).rejects.toThrow(expect.objectContaining({ code: "UNAUTHENTICATED" }));
  });

  test.each([
    ["nothing", {}],
    ["another scheme", { authorization: "Basic correct-horse-battery" }],
    ["a prefix", { authorization: "Bearer correct-horse" }],
    ["something longer", { authorization: "Bearer correct-horse-battery-staple" }],
    ["one without end", { authorization: `Bearer ${"x".repeat(20_000)}` }],
    ["two", { authorization: "Bearer correct-horse-battery correct-horse-battery" }],
    ["no text", { authorization: { token: "correct-horse-battery" } }],
  ])("with tokens refuses %s", async (_, credentials) => {
    const { authenticate } = createAuthenticator({ signIns: [staticTokens(tokens)], developer: false });
    await expect(authenticate(credentials)).rejects.toThrow(expect.objectContaining({ code: "UNAUTHENTICATED" }));
  });

  test("without tokens is the developer on loopback, under a loopback name", async () => {
    const { authenticate, checkHost } = createAuthenticator({ signIns: [], developer: true });
    expect(await authenticate({})).toMatchObject({
      identity: { user: "developer", groups: [], roles: ["admin"], tenant: "default", scope: null },
      expiresAt: null,
    });
    for (const host of ["localhost", "LOCALHOST:4000", "127.0.0.1:4000", "127.9.9.9", "[::1]", "[::1]:4000"]) {
      expect(() => checkHost(host)).not.toThrow();
    }
    for (const host of [
      undefined,
      "",
      "example.com",
      "localhost.example.com",
      "127.0.0.1.nip.io",
      "[::2]:4000",
      "0.0.0.0",
    ]) {
      expect(() => checkHost(host)).toThrow(expect.objectContaining({ code: "FORBIDDEN" }));
    }
  });

  test("without tokens beyond loopback lets nobody in", async () => {
    const { authenticate } = createAuthenticator({ signIns: [], developer: false });
    await expect(authenticate({ authorization: "Bearer anything" })).rejects.toThrow(
      expect.objectContaining({ code: "UNAUTHENTICATED" }),
    );
  });

  test("knows parts of its own by what they sign for it, and by nothing they sign for others", async () => {
    const internal = new InternalTokens("a secret of more than thirty-two characters");
    const { authenticate } = createAuthenticator({ signIns: [staticTokens(tokens)], developer: false, internal });
    const bearing = async (token: string) => (await authenticate({ authorization: `Internal ${token}` })).identity;
    expect(await bearing(await internal.sign(ann, "aiops-gateway"))).toEqual(ann);
    const foreign = new InternalTokens("another secret of more than thirty-two characters");
    for (const token of [await internal.sign(ann), await foreign.sign(ann, "aiops-gateway")]) {
      await expect(bearing(token)).rejects.toThrow(expect.objectContaining({ code: "UNAUTHENTICATED" }));
    }
  });
});

test("an origin is allowed when there is none, when it is this host, or when it is listed", () => {
  const listed = ["https://console.example.com"];
  const allowed = (origin: string | undefined, host = "aiops.example.com:4000") =>
    isAllowedOrigin(origin, host, listed);
  expect(allowed(undefined)).toBe(true);
  expect(allowed("http://aiops.example.com:4000")).toBe(true);
  expect(allowed("http://aiops.example.com:4000", "AIOPS.example.com:4000")).toBe(true);
  expect(allowed("https://console.example.com")).toBe(true);
  expect(allowed("https://console.example.com.evil.example")).toBe(false);
  expect(allowed("http://aiops.example.com:4001")).toBe(false);
  expect(allowed("null")).toBe(false);
  expect(allowed("")).toBe(false);
});
