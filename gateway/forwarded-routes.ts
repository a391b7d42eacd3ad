import type { FastifyInstance, FastifyRequest } from "fastify";
import { Agent, request as send } from "undici";
import type { Identity, InternalTokens } from "../subgraphs/shared/kernel/auth-context.ts";
import { CodedError } from "../subgraphs/shared/kernel/errors.ts";
import type { Logger } from "../subgraphs/shared/kernel/log.ts";
import { serveWebRoutes, type WebRoute } from "../subgraphs/shared/kernel/web-routes.ts";

type Forwarded = Pick<WebRoute, "methods" | "path" | "maxBodyBytes"> & { subgraph: string };

/** What subgraphs serve to signed-in callers beside the graph, for a gateway that runs apart from them. */
export const FORWARDED: readonly Forwarded[] = [
  { subgraph: "intelligence", methods: ["GET", "POST", "DELETE"], path: "/mcp", maxBodyBytes: 4 * 1024 * 1024 },
  { subgraph: "intelligence", methods: ["GET"], path: "/reports/:id", maxBodyBytes: 1024 },
  { subgraph: "clusters", methods: ["GET"], path: "/audit.jsonl", maxBodyBytes: 1024 },
];

const ASKED = ["accept", "content-type", "if-none-match", "last-event-id", "mcp-protocol-version", "mcp-session-id"];
const ANSWERED = [
  "allow",
  "cache-control",
  "content-disposition",
  "content-security-policy",
  "content-type",
  "etag",
  "mcp-session-id",
  "x-accel-buffering",
  "x-content-type-options",
];
const CONNECT_MS = 2000;

export interface ForwardOptions {
  signIn: (request: FastifyRequest) => Promise<Identity>;
  tokens: InternalTokens;
  /** Where a subgraph's GraphQL is; undefined for one that is not in the supergraph. */
  urlOf: (subgraph: string) => string | undefined;
  log: Logger;
}

/** Each goes to its subgraph under the caller's identity, and its answer back as it comes. */
export function forwardRoutes(app: FastifyInstance, { signIn, tokens, urlOf, log }: ForwardOptions): void {
  // A stream of events may be silent for as long as it likes.
  const dispatcher = new Agent({ connect: { timeout: CONNECT_MS }, bodyTimeout: 0 });
  app.addHook("onClose", () => dispatcher.destroy());
  const routes = FORWARDED.map(({ subgraph, ...route }): WebRoute => {
    const handle: WebRoute["handle"] = async (request, { identity, requestId }) => {
      const base = urlOf(subgraph);
      if (base === undefined) throw new CodedError("SUBGRAPH_UNAVAILABLE", `"${subgraph}" is not part of this graph.`);
      const { pathname, search } = new URL(request.url);
      const body = new Uint8Array(await request.arrayBuffer());
      const answer = await send(new URL(pathname + search, base), {
        dispatcher,
        method: request.method as "GET" | "POST" | "DELETE",
        headers: {
          ...picked(request.headers, ASKED),
          authorization: `Bearer ${await tokens.sign(identity)}`,
          "x-request-id": requestId,
        },
        body: body.length > 0 ? body : null,
        signal: request.signal,
      }).catch((cause: unknown) => {
        log.warn({ err: cause, subgraph }, "a request could not be forwarded");
        throw new CodedError("SUBGRAPH_UNAVAILABLE", `"${subgraph}" cannot be reached.`, undefined, { cause });
      });
      const headers = new Headers();
      for (const name of ANSWERED) {
        const value = answer.headers[name];
        if (value !== undefined) headers.set(name, String(value));
      }
      const bare = answer.statusCode === 204 || answer.statusCode === 304;
      return new Response(bare ? null : (answer.body as unknown as ReadableStream), {
        status: answer.statusCode,
        headers,
      });
    };
    return { ...route, handle };
  });
  serveWebRoutes(app, routes, { signIn, log });
}

const picked = (headers: Headers, names: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    names.flatMap((name) => {
      const value = headers.get(name);
      return value === null ? [] : [[name, value]];
    }),
  );

/** A subgraph's route that the gateway does not know of would be there in one process only. */
export function requireForwarded(subgraph: string, routes: readonly WebRoute[]): readonly WebRoute[] {
  for (const { path, methods } of routes) {
    const known = FORWARDED.find((route) => route.subgraph === subgraph && route.path === path);
    if (methods.every((method) => known?.methods.includes(method))) continue;
    throw new Error(`gateway/forwarded-routes.ts has to name ${methods.join(", ")} ${path} of "${subgraph}".`);
  }
  return routes;
}
