import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { createTlsMaterial, type TlsMaterial } from "../../../../demo/server/tls.ts";
import { startHttpServer } from "../../../../test/support/http-server.ts";
import { type Replay, recording, startReplayServer } from "../../../../test/support/recordings.ts";
import { loopbackGuard } from "../../../../test/support/target-guard.ts";
import { CodedError } from "../../kernel/errors.ts";
import { KubernetesClient } from "./client.ts";
import { kubeconfigForToken } from "./kubeconfig.ts";

const SERVER = "kubernetes-1.36";
const NODES = "/api/v1/nodes?limit=500";
const OPENSHIFT = "/apis/config.openshift.io/v1/clusterversions/version";

let tls: TlsMaterial;
beforeAll(async () => {
  tls = await createTlsMaterial(["127.0.0.1"]);
});

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each[Symbol.asyncDispose]();
});

const options = () => ({ signal: new AbortController().signal });
const recorded = (request: string, name: string): Replay => ({ request, answer: recording(SERVER, name) });
const json = (request: string, answer: unknown, status = 200): Replay => ({
  request,
  answer: { status, contentType: "application/json", answer },
});

async function connected(url: string, token = "t-1", caCertificate: string | null = tls.ca): Promise<KubernetesClient> {
  const client = await KubernetesClient.connect(
    kubeconfigForToken({ server: "https://elsewhere.example", token, caCertificate }),
    `${url}/`,
    loopbackGuard(),
  );
  open.push({ [Symbol.asyncDispose]: () => client.close() });
  return client;
}

async function against(...replays: Replay[]) {
  const server = await startReplayServer(replays, tls);
  open.push(server);
  return { server, client: await connected(server.url) };
}

async function serving(handle: Parameters<typeof startHttpServer>[0]) {
  const server = await startHttpServer(handle, tls);
  open.push(server);
  return { server, client: await connected(server.url) };
}

describe("KubernetesClient against a recorded API server 1.36", () => {
  it("asks the registered server, with the token, for its version", async () => {
    const { server, client } = await against(recorded("GET /version", "version"));
    expect(await client.version(options())).toBe("v1.36.2");
    expect(server.requests[0]?.headers).toMatchObject({ authorization: "Bearer t-1", "accept-encoding": "identity" });
    server.verify();
  });

  it("finds it ready", async () => {
    const { server, client } = await against(recorded("GET /readyz", "readyz"));
    await expect(client.ready(options())).resolves.toBeUndefined();
    server.verify();
  });

  it("reads any path, as a schema has it", async () => {
    const { server, client } = await against(recorded(`GET ${NODES}`, "nodes-list"));
    const items = z.object({ items: z.array(z.object({ metadata: z.object({ name: z.string() }) })) });
    const nodes = await client.read(items, NODES, { ...options(), accept: "application/json;x=1" });
    expect(nodes.items.map(({ metadata }) => metadata.name)).toContain("alpha-cp-0");
    expect(server.requests[0]?.headers).toMatchObject({ authorization: "Bearer t-1", accept: "application/json;x=1" });
    server.verify();
  });

  it("reads OpenShift's version: the newest update that completed", async () => {
    const history = [
      { state: "Partial", version: "4.15.0" },
      { state: "Completed", version: "4.14.5" },
      { state: "Completed", version: "4.13.1" },
    ];
    const { client } = await against(
      json(`GET ${OPENSHIFT}`, { status: { history } }),
      json(`GET ${OPENSHIFT}`, { status: {} }),
    );
    expect(await client.openshiftVersion(options())).toBe("4.14.5");
    expect(await client.openshiftVersion(options())).toBeNull();
  });

  it("reads MicroShift's version", async () => {
    const version = "GET /api/v1/namespaces/kube-public/configmaps/microshift-version";
    const { client } = await against(
      json(version, { data: { version: "4.18.6-rc.1~x" } }),
      recorded(version, "not-found-object"),
    );
    expect(await client.microshiftVersion(options())).toBe("4.18.6");
    expect(await client.microshiftVersion(options())).toBeNull();
  });

  it.each(["not-found-group", "not-found-object"])(
    "finds no OpenShift where its API is not there (%s)",
    async (name) => {
      const { server, client } = await against(recorded(`GET ${OPENSHIFT}`, name));
      expect(await client.openshiftVersion(options())).toBeNull();
      server.verify();
    },
  );

  it.each<[string, string, number]>([
    ["a bad token", "unauthorized-bad-token", 401],
    ["a token without the right", "viewer-nodes", 403],
    ["a token without any right", "anonymous-forbidden", 403],
  ])("tells of %s, without the server's words", async (_, name, status) => {
    const { client } = await against(recorded(`GET ${NODES}`, name));
    const error: unknown = await client.read(z.unknown(), NODES, options()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "UPSTREAM_REFUSED", details: { status } });
    expect((error as Error).message).not.toMatch(/system:|viewer-user|forbidden:/);
  });

  it("tells whether an API server that is not ready refuses the credentials", async () => {
    const refused = { ...recording(SERVER, "unauthorized-bad-token") };
    const { client } = await against(json("GET /readyz", "", 401), { request: "GET /version", answer: refused });
    await expect(client.ready(options())).rejects.toMatchObject({ code: "UPSTREAM_REFUSED" });
    const starting = await against(json("GET /readyz", "", 500), recorded("GET /version", "version"));
    await expect(starting.client.ready(options())).rejects.toMatchObject({
      code: "UPSTREAM_ERROR",
      message: "The API server is not ready.",
    });
  });
});

describe("KubernetesClient against what is no API server", () => {
  it.each<[string, string | undefined, string]>([
    ["HTML", "text/html", "<html>secret</html>"],
    ["text", "text/plain", "secret"],
    ["JSON of something else", "application/json", '{"secret":1}'],
    ["JSON that is no object", "application/json", '"secret"'],
    ["null", "application/json", "null"],
    ["broken JSON", "application/json", '{"items":[secret'],
    ["nothing", "application/json", ""],
    ["no content type", undefined, '{"items":[]}'],
  ])("that answers %s", async (_, contentType, body) => {
    const { client } = await serving((_request, response) => {
      response.writeHead(200, contentType ? { "content-type": contentType } : {}).end(body);
    });
    for (const call of ["version", "openshiftVersion", "microshiftVersion"] as const) {
      await expect(client[call](options())).rejects.toMatchObject({
        code: "UPSTREAM_INVALID_ANSWER",
        message: "The endpoint does not answer like a Kubernetes API server.",
      });
    }
  });

  it.each([500, 503, 429])("that answers %d", async (status) => {
    const { client } = await serving((_, response) =>
      response.writeHead(status, { "content-type": "text/plain" }).end("secret 127.0.0.1"),
    );
    await expect(client.version(options())).rejects.toMatchObject({
      code: "UPSTREAM_ERROR",
      message: `The API server answered HTTP ${status}.`,
      details: { status },
    });
  });

  it.each([301, 302, 303, 307, 308])("that redirects (%d): it is not followed, by no call", async (status) => {
    // What it redirects to would do in every respect but that nobody named it.
    const elsewhere = await startHttpServer((_, response) => response.end("{}"), tls);
    open.push(elsewhere);
    const { server, client } = await serving((_, response) =>
      response.writeHead(status, { location: `${elsewhere.url}/metadata` }).end(),
    );
    for (const call of ["ready", "version", "openshiftVersion", "microshiftVersion"] as const) {
      await expect(client[call](options())).rejects.toMatchObject({
        code: "UPSTREAM_ERROR",
        message: `The endpoint answered HTTP ${status}; redirects are not followed.`,
      });
    }
    await expect(client.stream("/api/v1/pods?watch=true", options())).rejects.toMatchObject({
      code: "UPSTREAM_ERROR",
      details: { status },
    });
    expect(server.requests).toHaveLength(5);
    expect(elsewhere.requests).toEqual([]);
  });

  it("that never stops answering", async () => {
    const { client } = await serving((_, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      const chunk = Buffer.alloc(1024 * 1024, " ");
      const more = (): void => {
        while (!response.destroyed) if (!response.write(chunk)) return void response.once("drain", more);
      };
      more();
    });
    await expect(client.version(options())).rejects.toMatchObject({ code: "UPSTREAM_ANSWER_TOO_LARGE" });
    await expect(client.read(z.unknown(), NODES, options())).rejects.toMatchObject({
      code: "UPSTREAM_ANSWER_TOO_LARGE",
    });
  });

  it("that compresses what nobody asked it to", async () => {
    const { client } = await serving((_, response) =>
      response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" }).end("x"),
    );
    await expect(client.version(options())).rejects.toMatchObject({ code: "UPSTREAM_INVALID_ANSWER" });
    await expect(client.read(z.unknown(), NODES, options())).rejects.toMatchObject({ code: "UPSTREAM_INVALID_ANSWER" });
  });

  it("that has a certificate of an unknown authority: it gets no token", async () => {
    const server = await startHttpServer((_, response) => response.end("{}"), tls);
    open.push(server);
    const other = await createTlsMaterial(["127.0.0.1"]);
    for (const ca of [null, other.ca]) {
      const client = await connected(server.url, "t-1", ca);
      for (const call of ["version", "ready"] as const) {
        await expect(client[call](options())).rejects.toMatchObject({
          code: "UPSTREAM_UNREACHABLE",
          message: expect.stringMatching(/^The TLS certificate was not accepted \([A-Z_]+\)\.$/),
        });
      }
    }
    expect(server.requests).toEqual([]);
  });

  it("that is not there", async () => {
    const server = await startHttpServer(() => {}, tls);
    await server[Symbol.asyncDispose]();
    const client = await connected(server.url);
    for (const call of ["version", "ready"] as const) {
      await expect(client[call](options())).rejects.toMatchObject({
        code: "UPSTREAM_UNREACHABLE",
        message: "The connection was refused.",
      });
    }
  });
});

describe("KubernetesClient", () => {
  it.each<[string, (client: KubernetesClient, signal: AbortSignal) => Promise<unknown>]>([
    ["ready", (client, signal) => client.ready({ signal })],
    ["version", (client, signal) => client.version({ signal })],
    ["a list", (client, signal) => client.read(z.unknown(), NODES, { signal })],
    ["a review", (client, signal) => client.create(z.unknown(), "/apis/x", {}, { signal })],
  ])("leaves a server that never answers %s as soon as its caller does", async (_, call) => {
    const { promise: asked, resolve } = Promise.withResolvers<void>();
    const { promise: left, resolve: leave } = Promise.withResolvers<void>();
    const { client } = await serving((_request, response) => {
      response.once("close", leave);
      resolve();
    });
    const caller = new AbortController();
    const reason = new CodedError("CANCELLED", "Gone.");
    const settled = expect(call(client, caller.signal)).rejects.toBe(reason);
    await asked;
    caller.abort(reason);
    await settled;
    await left;
  });

  it("sends what it creates again with a newer token, and nothing to where it is redirected", async () => {
    const { server } = await serving(({ headers }, response) => {
      if (headers.authorization === "Bearer moved") response.writeHead(307, { location: "/elsewhere" }).end();
      else response.writeHead(headers.authorization === "Bearer new" ? 201 : 401).end('{"made":true}');
    });
    let current = "old";
    const renew = () => {
      current = "new";
      return Promise.resolve(true);
    };
    const token = { get: () => Promise.resolve(current), renew };
    const client = await KubernetesClient.connect({ token, caCertificate: tls.ca }, server.url, loopbackGuard());
    open.push({ [Symbol.asyncDispose]: () => client.close() });
    const made = z.object({ made: z.boolean() });
    expect(await client.create(made, "/apis/x", { a: 1 }, options())).toEqual({ made: true });
    expect(server.requests.map(({ method, body }) => `${method} ${body}`)).toEqual(['POST {"a":1}', 'POST {"a":1}']);
    current = "moved";
    await expect(client.create(made, "/apis/x", { a: 1 }, options())).rejects.toMatchObject({
      code: "UPSTREAM_ERROR",
      details: { status: 307 },
    });
    expect(server.requests).toHaveLength(3);
  });

  it("uses its connections again, until it is closed", async () => {
    const { server } = await serving((_, response) =>
      response.writeHead(200, { "content-type": "application/json" }).end('{"gitVersion":"v1"}'),
    );
    const config = kubeconfigForToken({ server: "", token: "t", caCertificate: tls.ca });
    const client = await KubernetesClient.connect(config, server.url, loopbackGuard());
    for (let i = 0; i < 10; i += 1) await client.version(options());
    expect(await server.connections()).toBeLessThanOrEqual(2);
    await client.close();
    await expect.poll(() => server.connections()).toBe(0);
  });

  it("refuses a kubeconfig that cannot be used", async () => {
    await expect(KubernetesClient.connect("{}", "https://a.example", loopbackGuard())).rejects.toMatchObject({
      code: "CREDENTIALS_INVALID",
    });
  });
});
