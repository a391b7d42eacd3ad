import { randomBytes, randomUUID } from "node:crypto";
import { join } from "node:path";
import { createClient } from "graphql-ws";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import WebSocket from "ws";
import { Balancer } from "../../bench/faults/balancer.ts";
import { freePort } from "../../bench/free-port.ts";
import { SUBGRAPHS } from "../../subgraphs/index.ts";
import { type BusEvent, EVENTS } from "../../subgraphs/shared/kernel/bus/events.ts";
import { RedisBus } from "../../subgraphs/shared/kernel/bus/redis.ts";
import { createLogger } from "../../subgraphs/shared/kernel/log.ts";
import { openTestDatabase, type TestDatabase } from "../support/database.ts";
import { type Answer, ask } from "../support/graph.ts";
import { Program } from "../support/process.ts";
import { REDIS_URL, redisProblem, redisSpace } from "../support/redis.ts";
import { until } from "../support/until.ts";

const CLUSTERS = 20;
const SUBSCRIBERS = 200;
const EVENTS_PER_SECOND = 200;
/** How long what was killed stays away. */
const AWAY_MS = 1500;
const TOKENS = Array.from({ length: 8 }, (_, index) => ({
  user: `user-${index}`,
  token: randomBytes(16).toString("hex"),
}));

const redis = redisSpace();
const database = await openTestDatabase("postgresql").catch((error: unknown) => String(error));
const problem = typeof database === "string" ? database : await redisProblem();
if (problem && process.env["REQUIRE_SERVICES"] === "1") throw new Error(problem);

/** Follows one cluster's events, and comes back with its last cursor whenever the stream breaks off. */
class Subscriber {
  readonly seen: number[] = [];
  gaps = 0;
  reconnects = -1;
  failure: unknown;
  #after: string;
  #done = false;
  #leave: () => void = () => {};

  constructor(url: string, token: string, clusterId: string, after: string, joined: boolean) {
    this.#after = after;
    void this.#follow(url, token, clusterId, joined).catch((error: unknown) => {
      this.failure = error;
    });
  }

  async #follow(url: string, token: string, clusterId: string, joined: boolean): Promise<void> {
    const query = `subscription ($id: UUID!, $after: Cursor) {
      events(filter: { clusterIds: [$id], eventTypes: [METRIC_UPDATE] }, after: $after) {
        cursor gap { count } event { payload ${joined ? "cluster { name }" : ""} } } }`;
    while (!this.#done) {
      this.reconnects += 1;
      const client = createClient({
        url,
        webSocketImpl: WebSocket,
        retryAttempts: 0,
        connectionParams: { authorization: `Bearer ${token}` },
      });
      const stream = client.iterate({ query, variables: { id: clusterId, after: this.#after } });
      this.#leave = () => void stream.return?.();
      try {
        for await (const { data } of stream as AsyncIterable<Answer>) this.#take(data);
      } catch {
        // Whatever it was: it comes back with its cursor.
      }
      await client.dispose();
    }
  }

  #take(data: Answer["data"]): void {
    // An event whose join failed in between is an event all the same.
    const { cursor, gap, event } = data.events;
    this.#after = cursor;
    if (gap) this.gaps += 1;
    else this.seen.push(event.payload.n);
  }

  leave(): void {
    this.#done = true;
    this.#leave();
  }
}

describe.skipIf(problem !== undefined)(`Two of everything${problem ? ` (skipped: ${problem})` : ""}`, () => {
  const programs = new Map<string, Program>();
  const start = new Map<string, () => Program>();
  const balancers: Balancer[] = [];
  let url: string;
  let bus: RedisBus;
  let clusterIds: string[];

  const run = (name: string): Program => {
    const program = start.get(name)?.();
    if (!program) throw new Error(`There is no ${name}.`);
    programs.set(name, program);
    return program;
  };
  const balanced = async (ports: readonly number[]): Promise<number> => {
    const balancer = await Balancer.over(ports);
    balancers.push(balancer);
    return balancer.port;
  };

  beforeAll(async () => {
    const shared = {
      DATABASE_URL: (database as TestDatabase).options.url ?? "",
      // Two of each share a server of 100 connections with whatever is tested beside.
      AIOPS_DATABASE_CONNECTIONS: "4",
      ...redis.env,
      AIOPS_INTERNAL_SECRET: randomBytes(32).toString("hex"),
      AIOPS_TARGET_ALLOW: "127.0.0.1",
      AIOPS_ENCRYPTION_KEYS: `k1:${randomBytes(32).toString("base64")}`,
      LOG_LEVEL: "info",
    };
    const urls: string[] = [];
    for (const { subgraph } of SUBGRAPHS) {
      const ports = [await freePort(), await freePort()];
      for (const [index, port] of ports.entries()) {
        const env = { ...shared, PORT: String(port) };
        start.set(`${subgraph.name}-${index}`, () => new Program("subgraphs/main.js", { args: [subgraph.name], env }));
      }
      urls.push(`${subgraph.name}=http://127.0.0.1:${await balanced(ports)}/graphql`);
    }
    const ports = [await freePort(), await freePort()];
    for (const [index, port] of ports.entries()) {
      const env = {
        ...shared,
        PORT: String(port),
        AIOPS_SUPERGRAPH: join(import.meta.dirname, "../../schema/supergraph.graphql"),
        AIOPS_SUBGRAPH_URLS: urls.join(","),
        AIOPS_API_TOKENS: JSON.stringify(TOKENS.map(({ user, token }) => ({ token, user, roles: ["admin"] }))),
      };
      start.set(`gateway-${index}`, () => new Program("gateway/main.js", { env }));
    }
    url = `http://127.0.0.1:${await balanced(ports)}`;
    await Promise.all([...start.keys()].map((name) => run(name).prints(/"msg":"serving"/, 60_000)));

    const [{ token } = { token: "" }] = TOKENS;
    clusterIds = await Promise.all(
      Array.from({ length: CLUSTERS }, async (_, index) => {
        const input = { name: `chaos-${index}`, apiServerUrl: "https://127.0.0.1:1" };
        const { data } = await ask(
          url,
          `mutation ($input: RegisterClusterInput!) { registerCluster(input: $input) { id } }`,
          { input },
          { token },
        );
        return data.registerCluster.id;
      }),
    );
    bus = new RedisBus({
      url: REDIS_URL,
      prefix: redis.env["AIOPS_REDIS_PREFIX"] ?? "",
      retention: { count: 100_000, ageMs: 3_600_000 },
      log: createLogger({ level: "silent", name: "test" }),
    });
  }, 120_000);
  afterAll(async () => {
    await bus?.close();
    await Promise.all([...programs.values()].map((program) => program.stop("SIGKILL")));
    for (const balancer of balancers) await balancer[Symbol.asyncDispose]();
    await redis.dispose();
    await (database as TestDatabase).dispose();
  }, 30_000);

  it("loses and repeats no event for any subscriber, whichever one of them is killed or replaced", async () => {
    const after = await bus.head(EVENTS);
    const subscribers = Array.from({ length: SUBSCRIBERS }, (_, index) => {
      const { token } = TOKENS[index % TOKENS.length] ?? { token: "" };
      const clusterId = clusterIds[index % CLUSTERS] ?? "";
      return new Subscriber(`${url.replace("http", "ws")}/graphql`, token, clusterId, after, index % 10 === 0);
    });
    let published = 0;
    let stopped = false;
    const publishing = (async () => {
      const began = performance.now();
      while (!stopped) {
        const due = Math.floor(((performance.now() - began) / 1000) * EVENTS_PER_SECOND);
        const batch = Array.from({ length: Math.max(0, due - published) }, () => toEvent(published++));
        await Promise.all(batch.map((event) => bus.publish(EVENTS, event, event.event_id)));
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    })();
    const toEvent = (n: number): BusEvent => ({
      event_id: randomUUID(),
      event_type: "METRIC_UPDATE",
      tenant_id: "default",
      cluster_id: clusterIds[n % CLUSTERS] ?? null,
      namespace: null,
      timestamp: new Date().toISOString(),
      payload: { n },
    });
    const everybodyHas = (n: number): boolean =>
      subscribers.every(({ seen }, index) => (seen.at(-1) ?? -1) >= n - CLUSTERS + (index % CLUSTERS) - CLUSTERS);

    await until("everybody is served", () => published > 400 && everybodyHas(400), 60_000);
    // Three that die, and two that are replaced in good order, as in a rolling restart.
    const ends = [
      ["events-0", "SIGKILL"],
      ["gateway-0", "SIGKILL"],
      ["clusters-1", "SIGKILL"],
      ["events-1", "SIGTERM"],
      ["gateway-1", "SIGTERM"],
    ] as const;
    for (const [name, signal] of ends) {
      const reconnects = subscribers.reduce((sum, each) => sum + each.reconnects, 0);
      await programs.get(name)?.stop(signal);
      const away = published + (AWAY_MS / 1000) * EVENTS_PER_SECOND;
      await until("events happened while it was away", () => published >= away, 20_000);
      await run(name).prints(/"msg":"serving"/, 60_000);
      if (!name.startsWith("clusters")) {
        expect(
          subscribers.reduce((sum, each) => sum + each.reconnects, 0),
          name,
        ).toBeGreaterThan(reconnects);
      }
    }
    stopped = true;
    await publishing;
    const expected = (index: number): number[] =>
      Array.from({ length: published }, (_, n) => n).filter((n) => n % CLUSTERS === index % CLUSTERS);
    await until(
      "everybody has the last",
      () => subscribers.every(({ seen }, index) => seen.at(-1) === expected(index).at(-1)),
      60_000,
    );
    for (const subscriber of subscribers) subscriber.leave();
    expect(subscribers.map(({ failure }) => failure).filter(Boolean)).toEqual([]);
    expect(subscribers.reduce((sum, { gaps }) => sum + gaps, 0)).toBe(0);
    for (const [index, { seen }] of subscribers.entries()) expect(seen, `subscriber ${index}`).toEqual(expected(index));
  }, 180_000);
});
