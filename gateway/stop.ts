import type { FastifyInstance } from "fastify";
import { CodedError } from "../subgraphs/shared/kernel/errors.ts";
import type { Subscriptions } from "./subscriptions/subscriptions.ts";
import type { SocketTransport } from "./transports/websocket.ts";

/**
 * Stop serving in good order: streams end with a coded error that tells clients to connect again, sockets close, requests
 * under way finish. What is not done after `graceMs` is cut off, which cancels it.
 */
export async function stopServing(options: {
  app: FastifyInstance;
  sockets: SocketTransport;
  subscriptions: Subscriptions;
  graceMs: number;
}): Promise<void> {
  const { app, sockets, subscriptions, graceMs } = options;
  const timer = setTimeout(() => {
    sockets.terminate();
    app.server.closeAllConnections();
  }, graceMs);
  try {
    subscriptions.close(new CodedError("SHUTTING_DOWN", "The server is stopping; connect again."));
    await Promise.all([sockets.close(graceMs), app.close()]);
  } finally {
    clearTimeout(timer);
  }
}
