import { executeQueryPlan } from "@apollo/gateway";
import type { ExecutionResult } from "graphql";
import type { Logger } from "../../subgraphs/shared/kernel/log.ts";
import type { GatewayContext } from "../context.ts";
import type { ProcessResult, SubgraphDataSource } from "../data-sources/data-source.ts";
import type { SharedHops } from "../data-sources/shared-hops.ts";
import { surfaceMissingValues } from "../missing-values.ts";
import type { Generation } from "./generation.ts";
import { nameOfEvent, type SubscriptionPlan } from "./plan.ts";

type RequestContext = Parameters<typeof executeQueryPlan>[2];

/** One event's full result: its plan run by Apollo's executor, so that joins, rewrites and partial errors are as in a query. */
export async function executeEvent(options: {
  generation: Generation;
  plan: SubscriptionPlan;
  event: ExecutionResult;
  variables: Record<string, unknown>;
  context: GatewayContext;
  hops: SharedHops;
  log: Logger;
}): Promise<ExecutionResult> {
  const { generation, plan, event, variables, context, hops, log } = options;
  const owner = plan.primary.serviceName;
  const name = nameOfEvent(plan, event);
  const sources = name === null ? generation.sources : shared(generation.sources, hops, name, context);
  const result = await executeQueryPlan(
    plan.perEvent,
    { ...sources, [owner]: answeredOnce(event, sources[owner]) },
    // Only these of the request context are read; `metrics` must be an object once a subgraph returns errors.
    { request: { variables }, context, logger: log, metrics: {} } as unknown as RequestContext,
    plan.operation,
    generation.supergraphSchema,
    generation.api,
  );
  return surfaceMissingValues(result as ExecutionResult);
}

type Source = Pick<SubgraphDataSource, "process">;

const shared = (
  sources: Readonly<Record<string, Source>>,
  hops: SharedHops,
  event: string,
  context: GatewayContext,
): Record<string, Source> =>
  Object.fromEntries(Object.entries(sources).map(([name, source]) => [name, hops.of(name, source, event, context)]));

/**
 * The event answers the subgraph's first fetch, which the sequence makes the primary one; later fetches of the same plan
 * (`@requires` may come back to the subgraph) are real.
 */
function answeredOnce(event: ExecutionResult, source: Source | undefined): Source {
  let answered = false;
  return {
    async process(options) {
      if (answered && source) return source.process(options);
      answered = true;
      return event as ProcessResult;
    },
  };
}
