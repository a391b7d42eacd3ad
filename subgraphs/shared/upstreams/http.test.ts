import { randomUUID } from "node:crypto";
import { createServer, type Server, type Socket } from "node:net";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { createTlsMaterial, type TlsMaterial } from "../../../demo/server/tls.ts";
import { startHttpServer } from "../../../test/support/http-server.ts";
import { loopbackGuard } from "../../../test/support/target-guard.ts";
import { CodedError } from "../kernel/errors.ts";
import { MAX_BODY_BYTES } from "./answer.ts";
import { UpstreamHttp } from "./http.ts";

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each[Symbol.asyncDispose]();
});

function upstreamHttp(options?: ConstructorParameters<typeof UpstreamHttp>[1]): UpstreamHttp {
  const http = new UpstreamHttp(loopbackGuard(), options);
  open.push({ [Symbol.asyncDispose]: () => http.close() });
  return http;
}
async function server(...args: Parameters<typeof startHttpServer>) {
  const started = await startHttpServer(...args);
  open.push(started);
  return started;
}
/** A bare socket server: for what no HTTP server would do. */
async function socketServer(onSocket: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const listener: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    onSocket(socket);
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  open.push({
    [Symbol.asyncDispose]: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise<void>((resolve) => listener.close(() => resolve()));
    },
  });
  const address = listener.address();
  return `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
}

const endpoint = (url: string, more: { token?: string; caCertificate?: string } = {}) => ({
  url,
  token: null,
  caCertificate: null,
  ...more,
});
const asked = (more: { path?: string; form?: Record<string, string>; signal?: AbortSignal } = {}) => ({
  path: "/x",
  signal: new AbortController().signal,
  requestId: "r-1",
  ...more,
});

/** The failure of a call, having checked what holds for each: it is coded, and names neither the address nor anything of the body. */
async function failure(call: Promise<unknown>, ...secrets: string[]): Promise<CodedError> {
  const error = await call.then(
    () => new Error("It succeeded."),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof CodedError)) throw error;
  const shown = JSON.stringify([error.message, error.details]);
  for (const secret of ["127.0.0.1", "localhost", "http", "secret", ...secrets]) expect(shown).not.toContain(secret);
  return error;
}

describe("UpstreamHttp", () => {
  it("gets, with the request's id, and without a token where there is none", async () => {
    const upstream = await server((_, response) => response.writeHead(418, { "x-y": "z" }).end("a body"));
    expect(await upstreamHttp().send(endpoint(`${upstream.url}//`), asked({ path: "/a?b=c" }))).toEqual({
      status: 418,
      body: "a body",
      bytes: 6,
      contentType: "",
      retryAfterSeconds: null,
    });
    const [request] = upstream.requests;
    expect(request).toMatchObject({
      method: "GET",
      path: "/a?b=c",
      headers: { accept: "application/json", "x-request-id": "r-1" },
    });
    expect(request?.headers).not.toHaveProperty("authorization");
  });

  it("keeps the path of an endpoint that is behind one", async () => {
    const upstream = await server((_, response) => response.end());
    await upstreamHttp().send(endpoint(`${upstream.url}/prometheus/`), asked({ path: "/api" }));
    expect(upstream.requests[0]?.path).toBe("/prometheus/api");
  });

  it("posts a form, with the endpoint's token", async () => {
    const upstream = await server((_, response) => response.end("ok"));
    const form = { query: 'up{a="é&="}', time: "1.5" };
    await upstreamHttp().send(endpoint(upstream.url, { token: "t-1" }), asked({ form }));
    const [request] = upstream.requests;
    expect(request).toMatchObject({
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded", authorization: "Bearer t-1" },
    });
    expect(Object.fromEntries(new URLSearchParams(request?.body))).toEqual(form);
  });

  it("says how large an answer was, of what kind, and when to come back", async () => {
    const upstream = await server((_, response) =>
      response.writeHead(429, { "content-type": "Application/JSON; charset=utf-8", "retry-after": "7" }).end('"é"'),
    );
    expect(await upstreamHttp().send(endpoint(upstream.url), asked())).toMatchObject({
      bytes: 4,
      contentType: "application/json",
      retryAfterSeconds: 7,
    });
  });

  it("uses its connections again", async () => {
    const upstream = await server((_, response) => response.end("ok"));
    const http = upstreamHttp();
    for (let i = 0; i < 10; i += 1) await http.send(endpoint(upstream.url), asked());
    // The first is not free again at once: a second may be opened.
    expect(await upstream.connections()).toBeLessThanOrEqual(2);
  });

  it.each([300, 301, 302, 303, 307, 308])("follows no redirect (%d), and reads nothing of it", async (status) => {
    const elsewhere = await server((_, response) => response.end("secret"));
    const upstream = await server((_, response) => {
      // Its body never ends.
      response.writeHead(status, { location: elsewhere.url }).write("secret");
    });
    for (const form of [undefined, { query: "up" }]) {
      const call = upstreamHttp().send(endpoint(upstream.url, { token: "t-1" }), asked(form ? { form } : {}));
      expect(await failure(call)).toMatchObject({
        code: "UPSTREAM_ERROR",
        message: `The endpoint answered HTTP ${status}; redirects are not followed.`,
        details: { status },
      });
    }
    expect(elsewhere.requests).toEqual([]);
    await expect.poll(() => upstream.connections()).toBe(0);
  });

  describe("says by a code, and in words, that", () => {
    it("the connection was refused", async () => {
      const upstream = await startHttpServer(() => {});
      await upstream[Symbol.asyncDispose]();
      const error = await failure(upstreamHttp().send(endpoint(upstream.url), asked()), new URL(upstream.url).port);
      expect(error).toMatchObject({ code: "UPSTREAM_UNREACHABLE", message: "The connection was refused." });
    });

    it("the connection was reset", async () => {
      const url = await socketServer((socket) => socket.once("data", () => socket.resetAndDestroy()));
      expect(await failure(upstreamHttp().send(endpoint(url), asked()))).toMatchObject({
        code: "UPSTREAM_UNREACHABLE",
        message: "The connection was reset.",
      });
    });

    it.each<[string, string]>([
      ["before an answer", ""],
      ["within the headers", "HTTP/1.1 200 OK\r\nx: secr"],
      ["within the body", "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nsecret"],
    ])("the connection broke off %s", async (_, sent) => {
      const url = await socketServer((socket) => socket.once("data", () => socket.end(sent)));
      expect(await failure(upstreamHttp().send(endpoint(url), asked()))).toMatchObject({
        code: "UPSTREAM_UNREACHABLE",
        message: "The connection broke off.",
      });
    });

    it("what answers does not speak HTTP", async () => {
      const url = await socketServer((socket) => socket.once("data", () => socket.end("secret SSH-2.0\r\n")));
      expect(await failure(upstreamHttp().send(endpoint(url), asked()))).toMatchObject({
        code: "UPSTREAM_UNREACHABLE",
        message: "What answers does not speak HTTP.",
      });
    });

    it("the host name does not resolve", async () => {
      const host = `${randomUUID()}.invalid`;
      const error = await failure(upstreamHttp().send(endpoint(`http://${host}`), asked()), host);
      expect(error).toMatchObject({
        code: "UPSTREAM_UNREACHABLE",
        message: expect.stringMatching(/^The host name does not resolve/),
      });
    });

    it("the answer is too large, and reads no more of it", async () => {
      let sent = 0;
      const upstream = await server((_, response) => {
        const chunk = Buffer.alloc(1024 * 1024, "x");
        const more = (): void => {
          while (!response.destroyed && sent < 8 * MAX_BODY_BYTES) {
            sent += chunk.length;
            if (!response.write(chunk)) return void response.once("drain", more);
          }
        };
        more();
      });
      expect(await failure(upstreamHttp().send(endpoint(upstream.url), asked()))).toMatchObject({
        code: "UPSTREAM_ANSWER_TOO_LARGE",
        message: "The answer is larger than 64 MiB.",
      });
      expect(sent).toBeLessThan(2 * MAX_BODY_BYTES);
    });

    it("the answer will be too large, before it is read", async () => {
      const upstream = await server((_, response) =>
        response.writeHead(200, { "content-length": MAX_BODY_BYTES + 1 }).write("secret"),
      );
      expect(await failure(upstreamHttp().send(endpoint(upstream.url), asked()))).toMatchObject({
        code: "UPSTREAM_ANSWER_TOO_LARGE",
      });
      await expect.poll(() => upstream.connections()).toBe(0);
    });

    it("a web page answers in the API's place", async () => {
      const upstream = await server((_, response) =>
        response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).write("<title>secret</title>"),
      );
      expect(await failure(upstreamHttp().send(endpoint(upstream.url), asked()))).toMatchObject({
        code: "UPSTREAM_INVALID_ANSWER",
        message: "The endpoint answered a web page, such as a login, and is not its API.",
      });
      await expect.poll(() => upstream.connections()).toBe(0);
    });

    it("an answer stopped half-way, long before the caller's patience ends", async () => {
      const upstream = await server((_, response) =>
        response.writeHead(200, { "content-length": 100 }).write("secret"),
      );
      const call = upstreamHttp({ idleMs: 200 }).send(endpoint(upstream.url), asked());
      expect(await failure(call)).toMatchObject({
        code: "UPSTREAM_TIMEOUT",
        message: "The answer stopped half-way.",
      });
      await expect.poll(() => upstream.connections()).toBe(0);
    });

    it("an answer that is slow and does not stop is none of these", async () => {
      const upstream = await server((_, response) => {
        response.writeHead(200, { "content-length": 8 });
        const timer = setInterval(() => response.write("x"), 80);
        response.once("close", () => clearInterval(timer));
      });
      const answer = await upstreamHttp({ idleMs: 400 }).send(endpoint(upstream.url), asked());
      expect(answer.body).toBe("xxxxxxxx");
    });
  });

  it.each<[string, (socket: Socket) => void]>([
    ["never answers", () => {}],
    ["stalls after the headers", (socket) => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n")],
    ["stalls within the body", (socket) => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf")],
  ])("leaves an upstream that %s as soon as the caller does, with the caller's reason", async (_, answer) => {
    const { promise: request, resolve: seen } = Promise.withResolvers<Socket>();
    const url = await socketServer((socket) =>
      socket.once("data", () => {
        answer(socket);
        seen(socket);
      }),
    );
    const caller = new AbortController();
    const reason = new CodedError("CANCELLED", "The request was cancelled.");
    const call = upstreamHttp().send(endpoint(url), asked({ signal: caller.signal }));
    const settled = expect(call).rejects.toBe(reason);
    const socket = await request;
    const closed = new Promise((resolve) => socket.once("close", resolve));
    caller.abort(reason);
    await settled;
    await closed;
  });

  describe("over TLS", () => {
    let tls: TlsMaterial;
    let other: TlsMaterial;
    beforeAll(async () => {
      [tls, other] = await Promise.all([
        createTlsMaterial(["127.0.0.1"]),
        createTlsMaterial(["127.0.0.1", "elsewhere.example"]),
      ]);
    });

    it("accepts a certificate of the cluster's own authority", async () => {
      const upstream = await server((_, response) => response.end("ok"), tls);
      expect(await upstreamHttp().send(endpoint(upstream.url, { caCertificate: tls.ca }), asked())).toMatchObject({
        body: "ok",
      });
    });

    it("trusts that authority beside the public ones", async () => {
      const defaults = getCACertificates("default");
      setDefaultCACertificates([...defaults, other.ca]);
      try {
        const [own, publicly] = [
          await server((_, response) => response.end("own"), tls),
          await server((_, response) => response.end("public"), other),
        ];
        const http = upstreamHttp();
        expect(await http.send(endpoint(own.url, { caCertificate: tls.ca }), asked())).toMatchObject({ body: "own" });
        expect(await http.send(endpoint(publicly.url, { caCertificate: tls.ca }), asked())).toMatchObject({
          body: "public",
        });
        expect(await http.send(endpoint(publicly.url), asked())).toMatchObject({ body: "public" });
        expect(await failure(http.send(endpoint(own.url), asked()))).toMatchObject({ code: "UPSTREAM_UNREACHABLE" });
      } finally {
        setDefaultCACertificates(defaults);
      }
    });

    it.each<[string, () => { caCertificate?: string }]>([
      ["no authority is given", () => ({})],
      ["another one is", () => ({ caCertificate: other.ca })],
    ])("refuses an unknown authority's certificate where %s, before it sends a token", async (_, trust) => {
      const upstream = await server((_request, response) => response.end("ok"), tls);
      expect(
        await failure(upstreamHttp().send(endpoint(upstream.url, { token: "t", ...trust() }), asked())),
      ).toMatchObject({
        code: "UPSTREAM_UNREACHABLE",
        message: expect.stringMatching(/^The TLS certificate was not accepted \([A-Z_]+\)\.$/),
      });
      expect(upstream.requests).toEqual([]);
    });

    it("hands on no token that an error repeats, be it escaped once or twice", async () => {
      const token = 'a"token+/&of-many.letters';
      const upstream = await server(({ headers }, response) => {
        const once = JSON.stringify(headers);
        response.writeHead(400).end(`${headers.authorization} ${once} ${JSON.stringify(once)}`);
      });
      const { body } = await upstreamHttp().send(endpoint(upstream.url, { token }), asked());
      expect(body).not.toContain("of-many.letters");
      expect(body.match(/Bearer …/g)).toHaveLength(3);
    });

    it("refuses a certificate for another host", async () => {
      const upstream = await server(
        (_, response) => response.end("ok"),
        await createTlsMaterial(["elsewhere.example"]).then((made) => (tls = made)),
      );
      expect(
        await failure(upstreamHttp().send(endpoint(upstream.url, { caCertificate: tls.ca }), asked()), "elsewhere"),
      ).toMatchObject({
        code: "UPSTREAM_UNREACHABLE",
        message: "The TLS certificate was not accepted (ERR_TLS_CERT_ALTNAME_INVALID).",
      });
    });
  });
});
