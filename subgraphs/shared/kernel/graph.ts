import { z } from "zod";
import type { Identity } from "./auth-context.ts";
import { CodedError, ERROR_CODES, type ErrorCode } from "./errors.ts";

/** An operation that a part of ours asks the whole graph, as somebody: with their rights, limits and outcomes. */
export interface GraphQuestion {
  /** A query or a mutation. */
  document: string;
  variables?: Readonly<Record<string, unknown>>;
  identity: Identity;
  /** Its abortion reaches every upstream. */
  signal: AbortSignal;
  /** Of whoever's request this is part of, for logs. */
  requestId?: string;
}

const Problem = z.object({
  message: z.string(),
  path: z.array(z.union([z.string(), z.number()])).optional(),
  extensions: z.looseObject({ code: z.string() }).optional(),
});
/** As any client gets it. Data may be there beside errors: what could not be told is null. */
export const GraphAnswer = z.object({
  data: z.record(z.string(), z.unknown()).nullable().default(null),
  errors: z.array(Problem).default([]),
});
export type GraphAnswer = z.infer<typeof GraphAnswer>;

/** The graph as its clients see it, through the gateway: how parts of ours ask each other's. */
export interface Graph {
  /** @throws SUBGRAPH_UNAVAILABLE where the gateway cannot be reached, CANCELLED; what a field failed with is in `errors` */
  ask(question: GraphQuestion): Promise<GraphAnswer>;
}

/** What runs an operation in this process, and answers as over HTTP. */
export interface Executor {
  execute(
    document: string,
    variables: Readonly<Record<string, unknown>>,
    identity: Identity,
    options: { signal: AbortSignal; requestId?: string | undefined },
  ): Promise<unknown>;
}

/** The gateway of this very process: there before it is, since the gateway starts last. */
export class LocalGraph implements Graph {
  #gateway: Executor | undefined;

  /** From now on questions are answered. */
  use(gateway: Executor): void {
    this.#gateway = gateway;
  }

  async ask({ document, variables = {}, identity, signal, requestId }: GraphQuestion): Promise<GraphAnswer> {
    if (!this.#gateway) throw new CodedError("SUBGRAPH_UNAVAILABLE", "The gateway has not started yet; ask again.");
    const answer = await this.#gateway.execute(document, variables, identity, { signal, requestId });
    if (signal.aborted) throw new CodedError("CANCELLED", "The question was cancelled.");
    return GraphAnswer.parse(answer);
  }
}

/** The first error as one to throw, for who asked about one thing. */
export function firstProblem({ errors }: GraphAnswer): CodedError | null {
  const [problem] = errors;
  if (!problem) return null;
  const code = problem.extensions?.code ?? "";
  return new CodedError(isErrorCode(code) ? code : "INTERNAL_SERVER_ERROR", problem.message);
}

const isErrorCode = (code: string): code is ErrorCode => code in ERROR_CODES;
