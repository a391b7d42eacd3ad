import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createTlsMaterial, type TlsMaterial } from "../../../../demo/server/tls.ts";
import { type OidcIssuer, startOidcIssuer } from "../../../../test/support/oidc-issuer.ts";
import { loopbackGuard, publicGuard } from "../../../../test/support/target-guard.ts";
import { UpstreamHttp } from "../http.ts";
import { fetchOidcToken, type OidcClient } from "./client.ts";

const SECRET = "s3cr3t/with+signs&more";

describe("fetchOidcToken", () => {
  let tls: TlsMaterial;
  let issuer: OidcIssuer;
  let http: UpstreamHttp;
  beforeAll(async () => {
    tls = await createTlsMaterial(["127.0.0.1"]);
  });
  beforeEach(async () => {
    http = new UpstreamHttp(loopbackGuard());
    issuer = await startOidcIssuer(tls);
  });
  afterEach(async () => {
    await http.close();
    await issuer[Symbol.asyncDispose]();
  });

  const fetching = (given: Partial<OidcClient> = {}, through = http) =>
    fetchOidcToken(
      through,
      {
        issuerUrl: issuer.url,
        clientId: "aiops",
        clientSecret: SECRET,
        scopes: [],
        audience: null,
        caCertificate: tls.ca,
        ...given,
      },
      new AbortController().signal,
    );

  it("gets a token by discovery and the client credentials flow", async () => {
    const before = Date.now();
    const { token, endsAt, renewAt } = await fetching({ scopes: ["openid", "fleet"], audience: "kubernetes" });
    expect(token).toBe("issued-1");
    expect(endsAt).toBeGreaterThanOrEqual(before + 3_600_000);
    expect(endsAt).toBeLessThanOrEqual(Date.now() + 3_600_000);
    expect(endsAt - renewAt).toBe(60_000);
    const [asked] = issuer.tokenRequests();
    expect(asked).toMatchObject({ method: "POST", path: "/realms/fleet/token?v=1" });
    expect(Object.fromEntries(new URLSearchParams(asked?.body))).toEqual({
      grant_type: "client_credentials",
      scope: "openid fleet",
      audience: "kubernetes",
    });
    const encoded = Buffer.from(asked?.headers.authorization?.replace("Basic ", "") ?? "", "base64").toString();
    expect(encoded).toBe(`aiops:${encodeURIComponent(SECRET)}`);
  });

  it("puts the client's secret into the form where the issuer wants it there alone", async () => {
    issuer.state.discovery = { token_endpoint_auth_methods_supported: ["private_key_jwt", "client_secret_post"] };
    await fetching();
    const [asked] = issuer.tokenRequests();
    expect(asked?.headers.authorization).toBeUndefined();
    expect(Object.fromEntries(new URLSearchParams(asked?.body))).toMatchObject({
      client_id: "aiops",
      client_secret: SECRET,
    });
  });

  it("takes the token's own end where the answer has none, and supposes minutes where neither says", async () => {
    const exp = Math.floor(Date.now() / 1000) + 600;
    await using own = await startOidcIssuer(
      tls,
      () => `e30.${Buffer.from(JSON.stringify({ exp })).toString("base64url")}.s`,
    );
    own.state.expiresIn = null;
    expect((await fetching({ issuerUrl: own.url })).endsAt).toBe(exp * 1000);
    issuer.state.expiresIn = null;
    const { endsAt } = await fetching();
    expect(endsAt - Date.now()).toBeGreaterThan(290_000);
    expect(endsAt - Date.now()).toBeLessThanOrEqual(300_000);
  });

  it("renews a short-lived token at four fifths of its life", async () => {
    issuer.state.expiresIn = 10;
    const { endsAt, renewAt } = await fetching();
    expect(endsAt - renewAt).toBe(2000);
  });

  it.each<[string, (state: OidcIssuer["state"]) => void, string, string]>([
    [
      "a refusal by RFC 6749",
      (state) => {
        state.refusal = { status: 401, body: `{"error":"invalid_client","error_description":"bad ${SECRET}"}` };
      },
      "CREDENTIALS_INVALID",
      "The OIDC issuer refused the client: invalid_client.",
    ],
    [
      "a refusal in other words",
      (state) => {
        state.refusal = { status: 403, body: `<html>${SECRET}</html>` };
      },
      "CREDENTIALS_INVALID",
      "The OIDC issuer refused the client (HTTP 403).",
    ],
    [
      "an error of its own",
      (state) => {
        state.refusal = { status: 500, body: SECRET };
      },
      "UPSTREAM_INVALID_ANSWER",
      "Signing in at the OIDC issuer failed: it answers no bearer token (HTTP 500).",
    ],
    [
      "a token that is none",
      (state) => {
        state.refusal = { status: 200, body: `{"access_token":"two words","token_type":"bearer"}` };
      },
      "UPSTREAM_INVALID_ANSWER",
      "Signing in at the OIDC issuer failed: it answers no bearer token (HTTP 200).",
    ],
    [
      "a redirect",
      (state) => {
        state.refusal = { status: 302, body: "" };
      },
      "UPSTREAM_ERROR",
      "Signing in at the OIDC issuer failed: The endpoint answered HTTP 302; redirects are not followed.",
    ],
    [
      "another issuer's discovery document",
      (state) => {
        state.discovery = { issuer: "https://elsewhere.example" };
      },
      "UPSTREAM_INVALID_ANSWER",
      "Signing in at the OIDC issuer failed: its discovery document is of another issuer.",
    ],
    [
      "a token endpoint in clear",
      (state) => {
        state.discovery = { token_endpoint: "http://127.0.0.1/token" };
      },
      "UPSTREAM_INVALID_ANSWER",
      "Signing in at the OIDC issuer failed: it answers no discovery document (HTTP 200).",
    ],
  ])("says of %s what it is, and nothing of what was answered", async (_, arrange, code, message) => {
    arrange(issuer.state);
    await expect(fetching()).rejects.toMatchObject({ code, message });
  });

  it("says that it was the issuer that is not reached, or not trusted", async () => {
    await expect(fetching({ issuerUrl: "https://127.0.0.1:1" })).rejects.toMatchObject({
      code: "UPSTREAM_UNREACHABLE",
      message: "Signing in at the OIDC issuer failed: The connection was refused.",
    });
    await expect(fetching({ caCertificate: null })).rejects.toMatchObject({
      message: expect.stringMatching(/^Signing in at the OIDC issuer failed: The TLS certificate was not accepted/),
    });
  });

  it("goes nowhere that the guard of outbound calls does not permit, neither by the issuer's URL nor by its document", async () => {
    const away = new UpstreamHttp(publicGuard());
    await expect(fetching({}, away)).rejects.toMatchObject({ code: "TARGET_NOT_ALLOWED" });
    await away.close();
    issuer.state.discovery = { token_endpoint: "https://169.254.169.254/token" };
    await expect(fetching()).rejects.toMatchObject({ code: "TARGET_NOT_ALLOWED" });
    expect(issuer.tokenRequests()).toEqual([]);
  });
});
