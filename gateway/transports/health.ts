import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Registry } from "prom-client";
import type { Identity } from "../../subgraphs/shared/kernel/auth-context.ts";
import { CodedError } from "../../subgraphs/shared/kernel/errors.ts";
import { watchEventLoop } from "../../subgraphs/shared/kernel/event-loop.ts";
import { healthReport, type Probes } from "../../subgraphs/shared/kernel/health-report.ts";

export type Readiness = () => Promise<Record<string, string>>;

const PATIENCE_MS = 5000;

/**
 * /healthz: the process answers. /readyz: each component's state, and 503 when one is down or the server is stopping.
 * /metrics: Prometheus text. None of these needs credentials, so none holds a secret.
 * /healthz/detailed: all of it with latencies and load, for administrators; 503 as soon as one component is not "ok", so it is
 * for people and monitoring, and no readiness probe.
 */
export function healthRoutes(
  app: FastifyInstance,
  options: {
    draining: () => boolean;
    readiness: Readiness;
    metrics: () => Promise<{ contentType: string; body: string }>;
    detailed: {
      registry: Registry;
      probes: () => Probes;
      /** @throws what the gateway answers to who may not ask. */
      signIn: (request: FastifyRequest) => Promise<Identity>;
    };
  },
): void {
  watchEventLoop();
  app.get("/healthz", async () => ({ status: "ok" }));
  app.get("/readyz", async (_request, reply) => {
    const components = await stateOf(options.readiness);
    const down = Object.values(components).some((state) => state !== "ok");
    const status = options.draining() ? "draining" : down ? "unavailable" : "ok";
    return reply.code(status === "ok" ? 200 : 503).send({ status, components });
  });
  app.get("/healthz/detailed", async (request, reply) => {
    const { registry, probes, signIn } = options.detailed;
    const { roles } = await signIn(request);
    if (!roles.includes("admin")) throw new CodedError("FORBIDDEN", 'This needs the role "admin".');
    const report = await healthReport({ probes: probes(), registry, draining: options.draining() });
    return reply
      .code(report.status === "ok" ? 200 : 503)
      .header("cache-control", "no-store")
      .send(report);
  });
  app.get("/metrics", async (_request, reply) => {
    const { contentType, body } = await options.metrics();
    return reply.header("content-type", contentType).send(body);
  });
}

async function stateOf(readiness: Readiness): Promise<Record<string, string>> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Record<string, string>>((resolve) => {
    timer = setTimeout(() => resolve({ readiness: "no answer in time" }), PATIENCE_MS);
  });
  try {
    return await Promise.race([readiness(), late]);
  } catch {
    return { readiness: "failed" };
  } finally {
    clearTimeout(timer);
  }
}
