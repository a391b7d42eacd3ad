import type { Platform } from "./platform.ts";
import { Refusals } from "./shared/fleet/refusals.ts";
import type { InternalTokens } from "./shared/kernel/auth-context.ts";
import { SubgraphExecutor } from "./shared/kernel/executor.ts";
import type { Probe } from "./shared/kernel/health-report.ts";
import { JobEngine } from "./shared/kernel/jobs.ts";
import type { Lifecycle } from "./shared/kernel/lifecycle.ts";
import type { FederatedSchema, Job, Route, Subgraph } from "./shared/kernel/subgraph.ts";
import type { WebRoute } from "./shared/kernel/web-routes.ts";

export interface StartedSubgraph {
  name: string;
  schema: FederatedSchema;
  executor: SubgraphExecutor;
  jobs: readonly Job[];
  routes: readonly Route[];
  webRoutes: readonly WebRoute[];
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
  const refusals = new Refusals({ prisma: platform.database.prisma, clock: platform.clock, log });
  lifecycle.onClose("refusals", () => refusals.settled());
  const executor = new SubgraphExecutor({
    schema: schema.schema,
    running,
    tokens,
    log,
    name,
    onRefused: (by, refusal) => refusals.note(by, refusal),
  });
  const { jobs = [], routes = [], webRoutes = [] } = running;
  const noting = (route: WebRoute): WebRoute => ({
    ...route,
    handle: (request, caller) => refusals.noting(caller, route.path, () => route.handle(request, caller)),
  });
  return { name, schema, executor, jobs, routes, webRoutes: webRoutes.map(noting) };
}

/**
 * Run the subgraphs' jobs. In the background: the first answer does not wait for the job engine.
 * @returns how the engine is
 */
export function startJobs(platform: Platform, jobs: readonly Job[], lifecycle: Lifecycle): Probe {
  if (jobs.length === 0) return async () => "ok";
  const { log, database, registry } = platform;
  const engine = new JobEngine({ executeSql: (text, values) => database.executeSql(text, values), log, registry });
  lifecycle.onClose("jobs", () => engine.close());
  engine.start(jobs).catch((error: unknown) => log.error({ err: error }, "the job engine did not start"));
  return async () => engine.state;
}
