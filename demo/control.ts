import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { z } from "zod";
import type { DemoCluster, DemoFleet, UpstreamName } from "./fleet.ts";
import { INCIDENT_KINDS, type Incident } from "./incidents.ts";
import { FAULTS } from "./server/faults.ts";

const MAX_BODY = 10_000;
const UPSTREAMS: readonly UpstreamName[] = ["kubernetes", "prometheus", "loki", "tempo", "alertmanager"];
const FAULT_PATH = /^\/clusters\/([^/]+)\/([a-z]+)\/fault$/;
const ALERTING_PATH = /^\/clusters\/([^/]+)\/(webhook|alerts\/[^/]+)$/;
const INCIDENT_PATH = /^\/clusters\/([^/]+)\/incidents\/([^/]+)$/;
const faultBody = z
  .object({ fault: z.enum(FAULTS).nullable(), delayMs: z.number().int().min(0).max(600_000).optional() })
  .nullable();

interface Reply {
  readonly status: number;
  readonly body: unknown;
}

const NOT_JSON: Reply = { status: 415, body: { error: "send application/json" } };

async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8") as AsyncIterable<string>) {
    text += chunk;
    if (text.length > MAX_BODY) throw new Error("the body is too long");
  }
  return JSON.parse(text);
}

const upstreamsOf = ({ tempoUrl }: DemoCluster): UpstreamName[] =>
  UPSTREAMS.filter((upstream) => upstream !== "tempo" || tempoUrl !== null);

const shownIncident = ({ onset, end, ...incident }: Incident) => ({
  ...incident,
  onset: new Date(onset).toISOString(),
  end: end === null ? null : new Date(end).toISOString(),
});

function overview(fleet: DemoFleet): unknown {
  const clusters = fleet.clusters.map((cluster) => ({
    name: cluster.name,
    displayName: cluster.displayName,
    clusterType: cluster.clusterType,
    platform: cluster.platform,
    apiServerUrl: cluster.apiServerUrl,
    prometheusUrl: cluster.prometheusUrl,
    lokiUrl: cluster.lokiUrl,
    tempoUrl: cluster.tempoUrl,
    alertmanagerUrl: cluster.alertmanagerUrl,
    faults: Object.fromEntries(upstreamsOf(cluster).map((upstream) => [upstream, fleet.fault(cluster.name, upstream)])),
    incidents: INCIDENT_KINDS.flatMap((kind) => fleet.incident(cluster.name, kind) ?? []).map(shownIncident),
  }));
  const how = `POST /clusters/<name>/<${UPSTREAMS.join("|")}>/fault {"fault": ${FAULTS.map((fault) => `"${fault}"`).join(" | ")} | null}`;
  const alert = 'POST /clusters/<name>/alerts/<alertname> {"state": "firing" | "pending" | null, "labels": {...}}';
  const webhook = 'POST /clusters/<name>/webhook {"url": "http://..."}';
  const incident = `POST /clusters/<name>/incidents/<${INCIDENT_KINDS.join("|")}> {"at": "2026-01-31T12:00:00Z", "lengthSeconds": 600}, both optional`;
  return {
    how,
    incident,
    alert,
    webhook,
    clear: "DELETE the same address",
    inFlight: fleet.inFlight(),
    aborted: fleet.aborted(),
    clusters,
  };
}

async function fault(fleet: DemoFleet, request: IncomingMessage, path: string): Promise<Reply> {
  const [, encoded, wantedUpstream] = FAULT_PATH.exec(path) ?? [];
  if (encoded === undefined) return { status: 404, body: { error: "not found" } };
  const name = decodeURIComponent(encoded);
  const cluster = fleet.clusters.find((each) => each.name === name);
  if (!cluster) return { status: 404, body: { error: `there is no cluster "${name}"` } };
  const upstream = upstreamsOf(cluster).find((each) => each === wantedUpstream);
  if (!upstream) return { status: 404, body: { error: `"${name}" has no ${wantedUpstream}` } };
  if (request.method === "DELETE") {
    await fleet.setFault(name, upstream, null);
    return { status: 200, body: { cluster: name, upstream, fault: null } };
  }
  // Not a content type that a form of a foreign web page could send.
  if (request.headers["content-type"]?.startsWith("application/json") !== true) {
    return NOT_JSON;
  }
  const parsed = faultBody.safeParse(await readJson(request).catch(() => undefined));
  if (!parsed.success)
    return { status: 400, body: { error: `send {"fault": ...} with one of ${FAULTS.join(", ")} or null` } };
  const { fault: wanted = null, delayMs } = parsed.data ?? {};
  await fleet.setFault(name, upstream, wanted, delayMs === undefined ? {} : { delayMs });
  return { status: 200, body: { cluster: name, upstream, fault: wanted } };
}

const webhookBody = z.object({ url: z.url({ protocol: /^https?$/ }) });
const alertBody = z.object({
  state: z.enum(["firing", "pending"]).nullable(),
  labels: z.record(z.string(), z.string()).optional(),
});

/** Where an Alertmanager posts to, and an alert that is raised or resolved. */
async function alerting(fleet: DemoFleet, request: IncomingMessage, path: string): Promise<Reply> {
  const [, name = "", what = ""] = (ALERTING_PATH.exec(path) ?? []).map(decodeURIComponent);
  if (!fleet.clusters.some((each) => each.name === name)) {
    return { status: 404, body: { error: `there is no cluster "${name}"` } };
  }
  if (request.method === "DELETE" && what === "webhook") {
    fleet.setWebhook(name, null);
    return { status: 200, body: { cluster: name, url: null } };
  }
  if (request.headers["content-type"]?.startsWith("application/json") !== true) return NOT_JSON;
  const given = await readJson(request).catch(() => undefined);
  if (what === "webhook") {
    const { data } = webhookBody.safeParse(given);
    if (data === undefined) return { status: 400, body: { error: 'send {"url": "http://..."}' } };
    fleet.setWebhook(name, data.url);
    return { status: 200, body: { cluster: name, url: data.url } };
  }
  const { data } = alertBody.safeParse(given);
  if (data === undefined) {
    return { status: 400, body: { error: 'send {"state": "firing" | "pending" | null, "labels": {...}}' } };
  }
  const alert = what.slice("alerts/".length);
  fleet.setAlert(name, alert, data.state, data.labels);
  return { status: 200, body: { cluster: name, alert, state: data.state } };
}

const incidentBody = z
  .object({
    at: z.union([z.string(), z.number()]).pipe(z.coerce.date()).optional(),
    lengthSeconds: z.number().int().min(1).optional(),
  })
  .nullable();

/** Lets something go wrong inside a cluster, or ends it. */
async function incident(fleet: DemoFleet, request: IncomingMessage, path: string): Promise<Reply> {
  const [, name = "", wanted] = (INCIDENT_PATH.exec(path) ?? []).map(decodeURIComponent);
  if (!fleet.clusters.some((each) => each.name === name)) {
    return { status: 404, body: { error: `there is no cluster "${name}"` } };
  }
  const kind = INCIDENT_KINDS.find((each) => each === wanted);
  if (kind === undefined) {
    return { status: 404, body: { error: `there is no incident "${wanted}", only ${INCIDENT_KINDS.join(", ")}` } };
  }
  if (request.method === "DELETE") {
    const ended = fleet.endIncident(name, kind);
    return ended === null
      ? { status: 404, body: { error: `no "${kind}" goes on in "${name}"` } }
      : { status: 200, body: shownIncident(ended) };
  }
  if (request.headers["content-type"]?.startsWith("application/json") !== true) return NOT_JSON;
  const { data } = incidentBody.safeParse(await readJson(request).catch(() => undefined));
  if (data === undefined) {
    return { status: 400, body: { error: 'send {"at": "2026-01-31T12:00:00Z", "lengthSeconds": 600}, both optional' } };
  }
  const { at, lengthSeconds } = data ?? {};
  try {
    const options = { ...(at && { at: at.getTime() }), ...(lengthSeconds && { lengthSeconds }) };
    return { status: 200, body: shownIncident(fleet.startIncident(name, kind, options)) };
  } catch (error) {
    return { status: 409, body: { error: error instanceof Error ? error.message : String(error) } };
  }
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
  if ((request.method === "POST" || request.method === "DELETE") && ALERTING_PATH.test(path)) {
    return alerting(fleet, request, path);
  }
  if ((request.method === "POST" || request.method === "DELETE") && INCIDENT_PATH.test(path)) {
    return incident(fleet, request, path);
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
