import { z } from "zod";
import { CodedError } from "../../kernel/errors.ts";
import { type IssuedToken, tokenExpiry } from "../bearer-token.ts";
import type { UpstreamAnswer, UpstreamHttp } from "../http.ts";

/** Who signs in at which issuer, by the client credentials flow. */
export const OidcClient = z.object({
  issuerUrl: z.string(),
  clientId: z.string(),
  clientSecret: z.string(),
  scopes: z.array(z.string()),
  audience: z.string().nullable(),
  /** PEM, trusted beside the public authorities. */
  caCertificate: z.string().nullable(),
});
export type OidcClient = z.infer<typeof OidcClient>;

const Discovery = z.object({
  issuer: z.string(),
  token_endpoint: z.url({ protocol: /^https$/ }),
  token_endpoint_auth_methods_supported: z.array(z.string()).default(["client_secret_basic"]),
});
const Granted = z.object({
  // What cannot stand in a header is no bearer token.
  access_token: z.string().regex(/^[\x21-\x7e]+$/),
  token_type: z.string().regex(/^bearer$/i),
  expires_in: z.coerce.number().positive().optional(),
});
const Refused = z.object({ error: z.string().regex(/^[a-z_]{1,64}$/) });

/** Where neither the answer nor the token says how long it lives. */
const UNKNOWN_LIFE_MS = 300_000;
/** The next token is fetched this long before the end, or at four fifths of a short life. */
const AHEAD_MS = 60_000;

/**
 * Fetches an access token: https://openid.net/specs/openid-connect-discovery-1_0.html, then RFC 6749 section 4.4. Nothing of it is stored.
 * @throws CREDENTIALS_INVALID where the issuer refuses the client, or an upstream's code; the message says that it was the issuer,
 * and never holds what it answered.
 */
export async function fetchOidcToken(
  http: UpstreamHttp,
  client: OidcClient,
  signal: AbortSignal,
): Promise<IssuedToken> {
  try {
    const discovery = await discover(http, client, signal);
    const before = Date.now();
    const granted = await grant(http, client, discovery, signal);
    const endsAt = granted.expires_in
      ? before + granted.expires_in * 1000
      : (tokenExpiry(granted.access_token)?.getTime() ?? before + UNKNOWN_LIFE_MS);
    const renewAt = Math.max(endsAt - AHEAD_MS, before + (endsAt - before) * 0.8);
    return { token: granted.access_token, renewAt, endsAt };
  } catch (error) {
    if (!(error instanceof CodedError) || error.code === "CREDENTIALS_INVALID") throw error;
    throw new CodedError(error.code, `Signing in at the OIDC issuer failed: ${error.message}`, error.details, {
      cause: error,
    });
  }
}

async function discover(
  http: UpstreamHttp,
  { issuerUrl, caCertificate }: OidcClient,
  signal: AbortSignal,
): Promise<z.output<typeof Discovery>> {
  const answer = await http.send(
    { url: issuerUrl, token: null, caCertificate },
    { path: "/.well-known/openid-configuration", signal, requestId: "oidc" },
  );
  const found = Discovery.safeParse(answer.status === 200 ? parseJson(answer) : undefined);
  if (!found.success) {
    throw new CodedError("UPSTREAM_INVALID_ANSWER", `it answers no discovery document (HTTP ${answer.status}).`);
  }
  // Else another issuer's document could send the client's secret elsewhere.
  if (found.data.issuer.replace(/\/+$/, "") !== issuerUrl.replace(/\/+$/, "")) {
    throw new CodedError("UPSTREAM_INVALID_ANSWER", "its discovery document is of another issuer.");
  }
  return found.data;
}

async function grant(
  http: UpstreamHttp,
  { clientId, clientSecret, scopes, audience, caCertificate }: OidcClient,
  { token_endpoint, token_endpoint_auth_methods_supported: methods }: z.output<typeof Discovery>,
  signal: AbortSignal,
): Promise<z.output<typeof Granted>> {
  const { origin, pathname, search } = new URL(token_endpoint);
  const inForm = !methods.includes("client_secret_basic") && methods.includes("client_secret_post");
  const basic = Buffer.from(`${formEncoded(clientId)}:${formEncoded(clientSecret)}`).toString("base64");
  const answer = await http.send(
    { url: origin, token: null, caCertificate },
    {
      path: `${pathname}${search}`,
      form: {
        grant_type: "client_credentials",
        ...(scopes.length > 0 ? { scope: scopes.join(" ") } : {}),
        ...(audience ? { audience } : {}),
        ...(inForm ? { client_id: clientId, client_secret: clientSecret } : {}),
      },
      ...(inForm ? {} : { authorization: `Basic ${basic}` }),
      signal,
      requestId: "oidc",
    },
  );
  const json = parseJson(answer);
  const granted = Granted.safeParse(answer.status === 200 ? json : undefined);
  if (granted.success) return granted.data;
  const { error } = Refused.safeParse(json).data ?? {};
  if (error || answer.status === 401 || answer.status === 403) {
    const why = error ? `: ${error}` : ` (HTTP ${answer.status})`;
    throw new CodedError("CREDENTIALS_INVALID", `The OIDC issuer refused the client${why}.`);
  }
  throw new CodedError("UPSTREAM_INVALID_ANSWER", `it answers no bearer token (HTTP ${answer.status}).`);
}

/** As RFC 6749 section 2.3.1 has it before the base64. */
const formEncoded = (text: string): string => new URLSearchParams({ v: text }).toString().slice(2);

function parseJson({ body }: UpstreamAnswer): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
