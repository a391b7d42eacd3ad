import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTlsMaterial } from "../../demo/server/tls.ts";
import { startGraph, type TestGraph } from "../support/graph.ts";
import { type HttpServer, startHttpServer } from "../support/http-server.ts";
import { describeModes } from "../support/modes.ts";

const REGISTER = `mutation ($input: RegisterClusterInput!) { registerCluster(input: $input) { id } }`;
const UPDATE = `mutation ($id: UUID!, $input: UpdateClusterInput!) { updateCluster(id: $id, input: $input) { id } }`;
const STORED = `{ clusters { items { name apiServerUrl endpoints { prometheusUrl } } } }`;
const METRICS = `{ metrics(query: { query: "up" }) { outcomes { clusterName status error { code message retryable } } } }`;
const TOKEN = "0123456789abcdef";
const PUBLIC = {
  HOST: "0.0.0.0",
  AIOPS_API_TOKENS: JSON.stringify([{ token: TOKEN, user: "ann", roles: ["admin"] }]),
};

await describeModes("Where a cluster's URLs may lead", (mode) => {
  let server: HttpServer;
  let secure: HttpServer;
  let caCertificate: string;
  beforeAll(async () => {
    const tls = await createTlsMaterial(["127.0.0.1", "localhost"]);
    caCertificate = tls.ca;
    const answer: Parameters<typeof startHttpServer>[0] = (_, response) =>
      response
        .writeHead(200, { "content-type": "application/json" })
        .end('{"status":"success","data":{"resultType":"vector","result":[]}}');
    [server, secure] = await Promise.all([startHttpServer(answer), startHttpServer(answer, tls)]);
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await secure[Symbol.asyncDispose]();
  });

  describe.each(["on loopback", "beyond loopback"])("of a graph %s", (where) => {
    let graph: TestGraph;
    beforeAll(async () => {
      graph = await startGraph({ mode, env: where === "on loopback" ? {} : PUBLIC });
    });
    afterAll(() => graph[Symbol.asyncDispose]());
    const ask = (query: string, variables = {}) => graph.ask(query, variables, { token: TOKEN });

    it.each<[string, string, object]>([
      ["apiServerUrl", "metadata", { apiServerUrl: "https://169.254.169.254/" }],
      ["apiServerUrl", "metadata in decimal", { apiServerUrl: "https://2852039166/" }],
      ["apiServerUrl", "the unspecified address", { apiServerUrl: "https://0.0.0.0:6443" }],
      [
        "endpoints.prometheusUrl",
        "metadata, mapped",
        { endpoints: { prometheusUrl: "http://[::ffff:169.254.169.254]:80" } },
      ],
      ["endpoints.lokiUrl", "a link-local address", { endpoints: { lokiUrl: "https://[fe80::1]" } }],
    ])("refuses an %s that is %s, and stores nothing", async (field, _, urls) => {
      const valid = { name: "refused", apiServerUrl: "https://api.example.com:6443", ...urls };
      const before = (await ask(STORED)).data;
      const registered = await ask(REGISTER, { input: valid });
      expect(registered.errors).toMatchObject([
        {
          message: expect.stringMatching(new RegExp(`^${field}: This target is not allowed\\. .*never asked\\.$`)),
          extensions: { code: "TARGET_NOT_ALLOWED", details: { issues: [{ path: field }] } },
        },
      ]);
      expect((await ask(STORED)).data).toEqual(before);
    });

    it("refuses such a change too, and keeps what there was", async () => {
      const input = { name: "kept", apiServerUrl: "https://api.example.com:6443" };
      const { id } = (await ask(REGISTER, { input })).data.registerCluster;
      const before = (await ask(STORED)).data;
      const changed = { displayName: "new", endpoints: { prometheusUrl: "https://169.254.169.254" } };
      const { errors } = await ask(UPDATE, { id, input: changed });
      expect(errors?.[0]?.extensions).toMatchObject({ code: "TARGET_NOT_ALLOWED" });
      expect((await ask(STORED)).data).toEqual(before);
      expect(before.clusters.items).toContainEqual(
        expect.objectContaining({ name: "kept", apiServerUrl: input.apiServerUrl }),
      );
    });
  });

  describe("of a graph that others can ask", () => {
    let graph: TestGraph;
    beforeAll(async () => {
      graph = await startGraph({ mode, env: { ...PUBLIC, AIOPS_TARGET_ALLOW: "" } });
    });
    afterAll(() => graph[Symbol.asyncDispose]());
    const ask = (query: string, variables = {}) => graph.ask(query, variables, { token: TOKEN });

    it("refuses an address of this machine as soon as it is given", async () => {
      const input = { name: "near", apiServerUrl: secure.url, endpoints: { prometheusUrl: server.url } };
      const { errors } = await ask(REGISTER, { input });
      expect(errors?.[0]?.extensions).toMatchObject({
        code: "TARGET_NOT_ALLOWED",
        details: { issues: [{ path: "apiServerUrl" }, { path: "endpoints.prometheusUrl" }] },
      });
      expect(errors?.[0]?.message).toContain("AIOPS_TARGET_ALLOW");
    });

    it("asks neither a name of this machine nor an address stored before, and says so", async () => {
      const named = {
        name: "named",
        apiServerUrl: secure.url.replace("127.0.0.1", "localhost"),
        endpoints: { prometheusUrl: secure.url.replace("127.0.0.1", "localhost") },
        credentials: { token: "t-1", caCertificate },
      };
      const { data } = await ask(REGISTER, { input: named });
      const earlier = { ...named, name: "earlier", endpoints: { prometheusUrl: "http://prometheus.example" } };
      const { id } = (await ask(REGISTER, { input: earlier })).data.registerCluster;
      await graph.platform.database.prisma.cluster.update({ where: { id }, data: { prometheusUrl: server.url } });

      const { errors } = await ask(METRICS);
      const [outcomes] = (errors ?? []).map(({ extensions }) => extensions["details"]);
      const error = {
        code: "TARGET_NOT_ALLOWED",
        message: expect.stringMatching(/^This target is not allowed\. (?!.*(127\.0|localhost)).*AIOPS_TARGET_ALLOW/),
        retryable: false,
      };
      expect(outcomes).toMatchObject({
        clusters: ["earlier", "named"].map((clusterName) => ({ clusterName, status: "ERROR", error })),
      });
      const refreshed = await ask(`mutation ($id: UUID!) { refreshCluster(id: $id) { status { lastError } } }`, {
        id: data.registerCluster.id,
      });
      expect(refreshed.data.refreshCluster.status).toEqual({
        lastError: expect.stringContaining("AIOPS_TARGET_ALLOW"),
      });
      expect([await server.connections(), await secure.connections()]).toEqual([0, 0]);
    });
  });

  it("lets a graph that others can ask reach what is named", async () => {
    await using graph = await startGraph({ mode, env: { ...PUBLIC, AIOPS_TARGET_ALLOW: "127.0.0.1" } });
    const ask = (query: string, variables = {}) => graph.ask(query, variables, { token: TOKEN });
    const input = { name: "named", apiServerUrl: secure.url, endpoints: { prometheusUrl: server.url } };
    expect((await ask(REGISTER, { input })).errors).toBeUndefined();
    expect((await ask(METRICS)).data.metrics.outcomes).toMatchObject([{ clusterName: "named", status: "SUCCESS" }]);
  });
});
