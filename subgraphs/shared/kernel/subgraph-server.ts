import type { AddressInfo } from "node:net";
import { type FastifyRequest, fastify } from "fastify";
import { Registry } from "prom-client";
import { type InternalTokens, MOST_HEADER_BYTES } from "./auth-context.ts";
import { drainConnections } from "./drain-connections.ts";
import { CodedError } from "./errors.ts";
import { watchEventLoop } from "./event-loop.ts";
import type { SubgraphExecutor } from "./executor.ts";
import { healthReport, type Probes } from "./health-report.ts";
import type { Logger } from "./log.ts";
import { processMetrics } from "./metrics.ts";
import { serveRoutes } from "./routes.ts";
import { storageFailure } from "./storage-failures.ts";
import type { Route } from "./subgraph.ts";
import { readHop } from "./subgraph-request.ts";
import { subgraphSockets } from "./subgraph-sockets.ts";
import { serveWebRoutes, untilClosed, type WebRoute } from "./web-routes.ts";

export interface SubgraphServerOptions {
  name: string;
  executor: Pick<SubgraphExecutor, "execute" | "subscribe">;
  /** What it serves beside the graph. */
  routes?: readonly Route[];
  /** As `routes`, for callers whom the gateway has signed in: `tokens` tell who they are. */
  web?: { routes: readonly WebRoute[]; tokens: InternalTokens };
  host: string;
  /** 0 for any that is free. */
  port: number;
  log: Logger;
  /** The state of each component the subgraph depends on: "ok", or what is wrong. */
  readiness: () => Promise<Record<string, string>>;
  /** What `/healthz/detailed` asks; nothing unless given. */
  probes?: Probes;
  /** The subgraph's own metrics, shown with the process's. */
  registry?: Registry;
  /** The largest hop, in bytes: a hop for many entities carries all their keys. */
  bodyLimit?: number;
  /** How long hops under way may take to finish when it closes, in milliseconds. */
  graceMs?: number;
}

const PATH = "/graphql";
const BODY_LIMIT = 8 * 1024 * 1024;
const GRACE_MS = 10_000;
/** For a hop to arrive, not to be answered. */
const REQUEST_MS = 60_000;

/** Serve one subgraph to the gateway over HTTP, and its streams by graphql-ws at the same path. */
export async function serveSubgraph(
  options: SubgraphServerOptions,
): Promise<{ url: string; close: () => Promise<void> }> {
  const { executor, log, readiness, registry = new Registry(), bodyLimit = BODY_LIMIT, graceMs = GRACE_MS } = options;
  const app = fastify({
    logger: false,
    bodyLimit,
    requestTimeout: REQUEST_MS,
    http: { maxHeaderSize: MOST_HEADER_BYTES },
  });
  drainConnections(app);
  let closing: Promise<void> | undefined;

  app.post(PATH, async (request, reply) => {
    const hop = readHop(request.headers, request.body, untilClosed(reply));
    if (hop) return await executor.execute(hop);
    return reply.code(400).send({ errors: [NOT_A_HOP] });
  });
  watchEventLoop();
  app.get("/healthz", async () => ({ status: "ok" }));
  app.get("/readyz", async (_request, reply) => {
    const components = await readiness().catch(() => ({ readiness: "failed" }));
    const ok = !closing && Object.values(components).every((state) => state === "ok");
    return reply.code(ok ? 200 : 503).send({ status: ok ? "ok" : closing ? "draining" : "unavailable", components });
  });
  // As /metrics: only the gateway's side of the network reaches this port, and neither names what is a user's.
  app.get("/healthz/detailed", async (_request, reply) => {
    const report = await healthReport({ probes: options.probes ?? {}, registry, draining: closing !== undefined });
    return reply.code(report.status === "ok" ? 200 : 503).send(report);
  });
  app.get("/metrics", async (_request, reply) => {
    const metrics = Registry.merge([processMetrics(), registry]);
    return reply.header("content-type", metrics.contentType).send(await metrics.metrics());
  });
  serveRoutes(app, options.routes ?? [], log);
  const { web } = options;
  if (web) {
    const signIn = ({ headers }: FastifyRequest) => web.tokens.verify(headers.authorization?.replace(/^Bearer +/, ""));
    serveWebRoutes(app, web.routes, { signIn, log });
  }
  app.setErrorHandler((error, _request, reply) => {
    const told = error instanceof CodedError ? error : storageFailure(error);
    if (told) return reply.code(refusedWith(told)).send({ errors: [coded(told)] });
    const { statusCode = 500 } = error as { statusCode?: number };
    if (statusCode >= 500) log.error({ err: error, subgraph: options.name }, "a hop failed");
    return reply.code(statusCode).send({ errors: [NOT_A_HOP] });
  });

  const sockets = subgraphSockets({ server: app.server, path: PATH, executor, maxPayload: bodyLimit, log });
  await app.listen({ host: options.host, port: options.port });
  const { port } = app.server.address() as AddressInfo;

  const close = async (): Promise<void> => {
    const cutOff = setTimeout(() => app.server.closeAllConnections(), graceMs);
    try {
      await Promise.all([sockets.close(graceMs), app.close()]);
    } finally {
      clearTimeout(cutOff);
    }
  };
  return {
    url: `http://${options.host.includes(":") ? `[${options.host}]` : options.host}:${port}${PATH}`,
    close() {
      closing ??= close();
      return closing;
    },
  };
}

const REFUSED: Readonly<Record<string, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  STORAGE_UNAVAILABLE: 503,
};
const refusedWith = ({ code }: CodedError): number => REFUSED[code] ?? 400;
const coded = ({ message, extensions }: CodedError) => ({ message, extensions });

const NOT_A_HOP = { message: "Only the gateway asks here.", extensions: { code: "BAD_USER_INPUT" } };
