import type { Logger } from "../subgraphs/shared/kernel/log.ts";
import { type SpanAttributes, tracer } from "../subgraphs/shared/kernel/tracing.ts";
import type { EndedOperation } from "./apollo.ts";
import type { GatewayMetrics } from "./metrics.ts";
import { OperationNames } from "./operation-names.ts";

const LONGEST_NAME = 64;

/** Where each query and mutation that ended is told of: in the metrics, its trace and the log. */
export function endedOperations(metrics: GatewayMetrics, log: Logger): (operation: EndedOperation) => void {
  const names = new OperationNames();
  return ({ type, outcome, seconds, ...operation }) => {
    metrics.operations.observe({ type, outcome }, seconds);
    const named = { operation: names.labelOf(operation.name, outcome === "ok"), type };
    metrics.operationsByName.inc({ ...named, outcome });
    metrics.operationSeconds.inc(named, seconds);
    tracer()
      ?.current()
      ?.set(attributesOf({ type, outcome, ...operation }));
    log.info({ type, outcome, ms: Math.round(seconds * 1000), ...operation }, "operation");
  };
}

/** What a trace tells of it: neither its text nor its variables, which may hold secrets, nor who asked. */
const attributesOf = (operation: Omit<EndedOperation, "seconds">): SpanAttributes => ({
  "graphql.operation.type": operation.type,
  ...(operation.name === null ? {} : { "graphql.operation.name": operation.name.slice(0, LONGEST_NAME) }),
  "aiops.request.id": operation.requestId,
  "aiops.outcome": operation.outcome,
  ...(operation.codes.length > 0 ? { "aiops.error.codes": operation.codes.join(",") } : {}),
});
