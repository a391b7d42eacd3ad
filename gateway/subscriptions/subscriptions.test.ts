import { Supergraph } from "@apollo/federation-internals";
import { parse } from "graphql";
import { describe, expect, test, vi } from "vitest";
import { type Following, socketClient, sseClient, TOLD, WAIT } from "../../test/support/gateway/clients.ts";
import { EVENTS, log, type SmallFleet, smallFleet, tokens } from "../../test/support/gateway/small-fleet.ts";
import { MODES, startSmallGateway } from "../../test/support/gateway/small-gateway.ts";
import { inProcessDataSource } from "../data-sources/in-process.ts";
import { createErrorPresenter } from "../errors.ts";
import { createGeneration } from "./generation.ts";
import { Subscriptions } from "./subscriptions.ts";

const event = (cursor: string, id = "1") => ({ cursor, cluster: { id } });
const opened = (fleet: SmallFleet, count = 1) => vi.waitFor(() => expect(fleet.streams.size).toBe(count), WAIT);
const JOINED = "subscription { changed { cursor cluster { name score label } } }";

const TRANSPORTS = {
  "by WebSocket": (url: string) => socketClient(url),
  "by server-sent events": (url: string) => sseClient(url),
} satisfies Record<string, (url: string) => { follow(query: string, variables?: Record<string, unknown>): Following }>;

describe.each(MODES)("subscriptions, subgraphs %s", (mode) => {
  describe.each(Object.entries(TRANSPORTS))("%s", (_, connect) => {
    test("an event is joined with other subgraphs, back to its own too, and leaving closes the stream", async () => {
      const { gateway, fleet } = await startSmallGateway({ mode });
      const stream = connect(gateway.url).follow(JOINED);
      await opened(fleet);
      fleet.emit(event("1-1", "2"));
      expect(await stream.until(1)).toEqual({
        data: { changed: { cursor: "1-1", cluster: { name: "beta", score: 20, label: "the beta cluster" } } },
      });
      expect(fleet.seen.hops.map(({ subgraph }) => subgraph).sort()).toEqual(["events", "fleet", "health"]);
      expect(fleet.seen.closed).toBe(0);
      stream.leave();
      await vi.waitFor(() => expect(fleet.seen.closed).toBe(1), WAIT);
    });

    test("a stream that ends completes", async () => {
      const { gateway, fleet } = await startSmallGateway({ mode });
      const stream = connect(gateway.url).follow(JOINED);
      await opened(fleet);
      fleet.emit(event("1-1"));
      await stream.until(1);
      for (const { channel } of fleet.streams) channel.close();
      expect(await stream.ended).toBeNull();
    });

    test("a query and a mutation run too", async () => {
      const { gateway } = await startSmallGateway({ mode });
      const client = connect(gateway.url);
      const query = client.follow("query ($id: ID!) { cluster(id: $id) { score } }", { id: "3" });
      expect(await query.until(1)).toEqual({ data: { cluster: { score: 30 } }, extensions: TOLD });
      expect(await query.ended).toBeNull();
      const mutation = client.follow('mutation { rename(id: 1, name: "new") { name } }');
      expect(await mutation.until(1)).toEqual({ data: { rename: { name: "new" } }, extensions: TOLD });
    });

    test("leaving cancels a query", async () => {
      const { gateway, fleet } = await startSmallGateway({ mode });
      const query = connect(gateway.url).follow("{ hang }");
      await vi.waitFor(() => expect(fleet.seen.hops).toHaveLength(1), WAIT);
      query.leave();
      await vi.waitFor(() => expect(fleet.seen.aborted).toBe(1), WAIT);
    });
  });

  test("the subscriber's identity reaches the stream's subgraph and each event's hops, each event an operation of its own", async () => {
    const { gateway, fleet } = await startSmallGateway({ mode });
    const stream = socketClient(gateway.url).follow(JOINED);
    await opened(fleet);
    fleet.emit(event("1-1"));
    fleet.emit(event("1-2"));
    await stream.until(2);
    const [opening] = [...fleet.streams];
    expect(opening?.operation.identity.user).toBe("developer");
    const hops = fleet.seen.hops.map(({ request }) => request);
    expect(new Set(hops.map(({ operationId }) => operationId)).size).toBe(2);
    expect(new Set(hops.map(({ requestId }) => requestId))).toEqual(new Set([opening?.operation.requestId]));
  });

  test("aliases, variables with defaults, fragments, conditions", async () => {
    const { gateway, fleet } = await startSmallGateway({ mode });
    const stream = socketClient(gateway.url).follow(
      `subscription Watch($kind: String = "default", $score: Boolean!) {
        c: changed(kind: $kind) { kind at: cursor cluster { ...Named points: score @include(if: $score) } }
      }
      fragment Named on Cluster { title: name }`,
      { score: false },
    );
    await opened(fleet);
    fleet.emit(event("1-1"));
    expect(await stream.until(1)).toEqual({ data: { c: { kind: "default", at: "1-1", cluster: { title: "alpha" } } } });
    expect(fleet.seen.hops.map(({ subgraph }) => subgraph)).toEqual(["fleet"]);
  });

  test("one whose field is skipped is refused, and opens nothing", async () => {
    const { gateway, fleet } = await startSmallGateway({ mode });
    const stream = socketClient(gateway.url).follow("subscription { changed @include(if: false) { cursor } }");
    expect(await stream.ended).toMatchObject([{ extensions: { code: "BAD_USER_INPUT" } }]);
    expect(fleet.streams.size).toBe(0);
  });

  test("a failing join nulls its field, with path and code, and the stream goes on", async () => {
    const { gateway, fleet } = await startSmallGateway({ mode });
    const stream = socketClient(gateway.url).follow(
      "subscription { c: changed { cursor cluster { name b: broken } } }",
    );
    await opened(fleet);
    fleet.emit(event("1-1"));
    fleet.emit(event("1-2"));
    expect(await stream.until(1)).toEqual({
      data: { c: { cursor: "1-1", cluster: { name: "alpha", b: null } } },
      errors: [
        {
          message: "No complete answer within 5 s.",
          path: ["c", "cluster", "b"],
          extensions: { code: "UPSTREAM_TIMEOUT", traceId: expect.any(String), timestamp: expect.any(String) },
        },
      ],
    });
    expect(await stream.until(2)).toMatchObject({ data: { c: { cursor: "1-2" } } });
  });

  test("a missing value is an error of its event, and the stream goes on", async () => {
    const { gateway, fleet } = await startSmallGateway({ mode });
    const stream = socketClient(gateway.url).follow("subscription { changed { cluster { vital } } }");
    await opened(fleet);
    fleet.emit(event("1-1", "2"));
    fleet.emit(event("1-2", "1"));
    expect(await stream.until(1)).toMatchObject({
      data: null,
      errors: [{ path: ["changed", "cluster", "vital"], extensions: { code: "INTERNAL_SERVER_ERROR" } }],
    });
    expect(await stream.until(2)).toEqual({ data: { changed: { cluster: { vital: "beats" } } } });
  });

  test("a refusal by the subgraph is told with its code", async () => {
    const { gateway } = await startSmallGateway({ mode });
    const stream = socketClient(gateway.url).follow("subscription { refused { cursor } }");
    expect(await stream.until(1)).toMatchObject({
      data: null,
      errors: [{ message: 'This needs the role "admin".', path: ["refused"], extensions: { code: "FORBIDDEN" } }],
    });
    expect(await stream.ended).toBeNull();
  });

  test("a stream that breaks off in its subgraph ends with the code that says how to go on", async () => {
    const { gateway, fleet } = await startSmallGateway({ mode });
    const stream = socketClient(gateway.url).follow(JOINED);
    await opened(fleet);
    fleet.emit(event("1-1"));
    await stream.until(1);
    for (const { channel } of fleet.streams) channel.close(new Error("lost redis://secret@10.0.0.2"));
    const ended = JSON.stringify(await stream.ended);
    expect(ended).toContain("STREAM_INTERRUPTED");
    expect(ended).toContain("after: <last cursor>");
    expect(ended).not.toContain("secret");
  });
});

describe("sharing", () => {
  const CONFIG = {
    AIOPS_API_TOKENS: ["ann", "bob"].map((user) => ({
      token: `the-token-of-${user}`,
      expiresAt: null,
      identity: { user, groups: [], roles: ["viewer" as const], tenant: "default", scope: null },
    })),
  };
  const as = (url: string, user: string) =>
    socketClient(url, { connectionParams: { authorization: `Bearer the-token-of-${user}` } });

  test("equal subscriptions of one user share the upstream and each event's execution, across transports", async () => {
    const { gateway, fleet } = await startSmallGateway();
    const socket = socketClient(gateway.url);
    const streams = [
      socket.follow(JOINED),
      socket.follow("subscription  {\n  changed { cursor, cluster { name score label } } }"),
      sseClient(gateway.url).follow(JOINED),
    ];
    await opened(fleet);
    await vi.waitFor(async () => {
      const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
      expect(metrics).toContain("aiops_gateway_subscription_clients 3");
      expect(metrics).toContain("aiops_gateway_subscription_upstreams 1");
    }, WAIT);
    fleet.emit(event("1-1"));
    for (const stream of streams) expect(await stream.until(1)).toMatchObject({ data: { changed: { cursor: "1-1" } } });
    expect(fleet.seen.opened).toBe(1);
    expect(fleet.seen.hops).toHaveLength(3);
    streams[0]?.leave();
    streams[2]?.leave();
    fleet.emit(event("1-2"));
    await streams[1]?.until(2);
    expect(fleet.seen.closed).toBe(0);
    streams[1]?.leave();
    await vi.waitFor(() => expect(fleet.seen.closed).toBe(1), WAIT);
  });

  test("never across users or variables", async () => {
    const { gateway, fleet } = await startSmallGateway({ config: CONFIG });
    const ann = as(gateway.url, "ann");
    ann.follow(JOINED);
    as(gateway.url, "bob").follow(JOINED);
    ann.follow("subscription ($kind: String) { changed(kind: $kind) { cursor } }", { kind: "a" });
    ann.follow("subscription ($kind: String) { changed(kind: $kind) { cursor } }", { kind: "b" });
    await opened(fleet, 4);
    expect([...fleet.streams].map(({ operation }) => operation.identity.user).sort()).toEqual([
      "ann",
      "ann",
      "ann",
      "bob",
    ]);
  });

  describe("hops of one event", () => {
    const KINDS = ["a", "b", "c"];
    const follow = (client: ReturnType<typeof socketClient>, kind: string, fields = "name score") =>
      client.follow(`subscription ($kind: String) { changed(kind: $kind) { cluster { ${fields} } } }`, { kind });
    const asked = (fleet: SmallFleet) => fleet.seen.hops.map(({ subgraph }) => subgraph).sort();

    test("are shared by different subscriptions of one user, and each has its own answer", async () => {
      const { gateway, fleet } = await startSmallGateway();
      const client = socketClient(gateway.url);
      const streams = KINDS.map((kind) => follow(client, kind, `kind${kind}: name score`));
      const more = follow(client, "d");
      await opened(fleet, 4);
      fleet.emit(event("1-1", "2"));
      for (const [index, kind] of KINDS.entries()) {
        expect(await streams[index]?.until(1)).toEqual({
          data: { changed: { cluster: { [`kind${kind}`]: "beta", score: 20 } } },
        });
      }
      expect(await more.until(1)).toEqual({ data: { changed: { cluster: { name: "beta", score: 20 } } } });
      // The names are asked for under four names, the score by all alike.
      expect(asked(fleet)).toEqual(["fleet", "fleet", "fleet", "fleet", "health"]);
    });

    test("are asked again for the next event, though the one before is still under way", async () => {
      const { gateway, fleet } = await startSmallGateway();
      const { promise, resolve } = Promise.withResolvers<void>();
      fleet.gate.held = promise;
      const client = socketClient(gateway.url);
      const streams = KINDS.map((kind) => follow(client, kind, "slow"));
      await opened(fleet, 3);
      const [first, ...others] = [...fleet.streams];
      first?.channel.push(event("1-1"));
      await vi.waitFor(() => expect(fleet.seen.hops).toHaveLength(1), WAIT);
      for (const { channel } of others) channel.push(event("1-2"));
      await vi.waitFor(() => expect(fleet.seen.hops).toHaveLength(2), WAIT);
      resolve();
      for (const stream of streams) expect(await stream.until(1)).toMatchObject({ data: { changed: {} } });
      expect(fleet.seen.hops).toHaveLength(2);
    });

    test("are never shared by users", async () => {
      const { gateway, fleet } = await startSmallGateway({ config: CONFIG });
      const streams = ["ann", "bob"].map((user, index) => follow(as(gateway.url, user), `${index}`, "score"));
      await opened(fleet, 2);
      fleet.emit(event("1-1"));
      for (const stream of streams) await stream.until(1);
      expect(fleet.seen.hops.map(({ subgraph }) => subgraph)).toEqual(["health", "health"]);
    });

    test("fail alike, each at its own place", async () => {
      const { gateway, fleet } = await startSmallGateway();
      const client = socketClient(gateway.url);
      const streams = KINDS.map((kind) =>
        client.follow(`subscription ($kind: String) { ${kind}: changed(kind: $kind) { cluster { broken } } }`, {
          kind,
        }),
      );
      await opened(fleet, 3);
      fleet.emit(event("1-1"));
      for (const [index, kind] of KINDS.entries()) {
        expect(await streams[index]?.until(1)).toMatchObject({
          data: { [kind]: { cluster: { broken: null } } },
          errors: [{ path: [kind, "cluster", "broken"], extensions: { code: "UPSTREAM_TIMEOUT" } }],
        });
      }
      expect(asked(fleet)).toEqual(["health"]);
    });

    test("end when the last who waits for them leaves, and not before", async () => {
      const { gateway, fleet } = await startSmallGateway();
      fleet.gate.held = new Promise(() => {});
      const client = socketClient(gateway.url);
      const [first, second, third] = KINDS.map((kind) => follow(client, kind, "slow"));
      await opened(fleet, 3);
      fleet.emit(event("1-1"));
      await vi.waitFor(() => expect(fleet.seen.hops).toHaveLength(1), WAIT);
      const [{ request } = { request: undefined }] = fleet.seen.hops;
      first?.leave();
      await opened(fleet, 2);
      expect(request?.signal.aborted).toBe(false);
      second?.leave();
      await opened(fleet, 1);
      expect(request?.signal.aborted).toBe(false);
      third?.leave();
      await vi.waitFor(() => expect(request?.signal.aborted).toBe(true), WAIT);
    });
  });

  test.each([
    ["that resumes", 'subscription { changed(after: "1-0") { cursor } }', 2],
    ["tagged replay", "subscription { tail { cursor } }", 2],
    ["of what is new", "subscription { changed { cursor } }", 1],
  ])("a stream %s is joined late only where nothing is missed", async (_, query, upstreams) => {
    const { gateway, fleet } = await startSmallGateway();
    const client = socketClient(gateway.url);
    const first = client.follow(query);
    await opened(fleet);
    fleet.emit(event("1-1"));
    await first.until(1);
    const second = client.follow(query);
    await opened(fleet, upstreams);
    await vi.waitFor(async () => {
      expect(await (await fetch(`${gateway.url}/metrics`)).text()).toContain("aiops_gateway_subscription_clients 2");
    }, WAIT);
    fleet.emit(event("1-2"));
    expect(await second.until(1)).toMatchObject({ data: expect.anything() });
    expect(fleet.seen.opened).toBe(upstreams);
  });

  test("at most one event is executed at a time, and what came meanwhile follows in order", async () => {
    const { gateway, fleet } = await startSmallGateway();
    const { promise, resolve } = Promise.withResolvers<void>();
    fleet.gate.held = promise;
    const stream = socketClient(gateway.url).follow("subscription { changed { cursor cluster { slow } } }");
    await opened(fleet);
    for (const cursor of ["1-1", "1-2", "1-3"]) fleet.emit(event(cursor));
    await vi.waitFor(() => expect(fleet.seen.hops).toHaveLength(1), WAIT);
    const [{ channel } = { channel: { length: -1 } }] = [...fleet.streams];
    expect(channel.length).toBe(2);
    resolve();
    await stream.until(3);
    expect(stream.results.map(({ data }) => (data as { changed: { cursor: string } }).changed.cursor)).toEqual([
      "1-1",
      "1-2",
      "1-3",
    ]);
  });
});

test("an event whose join does not end is given up, and the stream goes on", async () => {
  const fleet = smallFleet();
  const subscriptions = new Subscriptions({
    perUser: 10,
    present: createErrorPresenter(log),
    log,
    eventPatienceMs: 100,
  });
  const sources = Object.fromEntries(
    [...fleet.executors].map(([name, executor]) => [name, inProcessDataSource({ executor, tokens })]),
  );
  const sdl = fleet.supergraph();
  const apiSchema = Supergraph.build(sdl).apiSchema().toGraphQLJSSchema();
  subscriptions.use(() => createGeneration({ sdl, apiSchema, sources }));
  const text = "subscription { changed { cursor cluster { slow } } }";
  const identity = { user: "ann", groups: [], roles: ["viewer" as const], tenant: "default", scope: null };
  const stream = subscriptions.subscribe(
    { document: parse(text), text, operationName: undefined, variables: {} },
    { identity, requestId: "r-1", transport: "SSE", clientId: "c-1", expiresAt: null },
  );
  await opened(fleet);
  const { promise, resolve } = Promise.withResolvers<void>();
  fleet.gate.held = promise;
  fleet.emit(event("1-1"));
  expect((await stream.next()).value).toMatchObject({
    data: { changed: { cursor: "1-1", cluster: { slow: null } } },
    errors: [{ path: ["changed", "cluster"], extensions: { code: "SUBGRAPH_UNAVAILABLE" } }],
  });
  resolve();
  fleet.emit(event("1-2"));
  expect((await stream.next()).value).toEqual({ data: { changed: { cursor: "1-2", cluster: { slow: "done" } } } });
  await stream.return();
  expect([fleet.seen.closed, subscriptions.counts]).toEqual([1, { upstreams: 0, clients: 0 }]);
});

describe("a new supergraph", () => {
  test("live subscriptions go on under it, their stream kept open", async () => {
    const { gateway, fleet, reload } = await startSmallGateway();
    const stream = socketClient(gateway.url).follow(JOINED);
    await opened(fleet);
    fleet.emit(event("1-1"));
    await stream.until(1);
    reload({ events: EVENTS.replace("extra: Int", "added: Int") });
    fleet.emit(event("1-2"));
    expect(await stream.until(2)).toMatchObject({ data: { changed: { cursor: "1-2", cluster: { score: 10 } } } });
    expect(fleet.seen).toMatchObject({ opened: 1, closed: 0 });
  });

  test("the stream is opened anew when its own part of the plan changed", async () => {
    const { gateway, fleet, reload } = await startSmallGateway();
    const stream = socketClient(gateway.url).follow("subscription { changed { cursor cluster { label } } }");
    await opened(fleet);
    fleet.emit(event("1-1"));
    await stream.until(1);
    // The label no longer requires the name, so that the stream itself can give it.
    reload({
      events: EVENTS.replace('name: String! @external label: String @requires(fields: "name")', "label: String"),
    });
    await vi.waitFor(() => expect(fleet.seen).toMatchObject({ opened: 2, closed: 1 }), WAIT);
    const hops = fleet.seen.hops.length;
    fleet.emit(event("1-2"));
    expect(await stream.until(2)).toMatchObject({ data: { changed: { cursor: "1-2" } } });
    expect(fleet.seen.hops).toHaveLength(hops);
  });

  test("a subscription that no longer fits it ends with SCHEMA_CHANGED, others stay", async () => {
    const { gateway, fleet, reload } = await startSmallGateway();
    const client = socketClient(gateway.url);
    const doomed = client.follow("subscription { changed { cursor extra } }");
    const fine = client.follow("subscription { changed { cursor } }");
    await opened(fleet, 2);
    reload({ events: EVENTS.replace("extra: Int", "") });
    expect(await doomed.ended).toMatchObject([{ extensions: { code: "SCHEMA_CHANGED", traceId: expect.any(String) } }]);
    fleet.emit(event("1-1"));
    expect(await fine.until(1)).toEqual({ data: { changed: { cursor: "1-1" } } });
  });
});
