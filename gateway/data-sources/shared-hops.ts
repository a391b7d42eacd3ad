import { GraphQLError } from "graphql";
import { authorisationKey } from "../../subgraphs/shared/kernel/auth-context.ts";
import { CodedError, type ErrorCode } from "../../subgraphs/shared/kernel/errors.ts";
import { SharedAnswers } from "../../subgraphs/shared/kernel/shared-answers.ts";
import type { GatewayContext } from "../context.ts";
import type { ProcessOptions, ProcessResult, SubgraphDataSource } from "./data-source.ts";
import { hopError, untilAborted } from "./hop.ts";

type Source = Pick<SubgraphDataSource, "process">;

/**
 * Hops of several subscriptions that handle the same event: an equal one that is under way is not asked again. Only for the same event,
 * since what was asked before an event may lack what it tells of; only for equal rights; and never for a mutation, as events have
 * none. It is cancelled once all who wait for it have left.
 */
export class SharedHops {
  readonly #answers = new SharedAnswers<ProcessResult>({
    maxBytes: 0,
    ttlMs: 0,
    bytesOf: () => 0,
    keeps: () => false,
  });

  /** The subgraph, for the hops of one event. @param event names it, also for others who handle it. */
  of(name: string, source: Source, event: string, { identity }: GatewayContext): Source {
    const who = `${event} ${authorisationKey(identity)}`;
    return {
      process: async (hop) => {
        const { query, operationName, variables } = hop.request;
        const context = hop.context as GatewayContext;
        const key = JSON.stringify([name, who, query, operationName, variables]);
        const ask = (signal: AbortSignal): Promise<ProcessResult> =>
          source.process({ ...hop, context: { ...context, signal } });
        try {
          const { answer } = await untilAborted(context.signal, () => this.#answers.get(key, "", context.signal, ask));
          return copied(answer);
        } catch (error) {
          throw error instanceof GraphQLError || error instanceof CodedError ? atOwnPlace(hop, error) : error;
        }
      },
    };
  }
}

/** Whoever asked first has other aliases. */
const atOwnPlace = (hop: ProcessOptions, { message, extensions }: GraphQLError | CodedError): GraphQLError =>
  hopError(hop, extensions["code"] as ErrorCode, message);

/** The executor merges further answers into what it is given: each of those who share one gets its own. */
function copied<T>(value: T): T {
  if (Array.isArray(value)) return value.map(copied) as T;
  if (typeof value !== "object" || value === null) return value;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, copied(inner)])) as T;
}
