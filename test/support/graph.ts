import { randomUUID } from "node:crypto";
import { createClient, type Client as SocketClient } from "graphql-ws";
import WebSocket from "ws";
import type { ProcessOptions, SubgraphDataSource } from "../../gateway/data-sources/data-source.ts";
import { inProcessDataSource } from "../../gateway/data-sources/in-process.ts";
import { remoteDataSource } from "../../gateway/data-sources/remote.ts";
import { type Gateway, startGateway } from "../../gateway/gateway.ts";
import { composeSupergraph, fixedSupergraph } from "../../gateway/supergraph.ts";
import { SUBGRAPHS } from "../../subgraphs/index.ts";
import { openPlatform, type Platform } from "../../subgraphs/platform.ts";
import { InternalTokens } from "../../subgraphs/shared/kernel/auth-context.ts";
import { isLoopback, readConfig } from "../../subgraphs/shared/kernel/config.ts";
import { Lifecycle } from "../../subgraphs/shared/kernel/lifecycle.ts";
import { createLogger } from "../../subgraphs/shared/kernel/log.ts";
import { serveSubgraph } from "../../subgraphs/shared/kernel/subgraph-server.ts";
import { type StartedSubgraph, startJobs, startSubgraph } from "../../subgraphs/start-subgraphs.ts";
import { openTestDatabase } from "./database.ts";
import { redisSpace } from "./redis.ts";

/** The two shapes of the product; every federation test runs in both. */
export type Mode = "in one process" | "over HTTP";

export interface Answer {
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for; a wrong path fails its expectation.
  data: any;
  errors?: { message: string; path?: (string | number)[]; extensions: Record<string, unknown> }[];
}

export interface AskOptions {
  token?: string;
  signal?: AbortSignal;
  headers?: Record<string, string>;
}

export interface TestGraph extends AsyncDisposable {
  url: string;
  /** Where a subgraph serves what it does beside the graph. */
  routesUrl(subgraph: string): string;
  gateway: Gateway;
  /** The clusters subgraph's own platform. */
  platform: Platform;
  ask(query: string, variables?: Record<string, unknown>, options?: AskOptions): Promise<Answer>;
  /** A live stream; its `next` waits for the next result. */
  subscribe(
    query: string,
    variables?: Record<string, unknown>,
    options?: { token?: string },
  ): AsyncIterableIterator<Answer>;
  /** The subgraphs that the gateway has asked since the last reset, in order. */
  hops(): string[];
  resetHops(): void;
}

export interface GraphOptions {
  mode: Mode;
  /** Environment variables, over the defaults of a test. */
  env?: Record<string, string>;
  /** Takes every line of the log, at the level trace. */
  logTo?: (line: string) => void;
  /** Whether health sweeps and other jobs run. Off unless a test is about them. */
  jobs?: boolean;
}

/** The whole product on real parts: embedded and in memory in one process; PostgreSQL and Redis, a platform each, over HTTP. */
export async function startGraph({ mode, env = {}, jobs = false, logTo }: GraphOptions): Promise<TestGraph> {
  const log = logTo
    ? createLogger({ level: "trace", name: "test", destination: { write: logTo } })
    : createLogger({ level: process.env["TEST_LOG"] ?? "silent", name: "test" });
  const lifecycle = new Lifecycle(log);
  const overHttp = mode === "over HTTP";
  const test = await openTestDatabase(overHttp ? "postgresql" : "embedded");
  lifecycle.onClose("test database", () => test.dispose());
  await test.database.close();
  const redis = overHttp ? redisSpace() : null;
  if (redis) lifecycle.onClose("redis keys", () => redis.dispose());
  const config = readConfig({
    DATA_DIR: test.options.dataDir,
    DATABASE_URL: test.options.url,
    ...redis?.env,
    // Subgraphs of their own ask the test's servers only where they are named.
    ...(overHttp ? { AIOPS_TARGET_ALLOW: "127.0.0.1" } : {}),
    AIOPS_ENCRYPTION_KEYS: `test:${Buffer.alloc(32, 7).toString("base64")}`,
    ...env,
  });
  const tokens = new InternalTokens(randomUUID().repeat(2));

  const open = (): Promise<Platform> =>
    openPlatform(config, log, lifecycle, { loopbackOnly: !overHttp && isLoopback(config.HOST) });
  const shared = overHttp ? null : await open();
  const started: (StartedSubgraph & { platform: Platform; url: string })[] = [];
  for (const { subgraph } of SUBGRAPHS) {
    const platform = shared ?? (await open());
    const part = await startSubgraph(subgraph, platform, tokens, lifecycle);
    let url = `in-process:${part.name}`;
    if (overHttp) {
      const { name, executor, routes } = part;
      const server = await serveSubgraph({
        name,
        executor,
        routes,
        host: "127.0.0.1",
        port: 0,
        log,
        readiness: platform.readiness,
      });
      lifecycle.onClose(name, () => server.close());
      url = server.url;
    }
    if (jobs) startJobs(platform, part.jobs, lifecycle);
    started.push({ ...part, platform, url });
  }
  const [clusters] = started;
  if (!clusters) throw new Error("There are no subgraphs.");

  let hops: string[] = [];
  const { sdl } = composeSupergraph(started.map(({ name, url, schema }) => ({ name, url, typeDefs: schema.typeDefs })));
  const gateway = await startGateway({
    config,
    log,
    supergraph: fixedSupergraph(sdl),
    dataSource: (name, url) => {
      const part = started.find((candidate) => candidate.name === name);
      if (!part) throw new Error(`No subgraph ${name}.`);
      const source = overHttp
        ? remoteDataSource({ name, url, tokens, log })
        : inProcessDataSource({ executor: part.executor, tokens });
      return counting(source, () => hops.push(name));
    },
    readiness: clusters.platform.readiness,
    bus: clusters.platform.bus,
    routes: overHttp ? [] : started.flatMap(({ routes }) => routes),
    port: 0,
  });
  lifecycle.onClose("gateway", () => gateway.close());

  return {
    url: gateway.url,
    routesUrl: (name) =>
      overHttp ? new URL(started.find((part) => part.name === name)?.url ?? "").origin : gateway.url,
    gateway,
    platform: clusters.platform,
    ask: (query, variables = {}, options = {}) => ask(gateway.url, query, variables, options),
    subscribe: (query, variables = {}, options = {}) => {
      const client = socketClient(gateway.url, options.token);
      lifecycle.onClose("socket", () => client.dispose());
      return client.iterate({ query, variables }) as AsyncIterableIterator<Answer>;
    },
    hops: () => hops,
    resetHops: () => {
      hops = [];
    },
    [Symbol.asyncDispose]: () => lifecycle.close(),
  };
}

const counting = (source: SubgraphDataSource, count: () => void): SubgraphDataSource => ({
  ...source,
  process: (options: ProcessOptions) => {
    count();
    return source.process(options);
  },
});

export async function ask(
  url: string,
  query: string,
  variables: Record<string, unknown> = {},
  options: AskOptions = {},
): Promise<Answer> {
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(options.token ? { authorization: `Bearer ${options.token}` } : {}),
      ...options.headers,
    },
    body: JSON.stringify({ query, variables }),
    signal: options.signal ?? null,
  });
  return (await response.json()) as Answer;
}

const socketClient = (url: string, token?: string): SocketClient =>
  createClient({
    url: `${url.replace(/^http/, "ws")}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    connectionParams: token ? { authorization: `Bearer ${token}` } : {},
  });
