import { afterEach, describe, expect, it } from "vitest";
import { startHttpServer } from "../../../test/support/http-server.ts";
import { type Replay, recording, startReplayServer } from "../../../test/support/recordings.ts";
import { loopbackGuard } from "../../../test/support/target-guard.ts";
import { AlertmanagerClient } from "./alertmanager/client.ts";
import { type Endpoint, UpstreamHttp } from "./http.ts";
import { LokiClient } from "./loki/client.ts";
import type { CallOptions } from "./readiness.ts";
import { TempoClient } from "./tempo/client.ts";

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each[Symbol.asyncDispose]();
});

type Client = new (
  http: UpstreamHttp,
  endpoint: Endpoint,
) => {
  ready(options: CallOptions): Promise<void>;
  authenticate(options: CallOptions): Promise<void>;
};

const REFUSED = { status: 403, contentType: "text/plain", answer: "403 of a proxy at 10.0.0.1" };
const LOKI_API = "GET /loki/api/v1/labels?since=1m";

/** "It is ready.", or the error. */
async function outcome(
  Client: Client,
  url: string,
  signal = new AbortController().signal,
  call: "ready" | "authenticate" = "ready",
): Promise<unknown> {
  const http = new UpstreamHttp(loopbackGuard());
  open.push({ [Symbol.asyncDispose]: () => http.close() });
  const client = new Client(http, { url, token: "t-1", caCertificate: null });
  return await client[call]({ signal, requestId: "r-1" }).then(
    () => "It is ready.",
    (error: unknown) => error,
  );
}

const against = (Client: Client, ...replays: Replay[]): Promise<unknown> => replayed(Client, "ready", ...replays);

async function replayed(Client: Client, call: "ready" | "authenticate", ...replays: Replay[]): Promise<unknown> {
  const server = await startReplayServer(replays);
  open.push(server);
  const result = await outcome(Client, server.url, undefined, call);
  server.verify();
  for (const { headers } of server.requests)
    expect(headers).toMatchObject({ authorization: "Bearer t-1", "x-request-id": "r-1" });
  return result;
}

describe.each<[string, Client, string, string, string, string]>([
  ["tempo-2.10", TempoClient, "GET /ready", "GET /api/echo", "echo", "not-found"],
  ["tempo-3.0", TempoClient, "GET /ready", "GET /api/echo", "echo", "not-found"],
  ["loki-3.7", LokiClient, "GET /ready", LOKI_API, "labels", "not-found"],
  ["alertmanager-0.25", AlertmanagerClient, "GET /-/ready", "GET /api/v2/status", "status", "not-found-api"],
  ["alertmanager-0.33", AlertmanagerClient, "GET /-/ready", "GET /api/v2/status", "status", "not-found-api"],
])("A recorded %s", (server, Client, ready, api, apiRecording, notFound) => {
  const missing = { request: ready, answer: recording(server, notFound) };

  it("is ready when it says so", async () => {
    expect(await against(Client, { request: ready, answer: recording(server, "ready") })).toBe("It is ready.");
  });

  it("is ready behind a route that leads to its API alone", async () => {
    const answer = recording(server, apiRecording);
    expect(await against(Client, missing, { request: api, answer })).toBe("It is ready.");
    expect(await against(Client, { request: ready, answer: REFUSED }, { request: api, answer })).toBe("It is ready.");
  });

  it("is told from what is no such server", async () => {
    expect(await against(Client, missing, { request: api, answer: recording(server, notFound) })).toMatchObject({
      code: "UPSTREAM_INVALID_ANSWER",
    });
  });

  it("says that it refuses the credentials, and nothing of the answer", async () => {
    const twice = await against(Client, { request: ready, answer: REFUSED }, { request: api, answer: REFUSED });
    expect(twice).toMatchObject({ code: "UPSTREAM_REFUSED" });
    expect(String(twice)).not.toContain("10.0.0.1");
    expect(await against(Client, { request: ready, answer: { ...REFUSED, status: 401 } })).toMatchObject({
      code: "UPSTREAM_REFUSED",
    });
  });

  it("tells by its API alone whether it accepts the credentials", async () => {
    const answered = (answer: Replay["answer"]) => replayed(Client, "authenticate", { request: api, answer });
    expect(await answered(recording(server, apiRecording))).toBe("It is ready.");
    expect(await answered({ ...REFUSED, status: 401 })).toMatchObject({ code: "UPSTREAM_REFUSED" });
    expect(await answered(REFUSED)).toMatchObject({ code: "UPSTREAM_REFUSED" });
    expect(await answered(recording(server, notFound))).toMatchObject({ code: "UPSTREAM_INVALID_ANSWER" });
    expect(await answered({ ...REFUSED, status: 500 })).toMatchObject({
      code: "UPSTREAM_ERROR",
      message: expect.stringMatching(/^\w+ does not answer \(HTTP 500\)\.$/),
    });
  });

  it("says that it is not ready", async () => {
    const answer = { status: 503, contentType: "text/plain", answer: "Ingester not ready: waiting for 15s" };
    expect(await against(Client, { request: ready, answer })).toMatchObject({
      code: "UPSTREAM_ERROR",
      message: expect.stringMatching(/^\w+ is not ready \(HTTP 503\)\.$/),
    });
  });
});

describe("A Loki of several tenants", () => {
  it("is ready for whoever names none", async () => {
    const answer = recording("loki-3.7-multitenant", "no-org-id-ready");
    expect(await against(LokiClient, { request: "GET /ready", answer })).toBe("It is ready.");
  });

  it("refuses who names none where only its API is reachable", async () => {
    const answer = recording("loki-3.7-multitenant", "no-org-id-query");
    expect(
      await against(LokiClient, { request: "GET /ready", answer: REFUSED }, { request: LOKI_API, answer }),
    ).toMatchObject({ code: "UPSTREAM_REFUSED" });
  });
});

it("is given up when the caller's patience ends", async () => {
  const server = await startHttpServer(() => {});
  open.push(server);
  const patience = AbortSignal.timeout(50);
  expect(await outcome(TempoClient, server.url, patience)).toBe(patience.reason);
});
