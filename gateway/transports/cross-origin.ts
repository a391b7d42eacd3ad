import type { FastifyReply, FastifyRequest } from "fastify";

const ALLOWED_HEADERS = "authorization, content-type, x-request-id, apollo-require-preflight, accept";

/**
 * Tell a browser that a page of another origin may read the answer. Only origins that the guard let pass come here, and
 * credentials are a header the page must hold itself, never a cookie.
 * @returns true when this was the browser's question beforehand, which is now answered.
 */
export function allowCrossOrigin(request: FastifyRequest, reply: FastifyReply): boolean {
  const { origin } = request.headers;
  reply.header("vary", "origin");
  if (origin) {
    reply.header("access-control-allow-origin", origin);
    reply.header("access-control-expose-headers", "x-request-id, retry-after");
  }
  if (request.method !== "OPTIONS") return false;
  reply.header("access-control-allow-methods", "GET, POST");
  reply.header("access-control-allow-headers", ALLOWED_HEADERS);
  reply.header("access-control-max-age", "600");
  void reply.code(204).send();
  return true;
}
