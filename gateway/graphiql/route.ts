import type { FastifyInstance } from "fastify";
import { chooseEncoding, graphiqlPage } from "./page.ts";

/** The page brings all it needs; its editor evaluates code and starts workers from blobs. It may talk to this server only. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
  "worker-src blob:",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self' ws: wss:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** GraphiQL at the root. It holds no data, so it needs no credentials; its requests do. */
export function graphiqlRoute(app: FastifyInstance): void {
  app.get("/", async (request, reply) => {
    const encoding = chooseEncoding(request.headers["accept-encoding"]);
    const { body, etag } = await graphiqlPage(encoding);
    reply.headers({
      etag,
      vary: "accept-encoding",
      "cache-control": "no-cache",
      "content-security-policy": CONTENT_SECURITY_POLICY,
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
    });
    if (request.headers["if-none-match"] === etag) return reply.code(304).send();
    if (encoding !== "identity") reply.header("content-encoding", encoding);
    return reply.type("text/html; charset=utf-8").send(body);
  });
}
