import { Agent, request as send } from "undici";
import type { InternalTokens } from "./auth-context.ts";
import { CodedError } from "./errors.ts";
import { type Graph, GraphAnswer, type GraphQuestion } from "./graph.ts";
import type { Logger } from "./log.ts";
import { traceparent } from "./tracing.ts";

const CONNECTIONS = 32;
/** A metric query over a fleet may take 300 s. */
const ANSWER_MS = 330_000;
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

export interface RemoteGraph extends Graph {
  close(): Promise<void>;
}

/** The gateway over HTTP, asked with a signed identity as it asks the subgraphs. */
export function remoteGraph({ url, tokens, log }: { url: string; tokens: InternalTokens; log: Logger }): RemoteGraph {
  const dispatcher = new Agent({
    connections: CONNECTIONS,
    pipelining: 1,
    headersTimeout: ANSWER_MS,
    bodyTimeout: ANSWER_MS,
    maxResponseSize: MAX_ANSWER_BYTES,
  });
  const post = async ({ document, variables = {}, identity, signal, requestId }: GraphQuestion): Promise<unknown> => {
    const parent = traceparent();
    const { statusCode, body } = await send(url, {
      dispatcher,
      method: "POST",
      headers: {
        "content-type": "application/json",
        authorization: `Internal ${await tokens.sign(identity, "aiops-gateway")}`,
        ...(parent === undefined ? {} : { traceparent: parent }),
        ...(requestId === undefined ? {} : { "x-request-id": requestId }),
      },
      body: JSON.stringify({ query: document, variables }),
      signal,
    });
    const answer: unknown = await body.json();
    if (statusCode >= 500) throw new Error(`The gateway answered with HTTP ${statusCode}.`);
    return answer;
  };
  return {
    async ask(question) {
      try {
        return GraphAnswer.parse(await post(question));
      } catch (cause) {
        if (question.signal.aborted) throw new CodedError("CANCELLED", "The question was cancelled.");
        log.warn({ err: cause }, "the gateway could not be asked");
        throw new CodedError("SUBGRAPH_UNAVAILABLE", "The gateway cannot be reached from here.", undefined, { cause });
      }
    },
    close: () => dispatcher.close(),
  };
}
