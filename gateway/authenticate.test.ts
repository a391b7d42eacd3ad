import { describe, expect, test } from "vitest";
import { createAuthenticator } from "./authenticate.ts";
import { isAllowedOrigin } from "./origin.ts";

const ann = { user: "ann", groups: ["sre"], roles: ["viewer" as const], tenant: "t1", scope: null };
const tokens = [
  { token: "correct-horse-battery", identity: ann, expiresAt: null },
  { token: "another-horse-battery", identity: { ...ann, user: "bob" }, expiresAt: new Date("2026-01-02T00:00:00Z") },
];

const DAY_ONE = Date.parse("2026-01-01T00:00:00Z");

describe("an authenticator", () => {
  test("with tokens knows each by its bearer, in headers and in connection parameters", () => {
    const { authenticate, checkHost } = createAuthenticator({ tokens, loopback: true, now: () => DAY_ONE });
    expect(authenticate({ authorization: "Bearer correct-horse-battery" })).toEqual({ identity: ann, expiresAt: null });
    expect(authenticate({ Authorization: "bearer another-horse-battery" }).identity.user).toBe("bob");
    expect(() => checkHost("anything.example.com")).not.toThrow();
  });

  test("refuses a token from when it has expired", () => {
    let now = DAY_ONE;
    const { authenticate } = createAuthenticator({ tokens, loopback: true, now: () => now });
    const bob = { authorization: "Bearer another-horse-battery" };
    expect(authenticate(bob).expiresAt).toEqual(new Date("2026-01-02T00:00:00Z"));
    now += 86_400_000;
    expect(() => authenticate(bob)).toThrow(expect.objectContaining({ code: "UNAUTHENTICATED" }));
  });

  test.each([
    ["nothing", {}],
    ["another scheme", { authorization: "Basic correct-horse-battery" }],
    ["a prefix", { authorization: "Bearer correct-horse" }],
    ["something longer", { authorization: "Bearer correct-horse-battery-staple" }],
    ["two", { authorization: "Bearer correct-horse-battery correct-horse-battery" }],
    ["no text", { authorization: { token: "correct-horse-battery" } }],
  ])("with tokens refuses %s", (_, credentials) => {
    const { authenticate } = createAuthenticator({ tokens, loopback: true });
    expect(() => authenticate(credentials)).toThrow(expect.objectContaining({ code: "UNAUTHENTICATED" }));
  });

  test("without tokens is the developer on loopback, under a loopback name", () => {
    const { authenticate, checkHost } = createAuthenticator({ tokens: undefined, loopback: true });
    expect(authenticate({})).toEqual({
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

  test("without tokens beyond loopback lets nobody in", () => {
    const { authenticate } = createAuthenticator({ tokens: undefined, loopback: false });
    expect(() => authenticate({ authorization: "Bearer anything" })).toThrow(
      expect.objectContaining({ code: "UNAUTHENTICATED" }),
    );
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
