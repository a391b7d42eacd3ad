import type { Cluster, User } from "@kubernetes/client-node";
import { Agent, type Dispatcher } from "undici";
import { CodedError } from "../../kernel/errors.ts";
import { CONNECT_MS, MAX_BODY_BYTES, tooLarge } from "../http.ts";
import { refuseRedirects } from "../redirects.ts";
import type { TargetGuard } from "../target-guard.ts";

const CONNECTIONS = 16;

/**
 * The connections to one API server, with the bounds that the official client lacks: only to where the guard permits, no redirects
 * (it would follow one to any host), and no more than MAX_BODY_BYTES of an answer, which must not be compressed.
 */
export function boundedAgent(
  cluster: Cluster,
  user: User,
  guard: TargetGuard,
): { agent: Agent; dispatcher: Dispatcher } {
  const agent = new Agent({
    connections: CONNECTIONS,
    keepAliveTimeout: 30_000,
    connect: guard.connector({
      timeout: CONNECT_MS,
      ...pem("ca", cluster.caData),
      ...pem("cert", user.certData),
      ...pem("key", user.keyData),
      ...(cluster.tlsServerName ? { servername: cluster.tlsServerName } : {}),
    }),
  });
  return { agent, dispatcher: agent.compose(bounded, refuseRedirects) };
}

const pem = (name: "ca" | "cert" | "key", data: string | undefined): { [name: string]: Buffer } =>
  data ? { [name]: Buffer.from(data, "base64") } : {};

const bounded: Dispatcher.DispatcherComposeInterceptor = (dispatch) => (options, handler) => {
  let bytes = 0;
  return dispatch(options, {
    onRequestStart: (controller, context) => handler.onRequestStart?.(controller, context),
    onRequestUpgrade: (...upgrade) => handler.onRequestUpgrade?.(...upgrade),
    onResponseStart: (controller, status, headers, message) => {
      const refusal = refused(headers["content-encoding"]);
      if (refusal) controller.abort(refusal);
      else handler.onResponseStart?.(controller, status, headers, message);
    },
    onResponseData: (controller, chunk) => {
      bytes += chunk.length;
      if (bytes > MAX_BODY_BYTES) controller.abort(tooLarge());
      else handler.onResponseData?.(controller, chunk);
    },
    onResponseEnd: (controller, trailers) => handler.onResponseEnd?.(controller, trailers),
    onResponseError: (controller, error) => handler.onResponseError?.(controller, error),
  });
};

function refused(encoding: string | string[] | undefined): CodedError | null {
  if (encoding && encoding !== "identity") {
    return new CodedError("UPSTREAM_INVALID_ANSWER", "The API server answered in an encoding that was not asked for.");
  }
  return null;
}
