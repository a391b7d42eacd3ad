import type { ExecutionResult } from "graphql";
import type { InternalTokens } from "../../subgraphs/shared/kernel/auth-context.ts";
import { CodedError } from "../../subgraphs/shared/kernel/errors.ts";
import type { SubgraphExecutor } from "../../subgraphs/shared/kernel/executor.ts";
import type { GatewayContext } from "../context.ts";
import type { ProcessOptions, ProcessResult, SubgraphDataSource, SubscribeRequest } from "./data-source.ts";
import { hopError, hopOf, untilAborted } from "./hop.ts";

/** A subgraph in this process: no HTTP, and answers are handed over as they are. The identity is signed and verified all the same. */
export function inProcessDataSource(options: {
  executor: Pick<SubgraphExecutor, "execute" | "subscribe" | "end">;
  tokens: InternalTokens;
}): SubgraphDataSource {
  const { executor, tokens } = options;
  return {
    async process(hop: ProcessOptions): Promise<ProcessResult> {
      const context = hop.context as GatewayContext;
      const { query = "", operationName, variables } = hop.request;
      const request = await hopOf(tokens, { query, operationName, variables: plain(variables) }, context);
      try {
        return (await untilAborted(context.signal, () => executor.execute(request))) as ProcessResult;
      } catch (error) {
        if (error instanceof CodedError) throw hopError(hop, error.code, error.message);
        throw error;
      }
    },
    async subscribe({ query, operationName, variables, context }: SubscribeRequest) {
      const result = await executor.subscribe(await hopOf(tokens, { query, operationName, variables }, context));
      return result satisfies AsyncIterableIterator<ExecutionResult> | ExecutionResult;
    },
    end: ({ operationId: id, identity }) => executor.end({ id, identity }),
    async close() {},
  };
}

/**
 * Variables as JSON would carry them: an entity's key or required field can be a Date in another subgraph's answer, and a
 * subgraph must see the same in one process as over HTTP.
 */
const plain = (variables: Record<string, unknown> | undefined): Record<string, unknown> =>
  variables ? (JSON.parse(JSON.stringify(variables)) as Record<string, unknown>) : {};
