import { once } from "node:events";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { WebSocket } from "ws";
import { z } from "zod";
import { type DemoFleet, startDemoFleet } from "../fleet.ts";
import { lacking, recording } from "../testing/recordings.ts";

let fleet: DemoFleet;
let url: string;
let hub: string;
const clients: WebSocket[] = [];

beforeAll(async () => {
  fleet = await startDemoFleet({ clusters: 1 });
  hub = fleet.clusters[0]?.name ?? "";
  url = `${fleet.clusters[0]?.lokiUrl.replace("http:", "ws:")}/loki/api/v1/tail`;
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.terminate();
  await fleet.setFault(hub, "loki", null);
});
afterAll(() => fleet.close());

const entry = z.object({
  stream: z.record(z.string(), z.string()),
  values: z.array(z.tuple([z.string(), z.string()])),
});
const frame = z.object({ streams: z.array(entry) });
const recorded = z.object({
  handshake: z.object({ status: z.number(), body: z.string().optional() }),
  frames: z.array(z.object({ data: z.unknown().optional() })),
  close: z.object({ code: z.number(), reason: z.string() }).nullable(),
});
const recordedTail = (name: string) => recorded.parse(recording("loki-3.7", name).answer);

function tail(params: Record<string, string>, headers: Record<string, string> = {}): WebSocket {
  const client = new WebSocket(`${url}?${String(new URLSearchParams(params))}`, { headers });
  // One that is refused never opens, and says so when it is given up.
  client.on("error", () => undefined);
  clients.push(client);
  return client;
}

/** The frames until there are enough. */
async function frames(client: WebSocket, count: number): Promise<z.infer<typeof frame>[]> {
  const found: z.infer<typeof frame>[] = [];
  client.on("message", (data: Buffer) => found.push(frame.parse(JSON.parse(data.toString("utf8")))));
  while (found.length < count) await once(client, "message");
  return found;
}

/** What is answered in place of the handshake. */
async function refusal(client: WebSocket): Promise<{ status: number | undefined; body: string }> {
  const [, response] = (await once(client, "unexpected-response")) as [unknown, import("node:http").IncomingMessage];
  let body = "";
  for await (const chunk of response.setEncoding("utf8") as AsyncIterable<string>) body += chunk;
  return { status: response.statusCode, body };
}

it("begins with the newest lines of before, in one frame", async () => {
  const start = `${Date.now() - 600_000}000000`;
  const [first] = await frames(tail({ query: '{namespace="shop"}', limit: "5", start }), 1);
  const times = first?.streams.flatMap(({ values }) => values.map(([time]) => time)) ?? [];
  expect(times).toHaveLength(5);
  for (const time of times) expect(BigInt(time) > BigInt(Date.now() - 60_000) * 1_000_000n).toBe(true);
  const real = recordedTail("tail-history").frames[0]?.data;
  expect(lacking(real, first)).toEqual([]);
  expect(lacking(first, real)).toEqual([]);
});

it("goes on with lines as they are written, one a frame, and pings", async () => {
  const client = tail({ query: '{namespace=~".+"}', start: `${Date.now()}000000` });
  const pinged = once(client, "ping");
  const since = BigInt(Date.now()) * 1_000_000n;
  const live = await frames(client, 4);
  await pinged;
  for (const { streams } of live) {
    expect(streams).toHaveLength(1);
    expect(streams[0]?.values).toHaveLength(1);
    expect(BigInt(streams[0]?.values[0]?.[0] ?? "0") >= since - 1_000_000n).toBe(true);
  }
  expect(new Set(live.map(({ streams }) => streams[0]?.values[0]?.[0])).size).toBe(live.length);
  expect(lacking(recordedTail("tail-frames").frames[1]?.data, live[0])).toEqual([]);
  expect(fleet.inFlight({ upstream: "loki" })).toBeGreaterThan(0);
  const given = fleet.aborted();
  client.close();
  while (fleet.inFlight({ upstream: "loki" }) > 0) await once(client, "close");
  expect(fleet.aborted()).toBe(given + 1);
});

it("refuses before the handshake what is no query", async () => {
  const { handshake } = recordedTail("tail-parse-error");
  expect(await refusal(tail({ query: '{app="x"' }))).toEqual(
    handshake.body === undefined ? {} : { status: handshake.status, body: handshake.body },
  );
  expect(await refusal(tail({ query: '{app="x"}', delay_for: "9" }))).toMatchObject({ status: 400 });
});

it("closes where it is asked for a metric", async () => {
  const { close } = recordedTail("tail-metric-query");
  const [code, reason] = (await once(tail({ query: 'rate({app="x"}[1m])' }), "close")) as [number, Buffer];
  expect({ code, reason: reason.toString("utf8") }).toEqual(close);
});

it("misbehaves as it is told to", async () => {
  await fleet.setFault(hub, "loki", "error-503");
  expect(await refusal(tail({ query: '{app="x"}' }))).toMatchObject({ status: 503 });
  await fleet.setFault(hub, "loki", "reset");
  const [reset] = (await once(tail({ query: '{app="x"}' }), "error")) as [NodeJS.ErrnoException];
  expect(reset.code).toBe("ECONNRESET");
  await fleet.setFault(hub, "loki", null);
  const client = tail({ query: '{app="x"}' });
  await once(client, "open");
  const gone = once(client, "close");
  await fleet.setFault(hub, "loki", "refuse");
  await gone;
  expect(fleet.inFlight({ upstream: "loki" })).toBe(0);
});
