import { SUBGRAPHS } from "./index.ts";
import { openPlatform } from "./platform.ts";
import { InternalTokens } from "./shared/kernel/auth-context.ts";
import { readConfig, requireVariables } from "./shared/kernel/config.ts";
import { Lifecycle } from "./shared/kernel/lifecycle.ts";
import { createLogger } from "./shared/kernel/log.ts";
import { exitOnOperatorError } from "./shared/kernel/operator-error.ts";
import { remoteGraph } from "./shared/kernel/remote-graph.ts";
import { startTracing } from "./shared/kernel/start-tracing.ts";
import { serveSubgraph } from "./shared/kernel/subgraph-server.ts";
import { startJobs, startSubgraph } from "./start-subgraphs.ts";

/** Serve one subgraph over HTTP, for a gateway that runs elsewhere. */
export async function runSubgraph(name: string): Promise<void> {
  const listed = SUBGRAPHS.find(({ subgraph }) => subgraph.name === name);
  if (!listed) {
    console.error(`Which subgraph? One of: ${SUBGRAPHS.map(({ subgraph }) => subgraph.name).join(", ")}.`);
    process.exitCode = 1;
    return;
  }
  await exitOnOperatorError(() => start(listed));
}

async function start({ subgraph, port }: (typeof SUBGRAPHS)[number]): Promise<void> {
  const config = readConfig(process.env);
  requireVariables(config, ["DATABASE_URL", "REDIS_URL", "AIOPS_INTERNAL_SECRET", "AIOPS_ENCRYPTION_KEYS"]);
  const log = createLogger({ level: config.LOG_LEVEL, name: subgraph.name });
  const lifecycle = new Lifecycle(log);
  lifecycle.onSignals(config.AIOPS_SHUTDOWN_GRACE_MS);
  lifecycle.onClose("tracing", await startTracing(config, `aiops-${subgraph.name}`, log));
  const tokens = new InternalTokens(...(config.AIOPS_INTERNAL_SECRET ?? [""]));
  const graph = remoteGraph({ url: config.AIOPS_GRAPH_URL, tokens, log });
  lifecycle.onClose("graph", () => graph.close());
  const platform = await openPlatform(config, log, lifecycle, { loopbackOnly: false, graph });
  const { executor, jobs, routes, webRoutes } = await startSubgraph(subgraph, platform, tokens, lifecycle);
  const running = startJobs(platform, jobs, lifecycle);
  const server = await serveSubgraph({
    name: subgraph.name,
    executor,
    routes,
    web: { routes: webRoutes, tokens },
    log,
    host: config.HOST,
    port: process.env["PORT"] ? config.PORT : port,
    readiness: () => platform.readiness(),
    probes: { ...platform.probes, jobs: running },
    registry: platform.registry,
  });
  lifecycle.onClose("server", () => server.close());
  log.info({ url: server.url }, "serving");
}
