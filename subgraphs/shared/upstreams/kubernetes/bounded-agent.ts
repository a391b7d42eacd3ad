import type { Cluster, User } from "@kubernetes/client-node";
import { Agent, type buildConnector, type Dispatcher } from "undici";
import { CodedError } from "../../kernel/errors.ts";
import { MAX_BODY_BYTES, tooLarge } from "../answer.ts";
import type { Calls } from "../call-meter.ts";
import { CONNECT_MS } from "../connections.ts";
import { observing } from "../observed.ts";
import { refuseRedirects } from "../redirects.ts";
import type { TargetGuard } from "../target-guard.ts";

const CONNECTIONS = 16;

export interface Connections {
  agent: Agent;
  dispatcher: Dispatcher;
  /** One connection under the same rules, for what HTTP is only the beginning of: so without HTTP/2. */
  connect: buildConnector.connector;
}

/**
 * The connections to one API server, with the bounds that the official client lacks: only to where the guard permits, no redirects
 * (it would follow one to any host), and no more than MAX_BODY_BYTES of an answer, which must not be compressed.
 */
export function boundedAgent(cluster: Cluster, user: User, guard: TargetGuard, calls?: Calls): Connections {
  const options = {
    timeout: CONNECT_MS,
    ...pem("ca", cluster.caData),
    ...pem("cert", user.certData),
    ...pem("key", user.keyData),
    ...(cluster.tlsServerName ? { servername: cluster.tlsServerName } : {}),
  };
  const agent = new Agent({ connections: CONNECTIONS, keepAliveTimeout: 30_000, connect: guard.connector(options) });
  return {
    agent,
    dispatcher: agent.compose(bounded, refuseRedirects, ...(calls ? [observing(calls)] : [])),
    connect: guard.connector({ ...options, allowH2: false }),
  };
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
