import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { WebSocketServer } from "ws";
import { post, socketClient, WAIT } from "../../test/support/gateway/clients.ts";
import { log, tokens } from "../../test/support/gateway/small-fleet.ts";
import { startSmallGateway } from "../../test/support/gateway/small-gateway.ts";
import { newOperation } from "../context.ts";
import type { ProcessOptions } from "./data-source.ts";
import { remoteDataSource } from "./remote.ts";

const identity = { user: "ann", groups: [], roles: ["viewer" as const], tenant: "default", scope: null };

async function listen(handler: RequestListener) {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { server, url: `http://127.0.0.1:${port}/graphql` };
}

function sourceOf(url: string, options: { maxAnswerBytes?: number; keepAliveMs?: number } = {}) {
  const source = remoteDataSource({ name: "fleet", url, tokens, log, ...options });
  onTestFinished(() => source.close());
  const controller = new AbortController();
  const context = newOperation({ identity, requestId: "r-1", signal: controller.signal });
  const hop = {
    kind: "incoming operation",
    request: { query: "{ a }", variables: { x: 1 } },
    context,
    incomingRequestContext: {},
    pathInIncomingRequest: ["items", "@", "detail"],
  } as unknown as ProcessOptions;
  return { source, controller, context, ask: () => source.process(hop) };
}

const failing = (code: string, message: string) => ({ message, extensions: { code }, path: ["items"] });

describe("a hop over HTTP", () => {
  test("carries the operation, who asks, and nothing else", async () => {
    const seen: { headers: Record<string, unknown>; body: unknown }[] = [];
    const { url } = await listen((request, response) => {
      let body = "";
      request.on("data", (chunk) => (body += chunk));
      request.on("end", () => {
        seen.push({ headers: request.headers, body: JSON.parse(body) });
        response.end('{"data":{"a":1}}');
      });
    });
    const { ask, context } = sourceOf(url);
    expect(await ask()).toEqual({ data: { a: 1 } });
    const [{ headers, body } = { headers: {}, body: null }] = seen;
    expect(body).toEqual({ query: "{ a }", variables: { x: 1 } });
    expect(headers).toMatchObject({
      "x-operation-id": context.operationId,
      "x-request-id": "r-1",
      "x-operation-started": context.startedAt.toISOString(),
    });
    expect(await tokens.verify(String(headers["authorization"]).replace("Bearer ", ""))).toEqual(identity);
  });

  test.each<[string, RequestListener]>([
    ["fails", (_, response) => response.writeHead(502).end("<html>bad gateway at 10.0.0.1</html>")],
    ["is not JSON", (_, response) => response.end("<html>")],
    ["is no GraphQL result", (_, response) => response.end('{"hello":1}')],
    [
      "breaks off",
      (_, response) => response.writeHead(200, { "content-length": "100" }).write("{", () => response.destroy()),
    ],
  ])("an answer that %s is an unavailable subgraph", async (_, handler) => {
    const { url } = await listen(handler);
    await expect(sourceOf(url).ask()).rejects.toMatchObject(
      failing("SUBGRAPH_UNAVAILABLE", "The fleet subgraph cannot be reached."),
    );
  });

  test("so is a refused connection, at once", async () => {
    const { server, url } = await listen(() => {});
    server.close();
    await expect(sourceOf(url).ask()).rejects.toMatchObject(
      failing("SUBGRAPH_UNAVAILABLE", "The fleet subgraph cannot be reached."),
    );
  });

  test("an answer larger than the limit is cut off", async () => {
    const { url } = await listen((_, response) => response.end(JSON.stringify({ data: { a: "x".repeat(10_000) } })));
    await expect(sourceOf(url, { maxAnswerBytes: 5000 }).ask()).rejects.toMatchObject(
      failing("UPSTREAM_ANSWER_TOO_LARGE", "The answer of the fleet subgraph is larger than the limit."),
    );
  });

  test("ends with its operation, and so does the connection's request", async () => {
    const gone = vi.fn<() => void>();
    const asked = vi.fn<() => void>();
    const { url } = await listen((_, response) => {
      asked();
      response.on("close", gone);
    });
    const { ask, controller } = sourceOf(url);
    const answer = ask().catch((error: unknown) => error);
    await vi.waitFor(() => expect(asked).toHaveBeenCalledOnce(), WAIT);
    expect(gone).not.toHaveBeenCalled();
    controller.abort();
    expect(await answer).toMatchObject(failing("CANCELLED", "The request was cancelled."));
    await vi.waitFor(() => expect(gone).toHaveBeenCalledOnce(), WAIT);
    const again = sourceOf(url);
    again.controller.abort();
    await expect(again.ask()).rejects.toMatchObject({ extensions: { code: "CANCELLED" } });
    expect(asked).toHaveBeenCalledOnce();
  });

  test("connections are kept", async () => {
    const { server, url } = await listen((_, response) => response.end('{"data":{"a":1}}'));
    let connections = 0;
    server.on("connection", () => (connections += 1));
    const { ask } = sourceOf(url);
    for (let i = 0; i < 20; i++) await ask();
    // Two, since the first is not yet free when the second request of a loop comes.
    expect(connections).toBeLessThanOrEqual(2);
  });
});

describe("streams of a remote subgraph", () => {
  test("share one socket, which closes with the last", async () => {
    const { gateway, fleet, servers } = await startSmallGateway({ mode: "over HTTP" });
    expect(servers.size).toBe(3);
    const client = socketClient(gateway.url);
    const one = client.follow("subscription { changed { cursor } }");
    const two = client.follow("subscription { changed { at: cursor } }");
    await vi.waitFor(() => expect(fleet.streams.size).toBe(2), WAIT);
    one.leave();
    await vi.waitFor(() => expect(fleet.streams.size).toBe(1), WAIT);
    fleet.emit({ cursor: "1-1", cluster: { id: "1" } });
    await two.until(1);
    two.leave();
    await vi.waitFor(() => expect(fleet.streams.size).toBe(0), WAIT);
  });

  test("end with STREAM_INTERRUPTED when the subgraph goes, and can be had again when it is back", async () => {
    const { gateway, fleet, servers } = await startSmallGateway({ mode: "over HTTP" });
    const client = socketClient(gateway.url);
    const streams = ["subscription { changed { cursor } }", "subscription { tail { cursor } }"].map((query) =>
      client.follow(query),
    );
    await vi.waitFor(() => expect(fleet.streams.size).toBe(2), WAIT);
    await servers.get("events")?.close();
    for (const { ended } of streams) {
      expect(await ended).toMatchObject([
        { extensions: { code: "STREAM_INTERRUPTED" }, message: expect.stringContaining("after:") },
      ]);
    }
    expect(fleet.streams.size).toBe(0);
    const refused = client.follow("subscription { changed { cursor } }");
    expect(await refused.ended).toMatchObject([
      { extensions: { code: "SUBGRAPH_UNAVAILABLE" }, message: "The events subgraph cannot be reached." },
    ]);
    expect((await post(gateway.url, "{ clusters { name } }")).status).toBe(200);
  });

  test("of a peer that no longer answers are given up", async () => {
    const { server, url } = await listen(() => {});
    const sockets = new WebSocketServer({ server, handleProtocols: () => "graphql-transport-ws", autoPong: false });
    sockets.on("connection", (socket) =>
      socket.on("message", (data) => {
        // Accepts, and then is silent: no pong either.
        if ((data as Buffer).toString().includes("connection_init")) socket.send('{"type":"connection_ack"}');
      }),
    );
    const { source, context } = sourceOf(url, { keepAliveMs: 50 });
    const stream = await source.subscribe({ query: "subscription { a }", variables: {}, context });
    const reading = (stream as AsyncIterableIterator<unknown>).next();
    await expect(reading).rejects.toMatchObject({ code: "STREAM_INTERRUPTED" });
  });

  test("end with their operation", async () => {
    const { server, url } = await listen(() => {});
    const sockets = new WebSocketServer({ server, handleProtocols: () => "graphql-transport-ws" });
    sockets.on("connection", (socket) =>
      socket.on("message", (data) => {
        if ((data as Buffer).toString().includes("connection_init")) socket.send('{"type":"connection_ack"}');
      }),
    );
    const { source, context, controller } = sourceOf(url);
    const stream = await source.subscribe({ query: "subscription { a }", variables: {}, context });
    const reading = (stream as AsyncIterableIterator<unknown>).next();
    await vi.waitFor(() => expect(sockets.clients.size).toBe(1), WAIT);
    controller.abort();
    await expect(reading).rejects.toMatchObject({ code: "CANCELLED" });
    await vi.waitFor(() => expect(sockets.clients.size).toBe(0), WAIT);
  });

  test("that run ahead of their reader are broken off", async () => {
    const { server, url } = await listen(() => {});
    const sockets = new WebSocketServer({ server, handleProtocols: () => "graphql-transport-ws" });
    sockets.on("connection", (socket) =>
      socket.on("message", (data) => {
        const { type, id } = JSON.parse((data as Buffer).toString()) as { type: string; id: string };
        if (type === "connection_init") socket.send('{"type":"connection_ack"}');
        if (type !== "subscribe") return;
        for (let i = 0; i < 2000; i++) socket.send(JSON.stringify({ id, type: "next", payload: { data: { a: i } } }));
      }),
    );
    const { source, context } = sourceOf(url);
    const stream = (await source.subscribe({
      query: "subscription { a }",
      variables: {},
      context,
    })) as AsyncIterableIterator<unknown>;
    await vi.waitFor(() => expect(sockets.clients.size).toBe(1), WAIT);
    await vi.waitFor(() => expect(sockets.clients.size).toBe(0), WAIT);
    let read = 0;
    await expect(
      (async () => {
        for await (const _ of stream) read += 1;
      })(),
    ).rejects.toMatchObject({ code: "STREAM_INTERRUPTED" });
    expect(read).toBe(1000);
  });
});
