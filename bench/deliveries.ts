import { setTimeout as delay } from "node:timers/promises";
import type { ServerProcess } from "./server-process.ts";
import { type CrowdOptions, SocketCrowd } from "./socket-crowd.ts";
import { quantile } from "./statistics.ts";

/** A server that delivers events to sockets. */
export interface Served {
  server: ServerProcess;
  /** The processes that it is served by in turn. */
  behind: readonly ServerProcess[];
  /** One event to everybody; larger by `more`. */
  publish: (more?: string) => Promise<unknown>;
}

export interface Load extends Pick<CrowdOptions, "sockets" | "subscription"> {
  eventsPerSecond: number;
  seconds: number;
}

export interface Figures {
  sockets: number;
  perSecond: number;
  p50: number;
  p99: number;
  /** CPU milliseconds of all processes for each delivery, and those of the server that the sockets are connected to. */
  cpu: number;
  serverCpu: number;
  /** What did not arrive, or arrived with errors. */
  missing: number;
  /** Of the server, for each idle socket. */
  idleKiB: number;
}

/** Nothing for this long, and nothing more is on its way. */
const STILL_MS = 3000;
const READY_MS = 60_000;

export const socketUrl = (url: string): string => `${url.replace("http", "ws")}/graphql`;

/** Publishes as many events a second as are asked for, however slow their delivery is; then waits for what is still to come. */
export async function measureDeliveries({ server, behind, publish }: Served, load: Load): Promise<Figures> {
  const { sockets, subscription, eventsPerSecond, seconds } = load;
  const before = await server.residentMiB();
  await using crowd = await SocketCrowd.open({ url: socketUrl(server.url), sockets, subscription });
  await everybodyListens(crowd, sockets, publish);
  const idleKiB = (((await server.residentMiB()) - before) * 1024) / sockets;

  for (let event = 0; event < eventsPerSecond; event += 1) await publish();
  await settled(crowd, sockets * (eventsPerSecond + 1));
  crowd.reset();
  const serverCpu = await server.cpuMs();
  const behindCpu = await sum(behind);
  const began = performance.now();
  for (let event = 0; event < eventsPerSecond * seconds; event += 1) {
    const due = began + (event * 1000) / eventsPerSecond;
    await delay(Math.max(0, due - performance.now()));
    await publish();
  }
  const expected = sockets * eventsPerSecond * seconds;
  await settled(crowd, expected);
  const { received, receivedAt, latencies } = crowd;
  if (received === 0) throw new Error(crowd.failure ?? "Nothing was delivered.");
  const used = (await server.cpuMs()) - serverCpu;
  return {
    sockets,
    perSecond: received / ((receivedAt - began) / 1000),
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    cpu: (used + (await sum(behind)) - behindCpu) / received,
    serverCpu: used / received,
    missing: expected - received,
    idleKiB,
  };
}

/** No server says when its subscriptions are all ready: an event that everybody gets does. */
async function everybodyListens(crowd: SocketCrowd, sockets: number, publish: () => Promise<unknown>): Promise<void> {
  const end = performance.now() + READY_MS;
  do {
    if (performance.now() > end) throw new Error(crowd.failure ?? `Only ${crowd.received} of ${sockets} are served.`);
    crowd.reset();
    await publish();
    await settled(crowd, sockets);
  } while (crowd.received < sockets);
}

async function settled(crowd: SocketCrowd, expected: number): Promise<void> {
  const began = performance.now();
  while (crowd.received < expected && performance.now() - Math.max(began, crowd.receivedAt) < STILL_MS) await delay(20);
}

async function sum(processes: readonly ServerProcess[]): Promise<number> {
  const each = await Promise.all(processes.map((process) => process.cpuMs()));
  return each.reduce((total, ms) => total + ms, 0);
}
