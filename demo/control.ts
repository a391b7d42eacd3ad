import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { z } from "zod";
import type { DemoFleet } from "./fleet.ts";
import { FAULTS } from "./server/faults.ts";

const MAX_BODY = 10_000;
const FAULT_PATH = /^\/clusters\/([^/]+)\/(kubernetes|prometheus)\/fault$/;
const faultBody = z
  .object({ fault: z.enum(FAULTS).nullable(), delayMs: z.number().int().min(0).max(600_000).optional() })
  .nullable();

interface Reply {
  readonly status: number;
  readonly body: unknown;
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8") as AsyncIterable<string>) {
    text += chunk;
    if (text.length > MAX_BODY) throw new Error("the body is too long");
  }
  return JSON.parse(text);
}

function overview(fleet: DemoFleet): unknown {
  const clusters = fleet.clusters.map(({ name, displayName, clusterType, platform, apiServerUrl, prometheusUrl }) => ({
    name,
    displayName,
    clusterType,
    platform,
    apiServerUrl,
    prometheusUrl,
    faults: { kubernetes: fleet.fault(name, "kubernetes"), prometheus: fleet.fault(name, "prometheus") },
  }));
  const how = `POST /clusters/<name>/<kubernetes|prometheus>/fault {"fault": ${FAULTS.map((fault) => `"${fault}"`).join(" | ")} | null}`;
  return { how, clear: "DELETE the same address", inFlight: fleet.inFlight(), aborted: fleet.aborted(), clusters };
}

async function fault(fleet: DemoFleet, request: IncomingMessage, path: string): Promise<Reply> {
  const [, encoded = "", upstream] = FAULT_PATH.exec(path) ?? [];
  const name = decodeURIComponent(encoded);
  if (upstream !== "kubernetes" && upstream !== "prometheus") return { status: 404, body: { error: "not found" } };
  if (!fleet.clusters.some((cluster) => cluster.name === name)) {
    return { status: 404, body: { error: `there is no cluster "${name}"` } };
  }
  if (request.method === "DELETE") {
    await fleet.setFault(name, upstream, null);
    return { status: 200, body: { cluster: name, upstream, fault: null } };
  }
  // Not a content type that a form of a foreign web page could send.
  if (request.headers["content-type"]?.startsWith("application/json") !== true) {
    return { status: 415, body: { error: "send application/json" } };
  }
  const parsed = faultBody.safeParse(await readJson(request).catch(() => undefined));
  if (!parsed.success)
    return { status: 400, body: { error: `send {"fault": ...} with one of ${FAULTS.join(", ")} or null` } };
  const { fault: wanted = null, delayMs } = parsed.data ?? {};
  await fleet.setFault(name, upstream, wanted, delayMs === undefined ? {} : { delayMs });
  return { status: 200, body: { cluster: name, upstream, fault: wanted } };
}

async function reply(fleet: DemoFleet, request: IncomingMessage): Promise<Reply> {
  const path = new URL(request.url ?? "/", "http://localhost").pathname;
  if (request.method === "GET" && path === "/") return { status: 200, body: overview(fleet) };
  if (request.method === "GET" && path === "/requests") {
    // Headers carry tokens, which this page must not show.
    const shown = fleet.requests().map(({ cluster, upstream, method, path: of, params, at }) => ({
      cluster,
      upstream,
      method,
      path: of,
      params,
      at,
    }));
    return { status: 200, body: shown };
  }
  if (request.method === "POST" || request.method === "DELETE") return fault(fleet, request, path);
  return { status: 404, body: { error: "not found" } };
}

/** A small HTTP server through which people break and mend the demo's servers. Rejects when the port is taken. */
export async function startControl(
  fleet: DemoFleet,
  { host, port }: { host: string; port: number },
): Promise<{ url: string; close(): Promise<void> }> {
  const answer = (response: ServerResponse, { status, body }: Reply) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(`${JSON.stringify(body, null, 2)}\n`);
  };
  const server = createServer((request, response) => {
    reply(fleet, request).then(
      (result) => answer(response, result),
      (error: unknown) => answer(response, { status: 500, body: { error: String(error) } }),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const address = server.address();
  const actual = typeof address === "object" && address !== null ? address.port : port;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${actual}`,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}
