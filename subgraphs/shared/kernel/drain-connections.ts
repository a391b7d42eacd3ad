import type { FastifyInstance } from "fastify";

/**
 * While the server closes, each answer also ends its connection: one that is kept alive would hold the close until the grace
 * is over.
 */
export function drainConnections(app: FastifyInstance): void {
  let closing = false;
  app.addHook("preClose", async () => {
    closing = true;
  });
  app.addHook("onSend", async (_request, reply) => {
    if (closing) reply.header("connection", "close");
  });
}
