import type { ExecutionResult } from "graphql";
import type { GatewayContext } from "../context.ts";
import type { Generation } from "./generation.ts";
import type { SubscriptionPlan } from "./plan.ts";

/** The primary fetch, open as a stream. */
export interface Upstream {
  next(): Promise<IteratorResult<ExecutionResult>>;
  close(): void;
}

/** Open the plan's primary fetch on its owner. A refusal is a stream of one result: it is told as an event's errors would be. */
export async function openUpstream(
  generation: Generation,
  { primary }: SubscriptionPlan,
  variables: Record<string, unknown>,
  context: GatewayContext,
): Promise<Upstream> {
  const source = generation.sources[primary.serviceName];
  if (!source) throw new Error(`No data source for the subgraph ${primary.serviceName}.`);
  const used = (primary.variableUsages ?? []).filter((name) => variables[name] !== undefined);
  const opened = await source.subscribe({
    query: primary.operation,
    operationName: primary.operationName,
    variables: Object.fromEntries(used.map((name) => [name, variables[name]])),
    context,
  });
  return Symbol.asyncIterator in opened ? following(opened) : once(opened);
}

const following = (results: AsyncIterableIterator<ExecutionResult>): Upstream => ({
  next: () => results.next(),
  close() {
    // The stream is being left: how its end fails concerns nobody.
    void results.return?.().catch(() => {});
  },
});

function once(result: ExecutionResult): Upstream {
  const left = [result];
  return {
    async next() {
      const value = left.pop();
      return value ? { value, done: false } : { value: undefined, done: true };
    },
    close() {},
  };
}
