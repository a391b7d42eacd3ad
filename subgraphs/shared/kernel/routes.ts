import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { CodedError } from "./errors.ts";
import type { Logger } from "./log.ts";
import type { Route, RouteRequest } from "./subgraph.ts";

/** Serve what subgraphs serve beside the graph. A path may hold a secret: nothing here logs one. */
export function serveRoutes(app: FastifyInstance, routes: readonly Route[], log: Logger): void {
  if (routes.length === 0) return;
  app.register(async (scope) => {
    // The body stays unread until the route asks for it: who may not send one is refused first.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", (_request, _payload, done) => done(null));
    for (const { method, path, handler } of routes) {
      scope.route({
        method,
        url: path,
        handler: async (request, reply) => {
          const answer = await handler(routeRequest(request)).catch((error: unknown) => {
            log.error({ err: error, route: path, requestId: request.id }, "a route failed");
            return { status: 500, body: { error: "Something failed here." } };
          });
          return await withoutRest(request, reply).code(answer.status).send(answer.body);
        },
      });
    }
  });
}

const routeRequest = ({ params, id, headers, raw }: FastifyRequest): RouteRequest => ({
  params: params as Record<string, string>,
  requestId: id,
  bytes: headers["content-length"] === undefined ? null : Number(headers["content-length"]),
  body: async (limit) => {
    if (Number(headers["content-length"] ?? 0) > limit) throw tooLarge(limit);
    const chunks: Buffer[] = [];
    let bytes = 0;
    // Not destroyed where reading ends early: its socket has to carry the answer.
    for await (const chunk of raw.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > limit) throw tooLarge(limit);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString("utf8");
  },
});

const tooLarge = (limit: number): CodedError =>
  new CodedError("LIMIT_EXCEEDED", `The body is larger than ${limit / 1024 / 1024} MiB.`);

/** A body that nobody reads is not waited for: the connection ends with the answer. */
const withoutRest = ({ raw }: FastifyRequest, reply: FastifyReply): FastifyReply =>
  raw.readableEnded || raw.destroyed ? reply : reply.header("connection", "close");
