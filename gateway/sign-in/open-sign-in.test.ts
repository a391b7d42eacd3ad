import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { readConfig } from "../../subgraphs/shared/kernel/config.ts";
import { post } from "../../test/support/gateway/clients.ts";
import { startSmallGateway } from "../../test/support/gateway/small-gateway.ts";
import { startJwtIssuer } from "../../test/support/jwt-issuer.ts";

const QUERY = "{ cluster(id: 1) { name } }";
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

async function oidcGateway(env: Record<string, string> = {}) {
  const issuer = await startJwtIssuer();
  onTestFinished(() => issuer[Symbol.asyncDispose]());
  const { gateway } = await startSmallGateway({
    config: readConfig({
      PORT: "0",
      AIOPS_OIDC_ISSUER: issuer.url,
      AIOPS_OIDC_AUDIENCE: "aiops",
      AIOPS_ACCESS: '[{"users":["ann"],"roles":["viewer"]}]',
      ...env,
    }),
  });
  return { issuer, gateway };
}

describe("a gateway with an issuer", () => {
  test("lets nobody in without a token, also on loopback", async () => {
    const { gateway, issuer } = await oidcGateway();
    for (const headers of [{}, bearer("anything"), bearer("a.b.c"), bearer(await issuer.token({ aud: "x" }))])
      expect((await post(gateway.url, QUERY, { headers })).status).toBe(401);
    expect((await post(gateway.url, QUERY, { headers: bearer(await issuer.token({})) })).body.data).toEqual({
      cluster: { name: "alpha" },
    });
  });

  test("still knows the tokens that are configured", async () => {
    const token = "correct-horse-battery";
    const { gateway } = await oidcGateway({
      AIOPS_API_TOKENS: JSON.stringify([{ token, user: "bob", roles: ["viewer"] }]),
    });
    expect((await post(gateway.url, QUERY, { headers: bearer(token) })).status).toBe(200);
  });

  test("says when it cannot tell who somebody is, and that it is worth trying again", async () => {
    const { gateway, issuer } = await oidcGateway();
    issuer.down = true;
    const token = await issuer.token({});
    const { status, body } = await post(gateway.url, QUERY, { headers: bearer(token) });
    expect([status, body.errors[0].extensions.code]).toEqual([503, "SIGN_IN_UNAVAILABLE"]);
    const socket = new WebSocket(`${gateway.url.replace("http", "ws")}/graphql`, "graphql-transport-ws");
    onTestFinished(() => socket.terminate());
    const closed = new Promise<number>((resolve) => socket.once("close", resolve));
    socket.once("open", () => socket.send(JSON.stringify({ type: "connection_init", payload: bearer(token) })));
    expect(await closed).toBe(1013);
  });
});

test("an API token cannot be checked where what keeps them is not there", async () => {
  const { gateway } = await startSmallGateway();
  const { status, body } = await post(gateway.url, QUERY, { headers: bearer(`aiops_${"A".repeat(43)}`) });
  expect([status, body.errors[0].extensions.code]).toEqual([503, "SIGN_IN_UNAVAILABLE"]);
  expect((await post(gateway.url, QUERY, { headers: bearer("aiops_too-short") })).status).toBe(401);
});
