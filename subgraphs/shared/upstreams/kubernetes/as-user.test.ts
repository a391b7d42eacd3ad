import type { TLSSocket } from "node:tls";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { createTlsMaterial, type TlsMaterial } from "../../../../demo/server/tls.ts";
import { type HttpServer, startHttpServer } from "../../../../test/support/http-server.ts";
import { loopbackGuard } from "../../../../test/support/target-guard.ts";
import { UserToken } from "../../kernel/vouched.ts";
import { KubernetesClient } from "./client.ts";
import { kubeconfigForToken } from "./kubeconfig.ts";

const options = () => ({ signal: new AbortController().signal });
const ANN = { user: "änn@example.com", groups: ["sre", "on, call"], token: null };
const PODS = "/api/v1/pods";

let tls: TlsMaterial;
beforeAll(async () => {
  tls = await createTlsMaterial(["127.0.0.1"]);
});
const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each[Symbol.asyncDispose]();
});

/** A server that answers so, what headers each request had in their order, and a client of it. */
async function serving(status = 200, body: object = {}, { anonymous = false, kubeconfig = "" } = {}) {
  const seen: { headers: string[]; certificate: object }[] = [];
  const server: HttpServer = await startHttpServer(
    (_, response) => {
      const { rawHeaders, socket } = response.req;
      seen.push({ headers: rawHeaders, certificate: (socket as TLSSocket).getPeerCertificate() });
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    },
    { ...tls, requestCert: true, rejectUnauthorized: false } as TlsMaterial,
  );
  const own = kubeconfig || kubeconfigForToken({ server: server.url, token: "account", caCertificate: tls.ca });
  const client = await KubernetesClient.connect(own, server.url, loopbackGuard(), undefined, { anonymous });
  open.push(server, { [Symbol.asyncDispose]: () => client.close() });
  const sent = (name: string): (string | undefined)[] =>
    seen.flatMap(({ headers }) =>
      headers.flatMap((each, i) =>
        i % 2 === 0 && each.toLowerCase() === name ? [Buffer.from(headers[i + 1] ?? "", "latin1").toString()] : [],
      ),
    );
  return { client, seen, sent };
}

describe("an API server that is asked in a user's name", () => {
  it("is told the user and each group by itself, by the client's own token", async () => {
    const { client, sent } = await serving();
    await client.as(ANN).read(z.object({}), PODS, options());
    expect(sent("authorization")).toEqual(["Bearer account"]);
    expect(sent("impersonate-user")).toEqual(["änn@example.com"]);
    expect(sent("impersonate-group")).toEqual(["sre", "on, call"]);
  });

  it("hears of no user where the platform asks for itself, also at the same time", async () => {
    const { client, sent } = await serving();
    const ask = (of: KubernetesClient) => of.read(z.object({}), PODS, options());
    await Promise.all([ask(client), ask(client.as(ANN)), ask(client), ask(client.as({ ...ANN, user: "bob" }))]);
    expect(sent("authorization")).toHaveLength(4);
    expect(sent("impersonate-user")).toHaveLength(2);
    expect(new Set(sent("impersonate-user"))).toEqual(new Set(["bob", "änn@example.com"]));
  });

  it("is told by a socket, too", async () => {
    const { client, sent } = await serving(403, { message: "no" });
    await expect(client.as(ANN).socket("/x", [], options())).rejects.toMatchObject({ code: "CLUSTER_FORBIDS_USER" });
    expect(sent("impersonate-group")).toEqual(["sre", "on, call"]);
  });

  it("gets the user's own token, and not the platform's nor its certificate", async () => {
    const kubeconfig = JSON.stringify({
      "current-context": "c",
      contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
      clusters: [
        {
          name: "c",
          cluster: {
            server: "https://x.example",
            "certificate-authority-data": Buffer.from(tls.ca).toString("base64"),
          },
        },
      ],
      users: [
        {
          name: "u",
          user: {
            "client-certificate-data": Buffer.from(tls.cert).toString("base64"),
            "client-key-data": Buffer.from(tls.key).toString("base64"),
          },
        },
      ],
    });
    const account = await serving(200, {}, { kubeconfig });
    await account.client.read(z.object({}), PODS, options());
    expect(account.seen[0]?.certificate).toHaveProperty("subject");
    const { client, seen, sent } = await serving(200, {}, { kubeconfig, anonymous: true });
    await client.as({ ...ANN, token: new UserToken("her-own") }).read(z.object({}), PODS, options());
    expect(sent("authorization")).toEqual(["Bearer her-own"]);
    expect(sent("impersonate-user")).toEqual([]);
    expect(seen[0]?.certificate).toEqual({});
  });

  const token = new UserToken("her-own");
  it.each([
    ["the user may not", 403, { message: 'pods is forbidden: User "ann" cannot list' }, null, "CLUSTER_FORBIDS_USER"],
    ["the token may not", 403, {}, token, "CLUSTER_FORBIDS_USER"],
    ["it knows no such token", 401, {}, token, "CLUSTER_FORBIDS_USER"],
    ["the credentials are not known", 401, {}, null, "UPSTREAM_REFUSED"],
    [
      "the credentials may not impersonate",
      403,
      { message: 'users "ann" is forbidden: User "robot" cannot impersonate resource "users"' },
      null,
      "UPSTREAM_REFUSED",
    ],
    ["it fails", 500, {}, token, "UPSTREAM_ERROR"],
  ])("says that %s", async (_, status, body, own, code) => {
    const { client } = await serving(status, body, { anonymous: own !== null });
    const asked = client.as({ ...ANN, token: own }).read(z.object({}), PODS, options());
    const error: unknown = await asked.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, details: { status } });
    expect(String(error)).not.toContain("her-own");
  });

  it("cannot be asked by what would merge the groups", async () => {
    const { client, seen } = await serving();
    await expect(client.as(ANN).version(options())).rejects.toThrow("in a user's name");
    expect(seen).toEqual([]);
  });
});
