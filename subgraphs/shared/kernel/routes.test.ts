import { once } from "node:events";
import { connect } from "node:net";
import { fastify } from "fastify";
import { expect, onTestFinished, test } from "vitest";
import { CodedError } from "./errors.ts";
import { createLogger } from "./log.ts";
import { serveRoutes } from "./routes.ts";
import type { Route } from "./subgraph.ts";

const LIMIT = 1024 * 1024;

async function serve(handler: Route["handler"]): Promise<{ url: string; log: string[] }> {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const app = fastify({ logger: false });
  serveRoutes(
    app,
    [{ method: "POST", path: "/hooks/:token", handler }],
    createLogger({ level: "trace", name: "t", destination }),
  );
  onTestFinished(() => app.close());
  return { url: await app.listen({ host: "127.0.0.1", port: 0 }), log: lines };
}

const post = async (url: string, body: string, type = "text/odd") => {
  const response = await fetch(url, { method: "POST", body, headers: { "content-type": type } });
  return { status: response.status, answer: await response.json(), connection: response.headers.get("connection") };
};

test("a route gets its parameters and its body, of whatever type", async () => {
  const { url } = await serve(async ({ params, body }) => ({
    status: 202,
    body: { ...params, length: (await body(LIMIT)).length },
  }));
  expect(await post(`${url}/hooks/abc`, "ü".repeat(1000))).toMatchObject({
    status: 202,
    answer: { token: "abc", length: 1000 },
  });
  expect((await fetch(`${url}/hooks/abc`)).status).toBe(404);
});

test("a body that is too large, or that nobody reads, ends with an answer and the connection", async () => {
  const { url } = await serve(async ({ params, body }) => {
    if (params["token"] === "refused") return { status: 401, body: {} };
    return await body(LIMIT).then(
      () => ({ status: 200, body: {} }),
      (error: CodedError) => ({ status: 413, body: { code: error.code } }),
    );
  });
  const large = "x".repeat(2 * LIMIT);
  expect(await post(`${url}/hooks/abc`, large)).toMatchObject({
    status: 413,
    answer: { code: "LIMIT_EXCEEDED" },
    connection: "close",
  });
  expect(await post(`${url}/hooks/refused`, large)).toMatchObject({ status: 401, connection: "close" });
  // Without a length nobody knows before: it is counted as it comes.
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write("POST /hooks/abc HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n");
  socket.write(`${(2 * LIMIT).toString(16)}\r\n${large}`);
  const [answer] = (await once(socket, "data")) as [Buffer];
  expect(answer.toString()).toContain("HTTP/1.1 413");
  socket.destroy();
});

test("what a route throws is a 500 without its words, and its path's parameters are not logged", async () => {
  const { url, log } = await serve(() => Promise.reject(new CodedError("CONFLICT", "a secret")));
  const { status, answer } = await post(`${url}/hooks/the-token`, "");
  expect([status, JSON.stringify(answer)]).toEqual([500, expect.not.stringContaining("secret")]);
  expect(log.join("")).toContain("/hooks/:token");
  expect(log.join("")).not.toContain("the-token");
});
