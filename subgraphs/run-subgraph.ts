import { SUBGRAPHS } from "./index.ts";
import { openPlatform } from "./platform.ts";
import { InternalTokens } from "./shared/kernel/auth-context.ts";
import { readConfig, requireVariables } from "./shared/kernel/config.ts";
import { Lifecycle } from "./shared/kernel/lifecycle.ts";
import { createLogger } from "./shared/kernel/log.ts";
import { exitOnOperatorError } from "./shared/kernel/operator-error.ts";
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
  const tokens = new InternalTokens(config.AIOPS_INTERNAL_SECRET ?? "");
  const platform = await openPlatform(config, log, lifecycle, { loopbackOnly: false });
  const { executor, jobs, routes } = await startSubgraph(subgraph, platform, tokens, lifecycle);
  startJobs(platform, jobs, lifecycle);
  const server = await serveSubgraph({
    name: subgraph.name,
    executor,
    routes,
    log,
    host: config.HOST,
    port: process.env["PORT"] ? config.PORT : port,
    readiness: () => platform.readiness(),
  });
  lifecycle.onClose("server", () => server.close());
  log.info({ url: server.url }, "serving");
}
