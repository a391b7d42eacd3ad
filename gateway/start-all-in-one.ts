import { SUBGRAPHS } from "../subgraphs/index.ts";
import { openPlatform, type Platform } from "../subgraphs/platform.ts";
import type { InternalTokens } from "../subgraphs/shared/kernel/auth-context.ts";
import { type Config, isLoopback } from "../subgraphs/shared/kernel/config.ts";
import { LocalGraph } from "../subgraphs/shared/kernel/graph.ts";
import type { Lifecycle } from "../subgraphs/shared/kernel/lifecycle.ts";
import type { Logger } from "../subgraphs/shared/kernel/log.ts";
import { startJobs, startSubgraph } from "../subgraphs/start-subgraphs.ts";
import { inProcessDataSource } from "./data-sources/in-process.ts";
import { requireForwarded } from "./forwarded-routes.ts";
import { type Gateway, startGateway } from "./gateway.ts";
import { fixedSupergraph, supergraphOf } from "./supergraph.ts";

export interface AllInOneOptions {
  config: Config;
  log: Logger;
  lifecycle: Lifecycle;
  tokens: InternalTokens;
  /** Instead of the configured one; 0 for any that is free. */
  port?: number;
}

/** Every subgraph and the gateway over them in this process. What was opened closes with the lifecycle. */
export async function startAllInOne({
  config,
  log,
  lifecycle,
  tokens,
  port,
}: AllInOneOptions): Promise<{ gateway: Gateway; platform: Platform }> {
  const graph = new LocalGraph();
  const platform = await openPlatform(config, log, lifecycle, { loopbackOnly: isLoopback(config.HOST), graph });
  const started = await Promise.all(
    SUBGRAPHS.map(({ subgraph }) => startSubgraph(subgraph, platform, tokens, lifecycle)),
  );
  const executors = new Map(started.map(({ name, executor }) => [name, executor]));
  const sdl = await supergraphOf(
    started.map(({ name, schema }) => ({ name, url: `in-process:${name}`, typeDefs: schema.typeDefs })),
  );
  const jobs = started.flatMap(({ jobs }) => jobs);
  const running = startJobs(platform, jobs, lifecycle);
  const gateway = await startGateway({
    config,
    log,
    supergraph: fixedSupergraph(sdl),
    dataSource: (name) => {
      const executor = executors.get(name);
      if (!executor) throw new Error(`The supergraph names a subgraph "${name}" that is not here.`);
      return inProcessDataSource({ executor, tokens });
    },
    readiness: () => platform.readiness(),
    probes: { ...platform.probes, jobs: running },
    registry: platform.registry,
    bus: platform.bus,
    routes: started.flatMap(({ routes }) => routes),
    webRoutes: started.flatMap(({ name, webRoutes }) => requireForwarded(name, webRoutes)),
    ...(port === undefined ? {} : { port }),
  });
  lifecycle.onClose("gateway", () => gateway.close());
  graph.use(gateway);
  return { gateway, platform };
}
