import { setTimeout as delay } from "node:timers/promises";
import { until } from "../until.ts";
import { alertWriter } from "./alert-writer.ts";
import { Client } from "./client.ts";
import type { Deployment } from "./deployment.ts";
import { type Fault, faultsOf } from "./faults.ts";
import { Follower } from "./follower.ts";
import type { Ledger, Writer } from "./ledger.ts";
import { QUERIES } from "./queries.ts";
import { Tally } from "./tally.ts";
import { clusterWriters, personaWriter, tokenWriter } from "./writers.ts";

/** How long what was killed stays away, at least. */
const AWAY_MS = 2000;
/** No error for this long, and a fault is over. */
const QUIET_MS = 3000;
const READERS = 4;
const FOLLOWERS = 10;
/** Between two of one writer, or of one reader. */
const PAUSE_MS = 100;

export interface FaultFigures {
  fault: string;
  requests: number;
  codes: Record<string, number>;
  /** From when what was killed ran again to the last error, in seconds; 0 where there was none after it. */
  errorsForSeconds: number;
}

export interface Figures {
  faults: FaultFigures[];
  /** Answers that had no code, or the one that says that something is wrong here. */
  uncoded: string[];
  requests: number;
  acknowledged: number;
  lost: string[];
  followers: number;
  /** Of all followers together. */
  events: number;
  gaps: number;
  lostEvents: string[];
  repeatedEvents: number;
  reconnects: number;
  /** Of processes that ran all the time: what their heap kept, and what was resident, before and after, in MiB. */
  memory: { part: string; keptBefore: number; keptAfter: number; residentBefore: number; residentAfter: number }[];
}

export interface RunOptions {
  /** Each fault at least once, and on until this is over. */
  minutes: number;
  /** For how long there may be errors after a fault is over. */
  patienceMs: number;
}

/** Queries, writes and streams, while one part after another is killed and comes back. */
export async function runFaults(deployment: Deployment, { minutes, patienceMs }: RunOptions): Promise<Figures> {
  const tally = new Tally();
  const client = new Client(deployment.url, deployment.token, tally);
  const ledger: Ledger = { acknowledged: 0, published: new Map() };
  const writers = [
    ...(await clusterWriters(client, ledger)),
    tokenWriter(client, ledger),
    personaWriter(client, ledger),
    await alertWriter(client, ledger, deployment.urlOf("observability")),
  ];
  const head = await client.ask<{ eventHistory: { endCursor: string } }>(`{ eventHistory(first: 1000) { endCursor } }`);
  if (!head) throw new Error("The events could not be read.");
  const followers = Array.from(
    { length: FOLLOWERS },
    (_, index) =>
      new Follower(deployment.url, deployment.token, {
        after: head.eventHistory.endCursor,
        joined: index % 2 === 0,
        tally,
      }),
  );
  const load = new Load(client, writers);

  load.start();
  await until("the load is served", () => client.tally.requests > 100, patienceMs);
  await settled(tally, patienceMs);
  await load.pause();
  const before = await memoryOf(deployment);
  load.start();

  const faults: FaultFigures[] = [];
  const end = performance.now() + minutes * 60_000;
  do {
    for (const fault of faultsOf(deployment)) faults.push(await suffer(fault, tally, patienceMs));
  } while (performance.now() < end);

  await load.pause();
  const heard = [...ledger.published.keys()];
  await until(
    "every follower has the last event",
    () => followers.every((follower) => heard.slice(-5).every((subject) => follower.heard.has(subject))),
    patienceMs,
  ).catch(() => {});
  await Promise.all(followers.map((follower) => follower.leave()));
  const lost: string[] = [];
  for (const writer of writers) lost.push(...(await writer.lost()).map((what) => `${writer.name}: ${what}`));
  const after = await memoryOf(deployment);
  return {
    faults,
    uncoded: tally.uncoded,
    requests: tally.requests,
    acknowledged: ledger.acknowledged,
    lost,
    followers: FOLLOWERS,
    events: sum(followers.map(({ events }) => events)),
    gaps: sum(followers.map(({ gaps }) => gaps.length)),
    lostEvents: followers.flatMap((follower, index) =>
      follower.lost(ledger.published).map((subject) => `${subject} (follower ${index})`),
    ),
    repeatedEvents: sum(followers.map(({ repeated }) => repeated)),
    reconnects: sum(followers.map(({ reconnects }) => reconnects)),
    memory: [...before].map(([part, { kept, resident }]) => ({
      part,
      keptBefore: kept,
      keptAfter: after.get(part)?.kept ?? Number.NaN,
      residentBefore: resident,
      residentAfter: after.get(part)?.resident ?? Number.NaN,
    })),
  };
}

async function suffer(fault: Fault, tally: Tally, patienceMs: number): Promise<FaultFigures> {
  const [requests, codes] = [tally.requests, new Map(tally.codes)];
  await fault.begin();
  await delay(fault.awayMs ?? AWAY_MS);
  await fault.end();
  const ended = performance.now();
  await settled(tally, patienceMs).catch((cause: unknown) => {
    throw new Error(`Errors did not stop after this: ${fault.name}. ${JSON.stringify([...tally.codes])}`, { cause });
  });
  const more = [...tally.codes].map(([code, count]) => [code, count - (codes.get(code) ?? 0)] as const);
  return {
    fault: fault.name,
    requests: tally.requests - requests,
    codes: Object.fromEntries(more.filter(([, count]) => count > 0)),
    errorsForSeconds: Math.max(0, Math.round((tally.lastErrorAt - ended) / 100) / 10),
  };
}

const settled = (tally: Tally, patienceMs: number): Promise<true> => {
  const from = performance.now();
  return until(
    "no more errors",
    () => performance.now() - Math.max(from, tally.lastErrorAt) > QUIET_MS,
    patienceMs + QUIET_MS,
  );
};

/** Of the replicas that no fault is about. */
async function memoryOf(deployment: Deployment): Promise<Map<string, { kept: number; resident: number }>> {
  const memory = new Map<string, { kept: number; resident: number }>();
  for (const [name, part] of deployment.parts) {
    if (!name.endsWith("-1") || name === "clusters-1") continue;
    memory.set(name, { kept: await part.keptMiB(), resident: await part.residentMiB() });
  }
  return memory;
}

/** Everybody who asks and writes, each one thing after another. */
class Load {
  readonly #client: Client;
  readonly #writers: readonly Writer[];
  #running: Promise<void>[] = [];
  #stopped = false;
  #n = 0;

  constructor(client: Client, writers: readonly Writer[]) {
    this.#client = client;
    this.#writers = writers;
  }

  start(): void {
    this.#stopped = false;
    const reader = (first: number) => this.#repeat((n) => this.#read(first + n));
    this.#running = [
      ...Array.from({ length: READERS }, (_, index) => reader(index)),
      ...this.#writers.map((writer) => this.#repeat(() => this.#write(writer))),
    ];
  }

  /** Once everything under way is answered. */
  async pause(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#running);
  }

  async #read(n: number): Promise<void> {
    await this.#client.ask(QUERIES[n % QUERIES.length] ?? "");
  }

  async #write(writer: Writer): Promise<void> {
    this.#n += 1;
    await writer.write(this.#n);
  }

  async #repeat(work: (n: number) => Promise<void>): Promise<void> {
    for (let n = 0; !this.#stopped; n += 1) {
      await work(n);
      await delay(PAUSE_MS);
    }
  }
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
