import type { FastifyInstance } from "fastify";

export type Readiness = () => Promise<Record<string, string>>;

const PATIENCE_MS = 5000;

/**
 * /healthz: the process answers. /readyz: each component's state, and 503 when one is down or the server is stopping.
 * /metrics: Prometheus text. None needs credentials, so none holds a secret.
 */
export function healthRoutes(
  app: FastifyInstance,
  options: {
    draining: () => boolean;
    readiness: Readiness;
    metrics: () => Promise<{ contentType: string; body: string }>;
  },
): void {
  app.get("/healthz", async () => ({ status: "ok" }));
  app.get("/readyz", async (_request, reply) => {
    const components = await stateOf(options.readiness);
    const down = Object.values(components).some((state) => state !== "ok");
    const status = options.draining() ? "draining" : down ? "unavailable" : "ok";
    return reply.code(status === "ok" ? 200 : 503).send({ status, components });
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
