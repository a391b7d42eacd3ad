import { Agent, request as send } from "undici";
import type { InternalTokens } from "../../subgraphs/shared/kernel/auth-context.ts";
import type { SubgraphRequest } from "../../subgraphs/shared/kernel/executor.ts";
import type { Logger } from "../../subgraphs/shared/kernel/log.ts";
import { hopHeaders } from "../../subgraphs/shared/kernel/subgraph-request.ts";
import type { GatewayContext } from "../context.ts";
import type { ProcessOptions, ProcessResult, SubgraphDataSource } from "./data-source.ts";
import { abortReason, hopError, hopOf } from "./hop.ts";
import { RemoteStreams } from "./remote-streams.ts";

const CONNECTIONS = 64;
const CONNECT_MS = 2000;
/** A metric query over a fleet may take 300 s; the subgraph has its own, shorter patience with each cluster. */
const ANSWER_MS = 330_000;
const IDLE_MS = 30_000;
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

export interface RemoteOptions {
  name: string;
  url: string;
  tokens: InternalTokens;
  log: Logger;
  maxAnswerBytes?: number;
  /** How often a stream's connection is asked whether it is alive, in milliseconds. */
  keepAliveMs?: number;
}

/** A subgraph over HTTP: one pool of connections for hops, and one socket for all streams. */
export function remoteDataSource(options: RemoteOptions): SubgraphDataSource {
  const { name, url, tokens, log, maxAnswerBytes = MAX_ANSWER_BYTES } = options;
  const agent = new Agent({
    connections: CONNECTIONS,
    pipelining: 1,
    keepAliveTimeout: IDLE_MS,
    connect: { timeout: CONNECT_MS },
    headersTimeout: ANSWER_MS,
    bodyTimeout: ANSWER_MS,
    maxResponseSize: maxAnswerBytes,
  });
  const streams = new RemoteStreams(options);
  return {
    async process(hop: ProcessOptions): Promise<ProcessResult> {
      const context = hop.context as GatewayContext;
      const { query = "", operationName, variables } = hop.request;
      const request = await hopOf(tokens, { query, operationName, variables }, context);
      try {
        return await ask(agent, url, request);
      } catch (error) {
        throw failure(hop, error, context, { name, log });
      }
    },
    async subscribe({ query, operationName, variables, context }) {
      return streams.open(await hopOf(tokens, { query, operationName, variables }, context));
    },
    async close() {
      await Promise.all([streams.close(), agent.close()]);
    },
  };
}

async function ask(agent: Agent, url: string, hop: SubgraphRequest): Promise<ProcessResult> {
  const { query, operationName, variables, signal } = hop;
  const { statusCode, body } = await send(url, {
    dispatcher: agent,
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json", ...hopHeaders(hop) },
    body: JSON.stringify({ query, operationName, variables }),
    signal,
  });
  if (statusCode !== 200) {
    await body.dump();
    throw new Error(`The subgraph answered with HTTP ${statusCode}.`);
  }
  const answer: unknown = await body.json();
  if (!isAnswer(answer)) throw new Error("The subgraph answered with no GraphQL result.");
  return answer;
}

/** Only the envelope: a check of every error or entity would cost on each hop, and the subgraph is ours. */
const isAnswer = (answer: unknown): answer is ProcessResult =>
  typeof answer === "object" && answer !== null && ("data" in answer || "errors" in answer);

/** What the client is told: nothing of where the subgraph is. */
function failure(
  hop: ProcessOptions,
  cause: unknown,
  { requestId, signal }: GatewayContext,
  { name, log }: { name: string; log: Logger },
) {
  if (signal.aborted) {
    const { code, message } = abortReason(signal);
    return hopError(hop, code, message);
  }
  log.warn({ err: cause, subgraph: name, requestId }, "a subgraph cannot be reached");
  if ((cause as { code?: unknown }).code === "UND_ERR_RES_EXCEEDED_MAX_SIZE") {
    return hopError(hop, "UPSTREAM_ANSWER_TOO_LARGE", `The answer of the ${name} subgraph is larger than the limit.`);
  }
  return hopError(hop, "SUBGRAPH_UNAVAILABLE", `The ${name} subgraph cannot be reached.`);
}
