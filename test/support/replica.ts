import { randomUUID } from "node:crypto";
import { clusters } from "../../subgraphs/clusters/index.ts";
import { openPlatform, type Platform } from "../../subgraphs/platform.ts";
import { InternalTokens } from "../../subgraphs/shared/kernel/auth-context.ts";
import type { Clock } from "../../subgraphs/shared/kernel/clock.ts";
import type { Config } from "../../subgraphs/shared/kernel/config.ts";
import { LocalGraph } from "../../subgraphs/shared/kernel/graph.ts";
import { Lifecycle } from "../../subgraphs/shared/kernel/lifecycle.ts";
import { createLogger } from "../../subgraphs/shared/kernel/log.ts";
import { startJobs, startSubgraph } from "../../subgraphs/start-subgraphs.ts";

/** A further replica of the clusters subgraph on a deployment's PostgreSQL and Redis: its jobs run, and nobody asks it. */
export interface Replica extends AsyncDisposable {
  platform: Platform;
}

export async function startReplica(config: Config, clock: Clock): Promise<Replica> {
  const log = createLogger({ level: process.env["TEST_LOG"] ?? "silent", name: "replica" });
  const lifecycle = new Lifecycle(log);
  const platform = {
    ...(await openPlatform(config, log, lifecycle, { loopbackOnly: false, graph: new LocalGraph() })),
    clock,
  };
  const { jobs } = await startSubgraph(clusters, platform, new InternalTokens(randomUUID().repeat(2)), lifecycle);
  startJobs(platform, jobs, lifecycle);
  return { platform, [Symbol.asyncDispose]: () => lifecycle.close() };
}
