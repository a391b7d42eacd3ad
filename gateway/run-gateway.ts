import { join } from "node:path";
import { InternalTokens } from "../subgraphs/shared/kernel/auth-context.ts";
import { openBus } from "../subgraphs/shared/kernel/bus/open-bus.ts";
import { systemClock } from "../subgraphs/shared/kernel/clock.ts";
import { readConfig, requireUsableSignIn, requireVariables } from "../subgraphs/shared/kernel/config.ts";
import { Lifecycle } from "../subgraphs/shared/kernel/lifecycle.ts";
import { createLogger } from "../subgraphs/shared/kernel/log.ts";
import { exitOnOperatorError } from "../subgraphs/shared/kernel/operator-error.ts";
import { packageRoot } from "../subgraphs/shared/kernel/package-root.ts";
import { startTracing } from "../subgraphs/shared/kernel/start-tracing.ts";
import { remoteDataSource } from "./data-sources/remote.ts";
import { startGateway } from "./gateway.ts";
import { watchedSupergraph } from "./supergraph-file.ts";

/** Serve the graph over remote subgraphs. The supergraph is a file, and may be replaced while this runs. */
export async function runGateway(): Promise<void> {
  await exitOnOperatorError(async () => {
    const config = readConfig(process.env);
    requireVariables(config, ["AIOPS_INTERNAL_SECRET"]);
    requireUsableSignIn(config);
    const log = createLogger({ level: config.LOG_LEVEL, name: "gateway" });
    const lifecycle = new Lifecycle(log);
    lifecycle.onSignals(config.AIOPS_SHUTDOWN_GRACE_MS);
    lifecycle.onClose("tracing", await startTracing(config, "aiops-gateway", log));
    const tokens = new InternalTokens(...(config.AIOPS_INTERNAL_SECRET ?? [""]));
    const file = config.AIOPS_SUPERGRAPH ?? join(packageRoot(), "schema", "supergraph.graphql");
    // What it shares with nobody, nobody could ask over it.
    const bus = config.REDIS_URL ? await openBus(config, log, systemClock) : null;
    if (bus) lifecycle.onClose("bus", () => bus.close());
    const gateway = await startGateway({
      config,
      log,
      supergraph: watchedSupergraph(file, { log }),
      dataSource: (name, url) => remoteDataSource({ name, url: config.AIOPS_SUBGRAPH_URLS[name] ?? url, tokens, log }),
      // Not the subgraphs: the gateway still serves what the others answer when one is down.
      readiness: async () => ({ supergraph: "ok" }),
      probes: bus ? { bus: () => bus.ping().then(() => "ok") } : {},
      tokens,
      ...(bus ? { bus } : {}),
    });
    lifecycle.onClose("gateway", () => gateway.close());
    log.info({ url: gateway.url }, "serving");
  });
}
