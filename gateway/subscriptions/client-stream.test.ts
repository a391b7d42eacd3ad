import { ApolloClient, gql, HttpLink, InMemoryCache } from "@apollo/client";
import { expect, onTestFinished, test, vi } from "vitest";
import { WebSocket } from "ws";
import { socketClient, sseClient, WAIT } from "../../test/support/gateway/clients.ts";
import { startSmallGateway } from "../../test/support/gateway/small-gateway.ts";
import { LIMITS } from "../limits/limits.ts";

const event = (cursor: string, kind = "any") => ({ cursor, kind, cluster: { id: "1" } });
const TOKEN = "the-token-that-expires";
const expiring = (inMs: number) => ({
  AIOPS_API_TOKENS: [
    {
      token: TOKEN,
      expiresAt: new Date(Date.now() + inMs),
      identity: { user: "ann", groups: [], roles: ["viewer" as const], tenant: "default", scope: null },
    },
  ],
});

test("a stream of a state begins anew for a reader that is too slow, which then has what is now and no queue", async () => {
  const { gateway, fleet } = await startSmallGateway();
  const socket = new WebSocket(`${gateway.url.replace("http", "ws")}/graphql`, "graphql-transport-ws");
  onTestFinished(() => socket.terminate());
  const cursors: string[] = [];
  let failed = false;
  socket.on("message", (data: Buffer) => {
    const message = JSON.parse(data.toString("utf8"));
    if (message.type === "connection_ack") {
      const payload = { query: "subscription { state { cursor kind } }" };
      socket.send(JSON.stringify({ id: "1", type: "subscribe", payload }));
    }
    if (message.type === "next") cursors.push(message.payload.data.state.cursor);
    failed ||= message.type === "error";
  });
  socket.on("open", () => socket.send(JSON.stringify({ type: "connection_init" })));
  await vi.waitFor(() => expect(fleet.streams.size).toBe(1), WAIT);
  socket.pause();
  let sent = 0;
  const large = "x".repeat(50_000);
  await vi.waitFor(
    () => {
      for (let i = 0; i < 20; i++) for (const { channel } of fleet.streams) channel.push(event(`${++sent}`, large));
      // Nobody reads any more: what was shared with nobody is given up.
      expect(fleet.seen.closed).toBe(1);
    },
    { timeout: 20_000, interval: 1 },
  );
  socket.resume();
  await vi.waitFor(() => expect(fleet.seen.opened).toBe(2), WAIT);
  for (const { channel } of fleet.streams) channel.push(event("as it is now"));
  await vi.waitFor(() => expect(cursors.at(-1)).toBe("as it is now"), WAIT);
  expect(cursors.length).toBeLessThan(sent);
  expect(failed).toBe(false);
});

test.each([
  ["by WebSocket", (url: string) => socketClient(url, { connectionParams: { authorization: `Bearer ${TOKEN}` } })],
  ["by server-sent events", (url: string) => sseClient(url, { authorization: `Bearer ${TOKEN}` })],
])("a stream ends when its token does, %s, and its upstream with it", async (_, connect) => {
  const { gateway, fleet } = await startSmallGateway({ config: expiring(1500) });
  const client = connect(gateway.url);
  const stream = client.follow("subscription { changed { cursor } }");
  await vi.waitFor(() => expect(fleet.streams.size).toBe(1), WAIT);
  fleet.emit(event("1-1"));
  await stream.until(1);
  await vi.waitFor(() => expect(fleet.seen.closed).toBe(1), WAIT);
  const ended = JSON.stringify([await stream.ended, stream.results]);
  expect(ended).toContain("UNAUTHENTICATED");
  // The socket itself may stay; nothing new begins on it.
  const next = client.follow("subscription { changed { cursor } }");
  await next.ended;
  expect(fleet.seen.opened).toBe(1);
});

test("one user has at most so many subscriptions, and a place again once one is left", async () => {
  const { gateway } = await startSmallGateway({ config: { AIOPS_SUBSCRIPTIONS_PER_USER: 3 } });
  const client = socketClient(gateway.url);
  const follow = () => client.follow("subscription { changed { cursor } }");
  const clients = (count: number) =>
    vi.waitFor(async () => {
      const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
      expect(metrics).toContain(`aiops_gateway_subscription_clients ${count}`);
    }, WAIT);
  const all = [follow(), follow(), follow()];
  await clients(3);
  expect(JSON.stringify(await follow().ended)).toContain("LIMIT_EXCEEDED");
  all[0]?.leave();
  await clients(2);
  follow();
  await clients(3);
});

test("a socket that floods is cut off", async () => {
  const { gateway } = await startSmallGateway();
  const socket = new WebSocket(`${gateway.url.replace("http", "ws")}/graphql`, "graphql-transport-ws");
  onTestFinished(() => socket.terminate());
  const closed = new Promise<number>((resolve) => socket.on("close", resolve));
  await new Promise((resolve) => socket.on("open", resolve));
  socket.send(JSON.stringify({ type: "connection_init" }));
  for (let i = 0; i <= LIMITS.messagesPerMinute; i++) socket.send(JSON.stringify({ type: "ping" }));
  expect(await closed).toBe(4429);
});

test("Apollo Client follows a subscription over plain HTTP, to its end and to its failure", async () => {
  const { gateway, fleet } = await startSmallGateway();
  const client = new ApolloClient({
    link: new HttpLink({ uri: `${gateway.url}/graphql` }),
    cache: new InMemoryCache(),
  });
  onTestFinished(() => client.stop());
  const follow = (query: string) => {
    const results: unknown[] = [];
    const { promise: ended, resolve } = Promise.withResolvers<unknown>();
    const subscription = client.subscribe({ query: gql(query) }).subscribe({
      next: (result) => void results.push(result),
      error: resolve,
      complete: () => resolve(null),
    });
    return { results, ended, subscription };
  };
  const stream = follow("subscription { changed { cursor cluster { name } } }");
  await vi.waitFor(() => expect(fleet.streams.size).toBe(1), WAIT);
  fleet.emit(event("1-1"));
  fleet.emit(event("1-2"));
  await vi.waitFor(() => expect(stream.results).toHaveLength(2), WAIT);
  expect(stream.results[1]).toMatchObject({ data: { changed: { cursor: "1-2", cluster: { name: "alpha" } } } });
  for (const { channel } of fleet.streams) channel.close();
  expect(await stream.ended).toBeNull();

  const refused = follow("subscription { refused { cursor } }");
  await refused.ended;
  expect(JSON.stringify([refused.results, await refused.ended])).toContain("admin");

  const left = follow("subscription { changed { cursor } }");
  await vi.waitFor(() => expect(fleet.streams.size).toBe(1), WAIT);
  const closed = fleet.seen.closed;
  left.subscription.unsubscribe();
  await vi.waitFor(() => expect(fleet.seen.closed).toBe(closed + 1), WAIT);
});
