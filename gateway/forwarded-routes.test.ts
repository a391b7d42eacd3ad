import { type FastifyInstance, fastify } from "fastify";
import { afterEach, expect, test } from "vitest";
import { type Identity, InternalTokens } from "../subgraphs/shared/kernel/auth-context.ts";
import { CodedError } from "../subgraphs/shared/kernel/errors.ts";
import { createLogger } from "../subgraphs/shared/kernel/log.ts";
import { serveSubgraph } from "../subgraphs/shared/kernel/subgraph-server.ts";
import type { WebRoute } from "../subgraphs/shared/kernel/web-routes.ts";
import { forwardRoutes, requireForwarded } from "./forwarded-routes.ts";

const log = createLogger({ level: "silent", name: "test" });
const tokens = new InternalTokens("a secret of more than thirty-two characters");
const ann: Identity = { user: "ann", groups: [], roles: ["viewer"], tenant: "default", scope: null };
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A gateway's server over a subgraph's that answers `/mcp` so; where each is. */
async function served(handle: WebRoute["handle"]): Promise<{ gateway: string; subgraph: string }> {
  const routes: WebRoute[] = [{ methods: ["GET", "POST"], path: "/mcp", maxBodyBytes: 1000, handle }];
  const subgraph = await serveSubgraph({
    name: "intelligence",
    executor: { execute: async () => ({}), subscribe: async () => ({}) },
    web: { routes, tokens },
    host: "127.0.0.1",
    port: 0,
    log,
    readiness: async () => ({}),
    graceMs: 0,
  });
  closing.push(() => subgraph.close());
  const app: FastifyInstance = fastify();
  const signIn = async ({ headers }: { headers: Record<string, unknown> }): Promise<Identity> => {
    if (headers["authorization"] !== "Bearer anns") throw new CodedError("UNAUTHENTICATED", "Who are you?");
    return ann;
  };
  forwardRoutes(app, { signIn, tokens, urlOf: () => subgraph.url, log });
  await app.listen({ host: "127.0.0.1", port: 0 });
  closing.push(() => app.close());
  const { port } = app.server.address() as { port: number };
  return { gateway: `http://127.0.0.1:${port}/mcp`, subgraph: new URL("/mcp", subgraph.url).href };
}
const authorization = "Bearer anns";

test("a request goes to its subgraph as who is signed in, and its answer back", async () => {
  const { gateway } = await served(async (request, { identity }) => {
    const { searchParams } = new URL(request.url);
    const said = `${identity.user} ${request.method} ${searchParams.get("a")} ${await request.text()}`;
    return new Response(said, { status: 201, headers: { etag: '"1"', "x-inside": "kept" } });
  });
  const answer = await fetch(`${gateway}?a=b`, { method: "POST", headers: { authorization }, body: "hello" });
  expect([answer.status, await answer.text()]).toEqual([201, "ann POST b hello"]);
  expect([answer.headers.get("etag"), answer.headers.get("x-inside")]).toEqual(['"1"', null]);
});

test("a stream arrives as it is written, and its end reaches the subgraph when the client leaves", async () => {
  const left = Promise.withResolvers<void>();
  const { gateway } = await served(async (request) => {
    request.signal.addEventListener("abort", () => left.resolve());
    const body = new ReadableStream({ start: (controller) => controller.enqueue(Buffer.from("first")) });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  });
  const client = new AbortController();
  const answer = await fetch(gateway, { headers: { authorization }, signal: client.signal });
  const { value } = (await answer.body?.getReader().read()) ?? {};
  expect(Buffer.from(value ?? []).toString()).toBe("first");
  client.abort();
  await left.promise;
});

test("nobody gets through who is not signed in, and nothing that is too large", async () => {
  let asked = 0;
  const { gateway, subgraph } = await served(async () => {
    asked++;
    return new Response("ok");
  });
  expect((await fetch(gateway)).status).toBe(500);
  expect((await fetch(subgraph)).status).toBe(401);
  const forged = await new InternalTokens("another secret of more than thirty-two characters").sign(ann);
  expect((await fetch(subgraph, { headers: { authorization: `Bearer ${forged}` } })).status).toBe(401);
  const own = `Bearer ${await tokens.sign(ann)}`;
  const large = await fetch(subgraph, { method: "POST", headers: { authorization: own }, body: "x".repeat(1001) });
  expect(large.status).toBe(413);
  expect(asked).toBe(0);
});

test("a route that the gateway does not forward is refused at the start", () => {
  const route = { maxBodyBytes: 1, handle: async () => new Response() };
  expect(() => requireForwarded("intelligence", [{ ...route, methods: ["GET"], path: "/mcp" }])).not.toThrow();
  expect(() => requireForwarded("gpu", [{ ...route, methods: ["GET"], path: "/mcp" }])).toThrow(/forwarded-routes/);
  expect(() => requireForwarded("intelligence", [{ ...route, methods: ["GET"], path: "/other" }])).toThrow(/other/);
});
