import { SignJWT, UnsecuredJWT } from "jose";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createLogger } from "../../subgraphs/shared/kernel/log.ts";
import type { AccessRules } from "../../subgraphs/shared/kernel/sign-in-config.ts";
import { type JwtIssuer, startJwtIssuer } from "../../test/support/jwt-issuer.ts";
import { oidc } from "./oidc.ts";

const ACCESS: AccessRules = [
  { groups: ["sre"], roles: ["operator"], tenant: "default", scope: { labelSelector: "team=payments" } },
  { users: ["ann", "ann@example.com"], roles: ["viewer"], tenant: "acme", scope: null },
];
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe("OIDC", () => {
  let issuer: JwtIssuer;
  let signIn: ReturnType<typeof oidc>;
  let now: number;
  const lines: string[] = [];

  const open = (more: Partial<Parameters<typeof oidc>[0]> = {}) =>
    oidc({
      issuer: issuer.url,
      audience: "aiops",
      userClaim: "sub",
      groupsClaim: "groups",
      access: ACCESS,
      log: createLogger({ level: "info", name: "test", destination: { write: (line) => void lines.push(line) } }),
      now: () => now,
      ...more,
    });

  beforeEach(async () => {
    now = Date.now();
    lines.length = 0;
    issuer = await startJwtIssuer();
    signIn = open();
  });
  afterEach(async () => {
    await signIn.close();
    await issuer[Symbol.asyncDispose]();
  });

  const seconds = (fromNow: number): number => Math.floor(now / 1000) + fromNow;
  const asked = (path: string): number => issuer.requests.filter((request) => request.path.endsWith(path)).length;

  it("knows a token of the issuer by its first rule, until it ends", async () => {
    const exp = seconds(600);
    const token = await issuer.token({ sub: "bob", groups: ["staff", "sre"], exp });
    expect(signIn.accepts(token)).toBe(true);
    expect(await signIn.signIn(token)).toEqual({
      identity: {
        user: "bob",
        groups: ["sre"],
        roles: ["operator"],
        tenant: "default",
        scope: { labelSelector: "team=payments" },
        vouched: { by: "oidc", groups: ["staff", "sre"], token: expect.objectContaining({}) },
      },
      // What is accepted for a minute more, for clocks that differ, ends only then.
      expiresAt: new Date((exp + 60) * 1000),
    });
    expect((await signIn.signIn(await issuer.token({ sub: "ann" })))?.identity.tenant).toBe("acme");
    expect(asked("/keys")).toBe(1);
  });

  it("takes user and groups from the claims that are configured; one group may stand alone", async () => {
    const other = open({ userClaim: "email", groupsClaim: "roles" });
    const identity = async (claims: object) => (await other.signIn(await issuer.token({ ...claims })))?.identity;
    expect(await identity({ email: "ann@example.com" })).toMatchObject({ user: "ann@example.com", roles: ["viewer"] });
    expect(await identity({ email: "x@example.com", roles: "sre" })).toMatchObject({ roles: ["operator"] });
    await other.close();
  });

  it("has nothing for who is named by no rule, and says so", async () => {
    const token = await issuer.token({ sub: "mallory", groups: ["guests"] });
    await expect(signIn.signIn(token)).rejects.toMatchObject({
      code: "FORBIDDEN",
      message: expect.stringContaining("AIOPS_ACCESS"),
    });
  });

  it.each<[string, () => Promise<string>]>([
    ["of another audience", () => issuer.token({ aud: "another" })],
    ["without an audience", () => issuer.token({ aud: undefined })],
    ["without an end", () => issuer.token({ exp: undefined })],
    ["that ended longer ago than clocks differ", () => issuer.token({ exp: seconds(-62) })],
    ["that begins later than clocks differ", () => issuer.token({ nbf: seconds(75) })],
    ["without a user", () => issuer.token({ sub: "" })],
    ["of a user that is Kubernetes's own", () => issuer.token({ sub: "system:admin", groups: ["sre"] })],
    ["with groups that are none", () => issuer.token({ groups: { sre: true } })],
    ["by a key of the same name", async () => issuer.token({}, { ...(await issuer.newKey()), kid: issuer.key.kid })],
    [
      "by a key of another kind",
      async () => issuer.token({}, { ...(await issuer.newKey("RS256")), kid: issuer.key.kid }),
    ],
    ["that is not signed", async () => new UnsecuredJWT({ iss: issuer.url, aud: "aiops", sub: "ann" }).encode()],
    [
      "signed with a secret",
      () =>
        new SignJWT({ iss: issuer.url, aud: "aiops", sub: "ann", exp: seconds(60) })
          .setProtectedHeader({ alg: "HS256", kid: issuer.key.kid })
          .sign(Buffer.alloc(32, 1)),
    ],
    ["that was altered", async () => (await issuer.token({})).replace(/\.[^.]+\./, `.${forged(issuer.url)}.`)],
  ])("refuses a token %s", async (_, make) => {
    const token = await make();
    expect(signIn.accepts(token)).toBe(true);
    expect(await signIn.signIn(token)).toBeNull();
    expect(lines.join()).toContain("was refused");
    expect(lines.join()).not.toContain(token.split(".")[1]);
  });

  it("bears clocks that differ by less than a minute", async () => {
    expect(await signIn.signIn(await issuer.token({ exp: seconds(-50) }))).not.toBeNull();
    expect(await signIn.signIn(await issuer.token({ nbf: seconds(50), iat: seconds(50) }))).not.toBeNull();
  });

  it("leaves to others what is not the issuer's", async () => {
    for (const token of [
      "",
      "sha256~abc",
      "a.b.c",
      await issuer.token({ iss: `${issuer.url}/` }),
      await issuer.token({ iss: "https://other.example" }),
    ])
      expect(signIn.accepts(token), token).toBe(false);
    expect(asked("")).toBe(0);
  });

  it("finds a new key at once, and takes none that is not there for one; the issuer is asked twice a minute at most", async () => {
    const old = await issuer.token({ jti: "1" });
    expect(await signIn.signIn(old)).not.toBeNull();
    now += MINUTE;
    await issuer.rotate();
    expect(await signIn.signIn(await issuer.token({ jti: "2" }))).not.toBeNull();
    expect(asked("/keys")).toBe(2);
    const foreign = await issuer.newKey();
    for (let n = 0; n < 5; n++) expect(await signIn.signIn(await issuer.token({ n }, foreign))).toBeNull();
    expect(asked("/keys")).toBe(2);
    // What the issuer took back is refused, also where it was good before.
    expect(await signIn.signIn(old)).toBeNull();
  });

  it("goes on with the keys it knows while the issuer is down, for a day", async () => {
    expect(await signIn.signIn(await issuer.token({ exp: seconds(200 * 3600) }))).not.toBeNull();
    const token = await issuer.token({ jti: "x", exp: seconds(200 * 3600) });
    issuer.down = true;
    now += HOUR;
    expect(await signIn.signIn(token)).not.toBeNull();
    await vi.waitFor(() => expect(lines.join()).toContain("cannot be read"));
    now += 24 * HOUR;
    await expect(signIn.signIn(token)).rejects.toMatchObject({ code: "SIGN_IN_UNAVAILABLE" });
    issuer.down = false;
    now += MINUTE;
    expect(await signIn.signIn(token)).not.toBeNull();
  });

  it("starts without the issuer, and works once it is there", async () => {
    issuer.down = true;
    const token = await issuer.token({});
    await expect(signIn.signIn(token)).rejects.toMatchObject({ code: "SIGN_IN_UNAVAILABLE" });
    await expect(signIn.signIn(token)).rejects.toMatchObject({ code: "SIGN_IN_UNAVAILABLE" });
    expect(asked("configuration")).toBe(1);
    issuer.down = false;
    now += 10_000;
    expect(await signIn.signIn(token)).not.toBeNull();
  });

  it.each([
    ["that is another issuer's", { issuer: "https://other.example" }],
    ["whose keys are where anyone on the way could change them", { jwks_uri: "http://keys.example/keys" }],
  ])("believes no discovery document %s", async (_, discovery) => {
    issuer.discovery = discovery;
    await expect(signIn.signIn(await issuer.token({}))).rejects.toMatchObject({ code: "SIGN_IN_UNAVAILABLE" });
    expect(lines.join()).toContain("cannot be read");
  });
});

const forged = (iss: string): string =>
  Buffer.from(JSON.stringify({ iss, aud: "aiops", sub: "ann", groups: ["sre"], exp: 9_999_999_999 })).toString(
    "base64url",
  );
