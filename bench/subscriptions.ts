import { setTimeout as delay } from "node:timers/promises";
import { type Figures, type Load, measureDeliveries, type Served, socketUrl } from "./deliveries.ts";
import { HIVE, installHive, startHive } from "./hive-gateway.ts";
import type { Benchmark } from "./main.ts";
import { startGateway, withBare, withGateway, withGraph } from "./servers.ts";
import { SocketCrowd } from "./socket-crowd.ts";
import { round } from "./statistics.ts";

const SECONDS = Number(process.env["BENCH_SECONDS"] ?? 10);
const SIZES = (process.env["BENCH_SOCKETS"] ?? "1000,5000").split(",").map(Number);
/** Only rows whose names hold this, such as "distinct". */
const ONLY = process.env["BENCH_ONLY"] ?? "";
const STALLED_MINUTES = Number(process.env["BENCH_STALLED_MINUTES"] ?? 10);
/** A distinct operation costs an execution for each event and client: fewer of both. */
const DISTINCT = 200;

const STALLED = `50 of 150 stalled for ${STALLED_MINUTES} min`;

type Row = Record<string, unknown>;

interface Kind {
  name: string;
  eventsPerSecond: number;
  sockets: (size: number) => number;
  subscription: Load["subscription"];
}

const events = (fields: string): string =>
  `subscription Events($namespaces: [String!]) { events(filter: { eventTypes: [METRIC_UPDATE], namespaces: $namespaces }) { cursor event { eventType payload ${fields} } } }`;

const FILTER_ONLY: Kind = {
  name: "filter only",
  eventsPerSecond: 10,
  sockets: (size) => size,
  subscription: () => ({ query: events("") }),
};
const ONE_JOIN: Kind = {
  ...FILTER_ONLY,
  name: "one join",
  subscription: () => ({ query: events("cluster { name }") }),
};
const DISTINCT_JOINS: Kind = {
  name: "distinct, one join",
  eventsPerSecond: 2,
  sockets: () => DISTINCT,
  // No two alike, and all of them asking for the same.
  subscription: (index) => ({
    query: events("cluster { name }"),
    variables: { namespaces: ["bench", `other-${index}`] },
  }),
};
/** What the bare server knows: the answer is that of one join. */
const BARE: Kind = {
  ...ONE_JOIN,
  subscription: () => ({ query: "subscription { events { cursor event { eventType payload cluster { name } } } }" }),
};
const KINDS = [FILTER_ONLY, ONE_JOIN, DISTINCT_JOINS];

interface Contender {
  name: string;
  measure: (load: Load) => Promise<Figures>;
}

const CONTENDERS: Contender[] = [
  { name: "graph", measure: (load) => withGraph((served) => measureDeliveries(served, load)) },
  {
    name: "distributed graph",
    measure: (load) => withGateway(startGateway, (served) => measureDeliveries(served, load)),
  },
  {
    name: HIVE,
    measure: async (load) => {
      await installHive();
      return await withGateway(
        (env) => startHive(env),
        (served) => measureDeliveries(served, load),
      );
    },
  },
];

/**
 * Events from Redis to sockets of this process: by a bare graphql-ws server, through the graph that sends the same, and
 * through another gateway over the same subgraphs.
 */
export const subscriptions: Benchmark = {
  async run() {
    const rows: Row[] = [];
    for (const size of SIZES) {
      const bare = await withBare((served) => measureDeliveries(served, loadOf(BARE, size)));
      rows.push(row("bare graphql-ws", bare, bare.cpu));
      for (const kind of KINDS) {
        for (const contender of CONTENDERS) {
          if (nameOf(contender, kind).includes(ONLY)) rows.push(await measure(contender, kind, size, bare.cpu));
        }
      }
    }
    if (STALLED.includes(ONLY)) rows.push(await withGraph(measureStalled));
    return rows;
  },
};

/** One that cannot be measured says why in its place; the others are measured all the same. */
async function measure(contender: Contender, kind: Kind, size: number, bareCpu: number): Promise<Row> {
  const name = nameOf(contender, kind);
  const load = loadOf(kind, size);
  try {
    return row(name, await contender.measure(load), bareCpu);
  } catch (error) {
    return { "": name, sockets: load.sockets, "not measured": error instanceof Error ? error.message : String(error) };
  }
}

const nameOf = (contender: Contender, kind: Kind): string => `${contender.name}, ${kind.name}`;

const loadOf = ({ subscription, eventsPerSecond, sockets }: Kind, size: number): Load => ({
  subscription,
  eventsPerSecond,
  sockets: sockets(size),
  seconds: SECONDS,
});

/** Fifty sockets that stop reading among a hundred that do not, under large events: what the server holds for them. */
async function measureStalled({ server, publish }: Served): Promise<Row> {
  const { subscription } = FILTER_ONLY;
  await using crowd = await SocketCrowd.open({ url: socketUrl(server.url), sockets: 150, subscription });
  await delay(1000);
  crowd.stall(50);
  const before = await server.residentMiB();
  let peak = before;
  const end = performance.now() + STALLED_MINUTES * 60_000;
  while (performance.now() < end) {
    for (let event = 0; event < 10; event += 1) await publish("x".repeat(2000));
    peak = Math.max(peak, await server.residentMiB());
    await delay(100);
  }
  const after = await server.residentMiB();
  return {
    "": STALLED,
    "MiB before": before,
    "MiB peak": peak,
    "MiB after": after,
  };
}

const row = (name: string, figures: Figures, bareCpu: number): Row => ({
  "": name,
  sockets: figures.sockets,
  "deliveries/s": Math.round(figures.perSecond),
  missing: figures.missing,
  "p50 ms": round(figures.p50),
  "p99 ms": round(figures.p99),
  "CPU ms/delivery": round(figures.cpu, 4),
  "of it the server's": round(figures.serverCpu, 4),
  "ratio to bare": round(figures.cpu / bareCpu, 2),
  "KiB/idle": round(figures.idleKiB),
});
