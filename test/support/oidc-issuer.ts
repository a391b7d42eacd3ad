import type { TlsMaterial } from "../../demo/server/tls.ts";
import { type SeenRequest, startHttpServer } from "./http-server.ts";

/** What the issuer does when a token is asked for. */
export interface IssuerState {
  /** Tokens given out so far. */
  issued: string[];
  /** Seconds that a token lives, or null where the answer does not say. */
  expiresIn: number | null;
  /** Instead of a token. */
  refusal: { status: number; body: string } | null;
  /** What the discovery document says otherwise. */
  discovery: Record<string, unknown>;
}

export interface OidcIssuer extends AsyncDisposable {
  /** Its URL has a path, as real ones do. */
  url: string;
  requests: SeenRequest[];
  state: IssuerState;
  /** Requests for tokens. */
  tokenRequests(): SeenRequest[];
}

/** An OIDC issuer on loopback that gives clients tokens as a test says. */
export async function startOidcIssuer(
  tls: TlsMaterial,
  newToken: (n: number) => string = (n) => `issued-${n}`,
): Promise<OidcIssuer> {
  const state: IssuerState = { issued: [], expiresIn: 3600, refusal: null, discovery: {} };
  const server = await startHttpServer(({ path }, response) => {
    const answer = (status: number, body: string) =>
      response.writeHead(status, { "content-type": "application/json" }).end(body);
    if (path === "/realms/fleet/.well-known/openid-configuration") {
      const issuer = `${server.url}/realms/fleet`;
      answer(200, JSON.stringify({ issuer, token_endpoint: `${issuer}/token?v=1`, ...state.discovery }));
    } else if (path !== "/realms/fleet/token?v=1") {
      answer(404, "{}");
    } else if (state.refusal) {
      answer(state.refusal.status, state.refusal.body);
    } else {
      const token = newToken(state.issued.length + 1);
      state.issued.push(token);
      const life = state.expiresIn === null ? {} : { expires_in: state.expiresIn };
      answer(200, JSON.stringify({ access_token: token, token_type: "Bearer", ...life }));
    }
  }, tls);
  return {
    url: `${server.url}/realms/fleet`,
    requests: server.requests,
    state,
    tokenRequests: () => server.requests.filter(({ path }) => path.startsWith("/realms/fleet/token")),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
