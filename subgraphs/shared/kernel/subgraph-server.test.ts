import { buildSchema, type GraphQLSchema } from "graphql";
import { createClient } from "graphql-ws";
import { Counter, Registry } from "prom-client";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { WebSocket } from "ws";
import { InternalTokens } from "./auth-context.ts";
import { Channel } from "./channel.ts";
import { SubgraphExecutor } from "./executor.ts";
import { createLogger } from "./log.ts";
import type { Operation } from "./subgraph.ts";
import { serveSubgraph } from "./subgraph-server.ts";

const log = createLogger({ level: "silent", name: "test" });
const tokens = new InternalTokens("a secret that only these tests know");
const identity = { user: "ann", groups: [], roles: ["viewer" as const], tenant: "t1", scope: null };
const WAIT = { timeout: 10_000, interval: 5 };

function smallSchema(): GraphQLSchema {
  return buildSchema("type Query { operation: String hang: String } type Subscription { ticks: Int broken: Int }");
}

async function startServer(options: { readiness?: () => Promise<Record<string, string>>; registry?: Registry } = {}) {
  const seen = { aborted: 0, hanging: 0, closed: 0 };
  const streams = new Set<Channel<object>>();
  const finish: (() => void)[] = [];
  const schema = smallSchema();
  const { operation, hang } = schema.getQueryType()?.getFields() ?? {};
  const { ticks, broken } = schema.getSubscriptionType()?.getFields() ?? {};
  if (!operation || !hang || !ticks || !broken) throw new Error("no fields");
  operation.resolve = (_root, _args, { operation: { signal: _signal, ...rest } }: { operation: Operation }) =>
    JSON.stringify(rest);
  hang.resolve = (_root, _args, { operation: { signal } }: { operation: Operation }) =>
    new Promise((resolve) => {
      seen.hanging += 1;
      finish.push(() => resolve("done"));
      signal.addEventListener("abort", () => {
        seen.aborted += 1;
        resolve(null);
      });
    });
  ticks.subscribe = () => {
    const stream: Channel<object> = new Channel({
      limit: 10,
      onClose: () => {
        seen.closed += 1;
        streams.delete(stream);
      },
    });
    streams.add(stream);
    return stream;
  };
  broken.subscribe = () => {
    const stream = new Channel<object>({ limit: 10 });
    stream.close(new Error("lost redis://secret@10.0.0.1"));
    return stream;
  };
  const executor = new SubgraphExecutor({ schema, tokens, log, running: { context: (operation) => ({ operation }) } });
  const server = await serveSubgraph({
    name: "small",
    executor,
    host: "127.0.0.1",
    port: 0,
    log,
    readiness: options.readiness ?? (async () => ({ database: "ok" })),
    graceMs: 2000,
    ...(options.registry ? { registry: options.registry } : {}),
  });
  onTestFinished(() => server.close());
  return { server, seen, streams, finish, base: server.url.replace("/graphql", "") };
}

const hopHeaders = async (token?: string) => ({
  "content-type": "application/json",
  authorization: `Bearer ${token ?? (await tokens.sign(identity))}`,
  "x-operation-id": "op-1",
  "x-request-id": "req-1",
  "x-operation-started": "2026-01-02T03:04:05.678Z",
});

async function ask(url: string, query: string, headers: Record<string, string>, signal?: AbortSignal) {
  const init = { method: "POST", headers, body: JSON.stringify({ query }), ...(signal ? { signal } : {}) };
  const response = await fetch(url, init);
  return { status: response.status, body: await response.json() };
}

describe("a served subgraph", () => {
  test("takes the operation from the headers and the identity from the token", async () => {
    const { server } = await startServer();
    const { status, body } = await ask(server.url, "{ operation }", await hopHeaders());
    expect(status).toBe(200);
    expect(JSON.parse(body.data.operation)).toEqual({
      id: "op-1",
      requestId: "req-1",
      startedAt: "2026-01-02T03:04:05.678Z",
      identity,
    });
  });

  test("believes no forged, altered, foreign or missing token", async () => {
    const { server } = await startServer();
    const genuine = await tokens.sign(identity);
    const [head, , signature] = genuine.split(".");
    const admin = Buffer.from(JSON.stringify({ identity: { ...identity, roles: ["admin"] } })).toString("base64url");
    const foreign = await new InternalTokens("another secret, of somebody else's").sign(identity);
    const unsigned = `${Buffer.from('{"alg":"none"}').toString("base64url")}.${admin}.`;
    for (const token of [`${head}.${admin}.${signature}`, foreign, unsigned, "x"]) {
      const { body } = await ask(server.url, "{ operation }", await hopHeaders(token));
      expect(body).toEqual({
        errors: [{ message: "A valid internal token is required.", extensions: { code: "UNAUTHENTICATED" } }],
      });
    }
    const { authorization: _, ...none } = await hopHeaders();
    expect((await ask(server.url, "{ operation }", none)).body.errors[0].extensions.code).toBe("UNAUTHENTICATED");
  });

  test("refuses what is no hop of the gateway", async () => {
    const { server } = await startServer();
    const headers = await hopHeaders();
    const { "x-operation-id": _, ...without } = headers;
    expect((await ask(server.url, "{ operation }", without)).status).toBe(400);
    expect((await ask(server.url, "{ operation }", { ...headers, "x-operation-started": "yesterday" })).status).toBe(
      400,
    );
    expect((await ask(server.url, "", headers)).status).toBe(400);
    expect((await fetch(server.url, { method: "POST", headers, body: "{" })).status).toBe(400);
    expect((await fetch(server.url)).status).toBe(404);
  });

  test("a gateway that drops the hop aborts its signal", async () => {
    const { server, seen } = await startServer();
    const dropping = new AbortController();
    const answer = ask(server.url, "{ hang }", await hopHeaders(), dropping.signal);
    await vi.waitFor(() => expect(seen.hanging).toBe(1), WAIT);
    dropping.abort();
    await expect(answer).rejects.toThrow(/abort|fetch failed/);
    await vi.waitFor(() => expect(seen.aborted).toBe(1), WAIT);
  });

  test("tells health, readiness and metrics", async () => {
    const registry = new Registry();
    new Counter({ name: "own_total", help: "Its own.", registers: [registry] }).inc(3);
    let database = "ok";
    const { base } = await startServer({ registry, readiness: async () => ({ database }) });
    expect((await fetch(`${base}/healthz`)).status).toBe(200);
    expect(await (await fetch(`${base}/readyz`)).json()).toEqual({ status: "ok", components: { database: "ok" } });
    database = "refused";
    const down = await fetch(`${base}/readyz`);
    expect([down.status, await down.json()]).toEqual([
      503,
      { status: "unavailable", components: { database: "refused" } },
    ]);
    const metrics = await (await fetch(`${base}/metrics`)).text();
    expect(metrics).toContain("own_total 3");
    expect(metrics).toContain("process_cpu_seconds_total");
  });
});

describe("streams of a served subgraph", () => {
  function client(url: string) {
    const closes: number[] = [];
    const socket = createClient({
      url: url.replace("http", "ws"),
      webSocketImpl: WebSocket,
      retryAttempts: 0,
      on: { closed: (event) => closes.push((event as { code: number }).code) },
    });
    onTestFinished(async () => socket.dispose());
    const follow = (query: string, headers?: Record<string, string>) => {
      const results: unknown[] = [];
      const { promise: ended, resolve } = Promise.withResolvers<unknown>();
      const leave = socket.subscribe(
        { query, ...(headers ? { extensions: { headers } } : {}) },
        { next: (result) => results.push(result), error: resolve, complete: () => resolve(null) },
      );
      return { results, ended, leave };
    };
    return { closes, follow };
  }

  test("carry their identity with each operation, and close when left", async () => {
    const { server, streams, seen } = await startServer();
    const { follow } = client(server.url);
    const { results, leave } = follow("subscription { ticks }", await hopHeaders());
    await vi.waitFor(() => expect(streams.size).toBe(1), WAIT);
    for (const stream of streams) stream.push({ ticks: 7 });
    await vi.waitFor(() => expect(results).toEqual([{ data: { ticks: 7 } }]), WAIT);
    leave();
    await vi.waitFor(() => expect(seen.closed).toBe(1), WAIT);
  });

  test("leave nothing with the socket, which lives as long as its gateway", async () => {
    const { server, streams } = await startServer();
    const { follow } = client(server.url);
    const headers = await hopHeaders();
    // Keeps the socket open.
    follow("subscription { ticks }", headers);
    await vi.waitFor(() => expect(streams.size).toBe(1), WAIT);
    const warnings: string[] = [];
    const warned = ({ name }: Error): void => void warnings.push(name);
    process.on("warning", warned);
    onTestFinished(() => void process.off("warning", warned));
    // More than a socket takes listeners without a word.
    for (let stream = 0; stream < 15; stream += 1) {
      const { leave } = follow("subscription { ticks }", headers);
      await vi.waitFor(() => expect(streams.size).toBe(2), WAIT);
      leave();
      await vi.waitFor(() => expect(streams.size).toBe(1), WAIT);
    }
    expect(warnings).not.toContain("MaxListenersExceededWarning");
  });

  test("are refused without a hop's headers or with a forged token", async () => {
    const { server, streams } = await startServer();
    const { follow } = client(server.url);
    expect(await follow("subscription { ticks }").ended).toMatchObject([{ extensions: { code: "UNAUTHENTICATED" } }]);
    const forged = follow("subscription { ticks }", await hopHeaders("forged"));
    expect(await forged.ended).toBeNull();
    expect(forged.results).toMatchObject([{ errors: [{ extensions: { code: "UNAUTHENTICATED" } }] }]);
    expect(streams.size).toBe(0);
  });

  test("that break off tell a code and no address", async () => {
    const { server } = await startServer();
    expect(await client(server.url).follow("subscription { broken }", await hopHeaders()).ended).toEqual([
      { message: "The stream broke off.", extensions: { code: "STREAM_INTERRUPTED" } },
    ]);
  });

  test("end when it closes, with 1012; a request under way finishes first", async () => {
    const { server, streams, seen, finish } = await startServer();
    const { follow, closes } = client(server.url);
    const { ended } = follow("subscription { ticks }", await hopHeaders());
    const answer = ask(server.url, "{ hang }", await hopHeaders());
    await vi.waitFor(() => expect([streams.size, seen.hanging]).toEqual([1, 1]), WAIT);
    const closing = server.close();
    expect(await ended).toMatchObject({ code: 1012 });
    expect(closes).toEqual([1012]);
    await vi.waitFor(() => expect(seen.closed).toBe(1), WAIT);
    const answered = performance.now();
    for (const done of finish) done();
    expect((await answer).body).toEqual({ data: { hang: "done" } });
    await closing;
    expect(performance.now() - answered).toBeLessThan(1500);
    await expect(fetch(server.url)).rejects.toThrow(/abort|fetch failed/);
  });
});
