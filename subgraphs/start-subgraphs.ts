import type { Platform } from "./platform.ts";
import type { InternalTokens } from "./shared/kernel/auth-context.ts";
import { SubgraphExecutor } from "./shared/kernel/executor.ts";
import { JobEngine } from "./shared/kernel/jobs.ts";
import type { Lifecycle } from "./shared/kernel/lifecycle.ts";
import type { FederatedSchema, Job, Route, Subgraph } from "./shared/kernel/subgraph.ts";

export interface StartedSubgraph {
  name: string;
  schema: FederatedSchema;
  executor: SubgraphExecutor;
  jobs: readonly Job[];
  routes: readonly Route[];
}

/** Start a subgraph on the platform. */
export async function startSubgraph(
  subgraph: Subgraph<Platform>,
  platform: Platform,
  tokens: InternalTokens,
  lifecycle: Lifecycle,
): Promise<StartedSubgraph> {
  const { name } = subgraph;
  const log = platform.log.child({ subgraph: name });
  const schema = await subgraph.schema();
  const running = await subgraph.start({ ...platform, log });
  lifecycle.onClose(name, () => running.close?.());
  const executor = new SubgraphExecutor({ schema: schema.schema, running, tokens, log });
  return { name, schema, executor, jobs: running.jobs ?? [], routes: running.routes ?? [] };
}

/** Run the subgraphs' jobs. In the background: the first answer does not wait for the job engine. */
export function startJobs(platform: Platform, jobs: readonly Job[], lifecycle: Lifecycle): void {
  if (jobs.length === 0) return;
  const { log, database } = platform;
  const engine = new JobEngine({ executeSql: (text, values) => database.executeSql(text, values), log });
  lifecycle.onClose("jobs", () => engine.close());
  engine.start(jobs).catch((error: unknown) => log.error({ err: error }, "the job engine did not start"));
}
