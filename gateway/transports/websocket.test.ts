import { describe, expect, onTestFinished, test, vi } from "vitest";
import { WebSocket } from "ws";
import { socketClient, TOLD, WAIT } from "../../test/support/gateway/clients.ts";
import { startSmallGateway } from "../../test/support/gateway/small-gateway.ts";
import { LIMITS } from "../limits/limits.ts";

/** A raw socket, and what came on it. */
async function rawSocket(url: string, headers: Record<string, string> = {}) {
  const socket = new WebSocket(`${url.replace("http", "ws")}/graphql`, "graphql-transport-ws", { headers });
  onTestFinished(() => socket.terminate());
  // A refused upgrade is read from the response; its error says nothing more.
  socket.on("error", () => {});
  // biome-ignore lint/suspicious/noExplicitAny: messages of a protocol under test
  const received: any[] = [];
  socket.on("message", (data) => received.push(JSON.parse((data as Buffer).toString())));
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once("close", (code, reason) => resolve({ code, reason: String(reason) }));
  });
  const opened = await new Promise<number | undefined>((resolve) => {
    socket.once("open", () => resolve(101));
    socket.once("unexpected-response", (_, response) => resolve(response.statusCode));
  });
  const send = (message: object): void => socket.send(JSON.stringify(message));
  const init = async (payload?: object): Promise<void> => {
    send({ type: "connection_init", ...(payload ? { payload } : {}) });
    await vi.waitFor(() => expect(received).toContainEqual({ type: "connection_ack" }), WAIT);
  };
  const subscribe = (id: string, query: string): void => send({ id, type: "subscribe", payload: { query } });
  return { socket, received, closed, opened, send, init, subscribe };
}

const TOKENS = [
  {
    token: "correct-horse-battery",
    identity: { user: "ann", groups: [], roles: ["viewer" as const], tenant: "t1", scope: null },
    expiresAt: null,
  },
];

describe("a socket", () => {
  test("needs a token in connection_init, under either spelling, and closes with 4403 without", async () => {
    const { gateway, fleet } = await startSmallGateway({ config: { AIOPS_API_TOKENS: TOKENS } });
    for (const payload of [
      undefined,
      { authorization: "Bearer wrong-horse-battery" },
      { authorization: "correct-horse-battery" },
    ]) {
      const { send, closed } = await rawSocket(gateway.url);
      send({ type: "connection_init", ...(payload ? { payload } : {}) });
      expect(await closed).toEqual({ code: 4403, reason: "Forbidden" });
    }
    for (const name of ["authorization", "Authorization"]) {
      const client = socketClient(gateway.url, { connectionParams: { [name]: "Bearer correct-horse-battery" } });
      expect(await client.follow("{ cluster(id: 1) { name } }").until(1)).toEqual({
        data: { cluster: { name: "alpha" } },
        extensions: TOLD,
      });
    }
    expect(fleet.seen.hops).toHaveLength(2);
  });

  test("runs nothing before connection_init", async () => {
    const { gateway, fleet } = await startSmallGateway();
    const { subscribe, closed } = await rawSocket(gateway.url);
    subscribe("1", "{ clusters { id } }");
    expect(await closed).toMatchObject({ code: 4401 });
    expect(fleet.seen.hops).toHaveLength(0);
  });

  test("of a foreign page or under a foreign name is refused at the upgrade", async () => {
    const { gateway } = await startSmallGateway({ config: { AIOPS_ALLOWED_ORIGINS: ["https://console.example.com"] } });
    const openedWith = async (headers: Record<string, string>) => (await rawSocket(gateway.url, headers)).opened;
    expect(await openedWith({ origin: "https://evil.example.com" })).toBe(403);
    expect(await openedWith({ origin: "null" })).toBe(403);
    expect(await openedWith({ host: "evil.example.com" })).toBe(403);
    expect(await openedWith({ origin: gateway.url })).toBe(101);
    expect(await openedWith({ origin: "https://console.example.com" })).toBe(101);
  });

  test("refused documents are an error of their operation, coded; the socket and its streams go on", async () => {
    const { gateway, fleet } = await startSmallGateway();
    const { received, init, subscribe, socket } = await rawSocket(gateway.url);
    await init();
    subscribe("live", "subscription { changed { cursor } }");
    await vi.waitFor(() => expect(fleet.streams.size).toBe(1), WAIT);
    const deep = `${"{ nested ".repeat(16)} { leaf } ${"}".repeat(16)}`;
    const refused: Record<string, [query: string, code: string]> = {
      syntax: ["subscription {", "GRAPHQL_PARSE_FAILED"],
      tokens: [`subscription { changed { ${"cursor ".repeat(LIMITS.tokens)} } }`, "GRAPHQL_PARSE_FAILED"],
      unknown: ["subscription { changed { nope } }", "GRAPHQL_VALIDATION_FAILED"],
      two: ["subscription { changed { cursor } tail { cursor } }", "GRAPHQL_VALIDATION_FAILED"],
      thrown: ["subscription ($x: Boolean!) { changed @include(if: $x) { cursor } }", "GRAPHQL_VALIDATION_FAILED"],
      variables: ["subscription ($kind: String!) { changed(kind: $kind) { cursor } }", "BAD_USER_INPUT"],
      depth: [`query ${deep}`, "LIMIT_EXCEEDED"],
      breadth: [`{ ${Array.from({ length: 51 }, (_, i) => `a${i}: crash`).join(" ")} }`, "LIMIT_EXCEEDED"],
      query: ["{ nope }", "GRAPHQL_VALIDATION_FAILED"],
    };
    for (const [id, [query]] of Object.entries(refused)) subscribe(id, query);
    const count = Object.keys(refused).length;
    await vi.waitFor(() => expect(received.filter(({ type }) => type === "error")).toHaveLength(count), WAIT);
    for (const [id, [, code]] of Object.entries(refused)) {
      const { payload } = received.find((message) => message.id === id && message.type === "error");
      expect(payload[0].extensions).toMatchObject({ code, traceId: expect.any(String) });
    }
    fleet.emit({ cursor: "1-1", cluster: { id: "1" } });
    await vi.waitFor(() => expect(received.at(-1)).toMatchObject({ id: "live", type: "next" }), WAIT);
    expect(socket.readyState).toBe(WebSocket.OPEN);
    expect(fleet.seen.hops).toHaveLength(0);
  });

  test("carries at most so many operations, and one user has at most so many sockets", async () => {
    const socketsPerUser = 3;
    const { gateway } = await startSmallGateway({ config: { AIOPS_SOCKETS_PER_USER: socketsPerUser } });
    const { received, init, subscribe } = await rawSocket(gateway.url);
    await init();
    for (let i = 0; i <= LIMITS.subscriptionsPerSocket; i++)
      subscribe(String(i), "subscription { changed { cursor } }");
    await vi.waitFor(() => expect(received).toHaveLength(2), WAIT);
    expect(received[1]).toMatchObject({
      id: "100",
      type: "error",
      payload: [{ extensions: { code: "LIMIT_EXCEEDED" } }],
    });

    const others = await Promise.all(
      Array.from({ length: socketsPerUser - 1 }, async () => {
        const other = await rawSocket(gateway.url);
        await other.init();
        return other;
      }),
    );
    const surplus = await rawSocket(gateway.url);
    surplus.send({ type: "connection_init" });
    expect(await surplus.closed).toMatchObject({ code: 4429 });
    others[0]?.socket.close();
    await others[0]?.closed;
    const place = await rawSocket(gateway.url);
    await place.init();
  });

  test("takes no message larger than the limit", async () => {
    const { gateway } = await startSmallGateway();
    const { init, send, closed } = await rawSocket(gateway.url);
    await init();
    send({ id: "1", type: "subscribe", payload: { query: " ".repeat(LIMITS.bodyBytes) } });
    expect(await closed).toMatchObject({ code: 1009 });
  });

  test("that reads too slowly loses its stream with SLOW_CONSUMER; another does not notice", async () => {
    const { gateway, fleet } = await startSmallGateway();
    const query = 'subscription { changed(kind: "x") { cursor kind } }';
    const slow = await rawSocket(gateway.url);
    await slow.init();
    slow.subscribe("1", query);
    const quick = socketClient(gateway.url).follow(query);
    await vi.waitFor(async () => {
      expect(await (await fetch(`${gateway.url}/metrics`)).text()).toContain("aiops_gateway_subscription_clients 2");
    }, WAIT);
    slow.socket.pause();
    let sent = 0;
    const kind = "x".repeat(50_000);
    await vi.waitFor(
      async () => {
        for (let i = 0; i < 20; i++) {
          for (const { channel } of fleet.streams) channel.push({ cursor: String(++sent), kind, cluster: { id: "1" } });
        }
        await quick.until(sent);
        expect(await (await fetch(`${gateway.url}/metrics`)).text()).toContain("aiops_gateway_subscription_clients 1");
      },
      { timeout: 20_000, interval: 1 },
    );
    slow.socket.resume();
    await vi.waitFor(() => expect(slow.received.at(-1)?.type).toBe("error"), WAIT);
    expect(slow.received.at(-1).payload[0]).toMatchObject({
      message: expect.stringContaining("after: <last cursor>"),
      extensions: { code: "SLOW_CONSUMER" },
    });
    const results = slow.received.filter(({ type }) => type === "next").length;
    expect(results).toBeGreaterThanOrEqual(LIMITS.queuedResults);
    expect(results).toBeLessThan(sent);
    for (const { channel } of fleet.streams) channel.push({ cursor: "last", kind, cluster: { id: "1" } });
    expect(await quick.until(sent + 1)).toMatchObject({ data: { changed: { cursor: "last" } } });
  });

  test("on shutdown a stream ends with SHUTTING_DOWN, a query finishes, and the socket closes with 1001", async () => {
    const { gateway, fleet } = await startSmallGateway();
    const { promise, resolve } = Promise.withResolvers<void>();
    fleet.gate.held = promise;
    const { received, init, subscribe, closed } = await rawSocket(gateway.url);
    await init();
    subscribe("stream", "subscription { changed { cursor } }");
    subscribe("query", "{ cluster(id: 1) { slow } }");
    await vi.waitFor(() => expect(fleet.streams.size).toBe(1), WAIT);
    await vi.waitFor(() => expect(fleet.seen.hops).toHaveLength(2), WAIT);
    const closing = gateway.close();
    await vi.waitFor(() => expect(received).toHaveLength(2), WAIT);
    expect(received[1]).toMatchObject({
      id: "stream",
      type: "error",
      payload: [{ extensions: { code: "SHUTTING_DOWN" } }],
    });
    resolve();
    expect(await closed).toEqual({ code: 1001, reason: "The server is stopping" });
    expect(received.slice(2)).toEqual([
      { id: "query", type: "next", payload: { data: { cluster: { slow: "done" } }, extensions: TOLD } },
      { id: "query", type: "complete" },
    ]);
    await closing;
    expect(fleet.seen.closed).toBe(1);
  });
});
