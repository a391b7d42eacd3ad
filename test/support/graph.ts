import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HivePlanner } from "../../bench/hive-gateway.ts";
import { composeSupergraph } from "../../gateway/composition.ts";
import type { ProcessOptions, SubgraphDataSource } from "../../gateway/data-sources/data-source.ts";
import { inProcessDataSource } from "../../gateway/data-sources/in-process.ts";
import { remoteDataSource } from "../../gateway/data-sources/remote.ts";
import { requireForwarded } from "../../gateway/forwarded-routes.ts";
import { type Gateway, startGateway } from "../../gateway/gateway.ts";
import { fixedSupergraph } from "../../gateway/supergraph.ts";
import { SUBGRAPHS } from "../../subgraphs/index.ts";
import { openPlatform, type Platform } from "../../subgraphs/platform.ts";
import { InternalTokens } from "../../subgraphs/shared/kernel/auth-context.ts";
import { isLoopback, readConfig } from "../../subgraphs/shared/kernel/config.ts";
import { LocalGraph } from "../../subgraphs/shared/kernel/graph.ts";
import { Lifecycle } from "../../subgraphs/shared/kernel/lifecycle.ts";
import { createLogger, type Logger } from "../../subgraphs/shared/kernel/log.ts";
import { remoteGraph } from "../../subgraphs/shared/kernel/remote-graph.ts";
import { serveSubgraph } from "../../subgraphs/shared/kernel/subgraph-server.ts";
import { type StartedSubgraph, startJobs, startSubgraph } from "../../subgraphs/start-subgraphs.ts";
import { type Asker, asker } from "./asker.ts";
import { openTestDatabase } from "./database.ts";
import { HIVE_PLANNER, hiveInFront } from "./hive.ts";
import { redisSpace } from "./redis.ts";

export { type Answer, type Asker, type AskOptions, ask } from "./asker.ts";

/** The two shapes of the product; federation tests run in both, unless what they are about is the same in each. */
export type Mode = "in one process" | "over HTTP";

export interface TestGraph extends AsyncDisposable, Asker {
  url: string;
  /** Where a subgraph serves what it does beside the graph. */
  routesUrl(subgraph: string): string;
  gateway: Gateway;
  /** The clusters subgraph's own platform. */
  platform: Platform;
  /** Hive Gateway over the same subgraphs; only where they are apart. */
  throughHive(planner: HivePlanner): Promise<Asker>;
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
  const reports = await mkdtemp(join(tmpdir(), "aiops-reports-"));
  lifecycle.onClose("reports", () => rm(reports, { recursive: true, force: true }));
  const config = readConfig({
    DATA_DIR: test.options.dataDir,
    AIOPS_REPORTS_DIR: reports,
    DATABASE_URL: test.options.url,
    ...redis?.env,
    // Five platforms for each of the files that run at once, of one server's 100.
    AIOPS_DATABASE_CONNECTIONS: "6",
    // Subgraphs of their own ask the test's servers only where they are named.
    ...(overHttp ? { AIOPS_TARGET_ALLOW: "127.0.0.1" } : {}),
    AIOPS_ENCRYPTION_KEYS: `test:${Buffer.alloc(32, 7).toString("base64")}`,
    ...env,
  });
  const tokens = new InternalTokens(randomUUID().repeat(2));

  const graph = new LocalGraph();
  const open = (): Promise<Platform> =>
    openPlatform(config, log, lifecycle, { loopbackOnly: !overHttp && isLoopback(config.HOST), graph });
  const shared = overHttp ? null : await open();
  const started: (StartedSubgraph & { platform: Platform; url: string })[] = [];
  for (const { subgraph } of SUBGRAPHS) {
    const platform = shared ?? (await open());
    const part = await startSubgraph(subgraph, platform, tokens, lifecycle);
    let url = `in-process:${part.name}`;
    if (overHttp) {
      const { name, executor, routes, webRoutes } = part;
      const server = await serveSubgraph({
        name,
        executor,
        routes,
        web: { routes: webRoutes, tokens },
        host: "127.0.0.1",
        port: 0,
        log,
        readiness: platform.readiness,
        probes: platform.probes,
        registry: platform.registry,
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
    probes: clusters.platform.probes,
    ...(shared ? { registry: shared.registry } : {}),
    bus: clusters.platform.bus,
    routes: overHttp ? [] : started.flatMap(({ routes }) => routes),
    ...(overHttp ? {} : { webRoutes: started.flatMap(({ name, webRoutes }) => requireForwarded(name, webRoutes)) }),
    tokens,
    port: 0,
  });
  lifecycle.onClose("gateway", () => gateway.close());
  if (overHttp) askRemotely(graph, { url: `${gateway.url}/graphql`, tokens, log, lifecycle });
  else graph.use(gateway);

  const throughHive = (planner: HivePlanner): Promise<Asker> => {
    const urls = Object.fromEntries(started.map(({ name, url }) => [name, url]));
    return hiveInFront({ config, sdl, urls, tokens, log, lifecycle, directory: reports }, planner);
  };
  return {
    url: gateway.url,
    routesUrl: (name) =>
      overHttp ? new URL(started.find((part) => part.name === name)?.url ?? "").origin : gateway.url,
    gateway,
    platform: clusters.platform,
    ...(overHttp && HIVE_PLANNER ? await throughHive(HIVE_PLANNER) : asker(gateway.url, lifecycle)),
    throughHive,
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
    // And not what the gateway asks for itself.
    if (options.kind === "incoming operation") count();
    return source.process(options);
  },
});

/** As processes of their own ask the gateway, once it is there. */
function askRemotely(
  graph: LocalGraph,
  { lifecycle, ...options }: { url: string; tokens: InternalTokens; log: Logger; lifecycle: Lifecycle },
): void {
  const remote = remoteGraph(options);
  lifecycle.onClose("graph", () => remote.close());
  graph.use({
    execute: (document, variables, identity, { signal, requestId }) =>
      remote.ask({ document, variables, identity, signal, ...(requestId === undefined ? {} : { requestId }) }),
  });
}
