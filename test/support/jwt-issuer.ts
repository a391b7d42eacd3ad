import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { type HttpServer, startHttpServer } from "./http-server.ts";

/** One that is undefined is left out. */
type Claims = { [K in keyof JWTPayload]: JWTPayload[K] | undefined };
type Key = Awaited<ReturnType<typeof generateKeyPair>> & { kid: string; alg: string };

export interface JwtIssuer extends AsyncDisposable {
  /** Its URL has a path, as real ones do. */
  url: string;
  requests: HttpServer["requests"];
  /** While true it answers nothing but HTTP 503. */
  down: boolean;
  /** What the discovery document says otherwise. */
  discovery: Record<string, unknown>;
  key: Key;
  /** Sign with a new key from now on; the old one is published no more. */
  rotate(): Promise<void>;
  newKey(alg?: string): Promise<Key>;
  /** Signed for the audience "aiops" and an hour, unless the claims say otherwise; by the issuer's key, unless given. */
  token(claims: Claims, key?: Key): Promise<string>;
}

/** An OIDC issuer on loopback that signs tokens for users as a test says. */
export async function startJwtIssuer(): Promise<JwtIssuer> {
  let keys = 0;
  const newKey = async (alg = "ES256"): Promise<Key> => {
    keys += 1;
    return { ...(await generateKeyPair(alg, { extractable: true })), kid: `key-${keys}`, alg };
  };
  const server = await startHttpServer(({ path }, response) => {
    const answer = (status: number, body: object) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    if (issuer.down) answer(503, {});
    else if (path === "/realms/fleet/.well-known/openid-configuration") {
      answer(200, { issuer: issuer.url, jwks_uri: `${issuer.url}/keys`, ...issuer.discovery });
    } else if (path === "/realms/fleet/keys") {
      const { publicKey, kid, alg } = issuer.key;
      void exportJWK(publicKey).then((jwk) => answer(200, { keys: [{ ...jwk, kid, alg, use: "sig" }] }));
    } else answer(404, {});
  });
  const issuer: JwtIssuer = {
    url: `${server.url}/realms/fleet`,
    requests: server.requests,
    down: false,
    discovery: {},
    key: await newKey(),
    async rotate() {
      issuer.key = await newKey();
    },
    newKey,
    async token(claims, { privateKey, kid, alg } = issuer.key) {
      const now = Math.floor(Date.now() / 1000);
      const all = { iss: issuer.url, aud: "aiops", sub: "ann", iat: now, exp: now + 3600, ...claims };
      return await new SignJWT(all as JWTPayload).setProtectedHeader({ alg, kid }).sign(privateKey);
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
  return issuer;
}
