import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Identity } from "./auth-context.ts";
import { CodedError } from "./errors.ts";
import type { Logger } from "./log.ts";
import { requireAllNamespaces } from "./permissions.ts";

export interface WebCaller {
  identity: Identity;
  requestId: string;
}

/** What a subgraph serves beside the graph to those who may ask the graph: a download, a protocol of its own. */
export interface WebRoute {
  methods: readonly ("GET" | "POST" | "DELETE")[];
  /** A parameter as ":name". The gateway's list of forwarded paths has to name it, too. */
  path: string;
  maxBodyBytes: number;
  /** It tells who sees only some namespaces nothing of others; without, they are refused. */
  byNamespace?: true;
  /** The request's signal ends when the client leaves. A body of the answer that is a stream is sent as it comes. */
  handle: (request: Request, caller: WebCaller) => Promise<Response>;
}

/**
 * Serve them.
 * @param signIn who asks. @throws UNAUTHENTICATED, FORBIDDEN; answered by the server's own error handler
 */
export function serveWebRoutes(
  app: FastifyInstance,
  routes: readonly WebRoute[],
  { signIn, log }: { signIn: (request: FastifyRequest) => Promise<Identity>; log: Logger },
): void {
  if (routes.length === 0) return;
  app.register(async (scope) => {
    const callers = new WeakMap<FastifyRequest, Identity>();
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
    // Before the body is read: who may not ask sends it in vain.
    scope.addHook("onRequest", async (request) => {
      callers.set(request, await signIn(request));
    });
    for (const { methods, path, maxBodyBytes, byNamespace, handle } of routes) {
      scope.route({
        method: [...methods],
        url: path,
        bodyLimit: maxBodyBytes,
        handler: async (request, reply) => {
          const identity = callers.get(request);
          if (!identity) throw new CodedError("UNAUTHENTICATED", "A valid token is required.");
          if (!byNamespace) requireAllNamespaces(identity, path);
          const answer = await handle(webRequest(request, reply), { identity, requestId: request.id });
          reply.raw.once("error", (error) => log.debug({ err: error, route: path }, "a client left"));
          return reply.send(answer);
        },
      });
    }
  });
}

function webRequest(request: FastifyRequest, reply: FastifyReply): Request {
  const { method, url, headers, body } = request;
  const given = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, Array.isArray(value) ? value.join(", ") : value]],
  );
  return new Request(new URL(url, "http://localhost"), {
    method,
    headers: given,
    body: Buffer.isBuffer(body) && body.length > 0 ? new Uint8Array(body) : null,
    signal: untilClosed(reply),
  });
}

/** Ends when the client leaves before its answer is done. */
export function untilClosed({ raw }: FastifyReply): AbortSignal {
  const controller = new AbortController();
  const left = (): void => {
    if (!raw.writableFinished) controller.abort(new CodedError("CANCELLED", "The request was cancelled."));
  };
  raw.once("close", left);
  if (raw.destroyed) left();
  return controller.signal;
}
