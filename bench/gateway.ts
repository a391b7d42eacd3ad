import { Agent } from "undici";
import { closedLoop, post } from "./closed-loop.ts";
import { type Contender, OURS, OURS_IN_ONE, type Stand, withStand } from "./contenders.ts";
import { type BenchQuery, QUERIES } from "./gateway-queries.ts";
import { HIVE } from "./hive-gateway.ts";
import type { Benchmark } from "./main.ts";
import { differences } from "./same-answers.ts";
import type { ServerProcess } from "./server-process.ts";
import { quantile, round } from "./statistics.ts";

const SECONDS = Number(process.env["BENCH_SECONDS"] ?? 1.5);
const WARM_UP_SECONDS = 2 * SECONDS;
const ROUNDS = Number(process.env["BENCH_ROUNDS"] ?? 5);
const CONCURRENCY = Number(process.env["BENCH_CONCURRENCY"] ?? 8);
/** Only queries whose names hold this, such as "fleet". */
const ONLY = process.env["BENCH_ONLY"] ?? "";
const BARE_CLUSTERS = 400;

/** One contender's round of one query; processor milliseconds are for each request. */
interface Round {
  /** Of the server that is asked, and of it with all that it asks in turn. */
  cpu: number;
  all: number;
  perSecond: number;
  latencies: number[];
  failed: number;
  firstFailure: string | null;
}

type Row = Record<string, unknown>;
type Answer = Record<string, { items?: unknown[] } | null>;

/**
 * The same supergraph, subgraphs and fleet behind our gateway and behind others, ours in one process, and one subgraph that is asked without
 * any gateway. All of them run all the time and take turns, so that whatever else the machine does, it does to all of them.
 */
export const gateway: Benchmark = {
  run: () =>
    withStand({ bare: BARE_CLUSTERS }, async (stand) => {
      const rows: Row[] = stand.missing.map(({ name, reason }) => ({ "": name, "not measured": reason }));
      for (const query of QUERIES.filter(({ name }) => name.includes(ONLY)))
        rows.push(...(await measure(stand, query)));
      return rows;
    }),
};

async function measure(stand: Stand, query: BenchQuery): Promise<Row[]> {
  await requireSameAnswers(stand.gateways, query);
  const { subgraph, what, operation } = query.direct;
  const one = { ...stand.subgraph(subgraph), name: `the ${subgraph} subgraph: ${what}` };
  const contenders = [one, ...stand.gateways];
  const rounds = new Map(contenders.map((contender) => [contender, [] as Round[]]));
  let turn = 0;
  // The first round warms up.
  for (let round = 0; round <= ROUNDS; round += 1) {
    const inTurn = [...contenders.slice(round % contenders.length), ...contenders.slice(0, round % contenders.length)];
    for (const contender of inTurn) {
      const next = () => (contender === one ? operation(++turn, stand.ids) : query.operation(++turn));
      const measured = await measureRound(contender, next, round > 0 ? SECONDS : WARM_UP_SECONDS);
      if (round > 0) rounds.get(contender)?.push(measured);
    }
  }
  return await Promise.all(contenders.map((contender) => rowOf(query, contender, rounds)));
}

/** @throws where somebody answers something else than ours, or ours not all that was asked for */
async function requireSameAnswers([ours, ...others]: readonly Contender[], query: BenchQuery): Promise<void> {
  if (!ours) return;
  const agent = new Agent();
  const asking =
    ({ client }: Contender) =>
    async (turn: number): Promise<Answer> =>
      (JSON.parse(await post(agent, client, query.operation(turn))) as { data: Answer }).data;
  try {
    const clusters = Object.values(await asking(ours)(0)).flatMap((value) => value?.items ?? (value ? [value] : []));
    if (clusters.length !== query.clusters) {
      throw new Error(`${query.name}: ${clusters.length} of ${query.clusters} clusters.`);
    }
    for (const other of others) {
      const found = await differences(asking(ours), asking(other));
      if (found.length > 0) throw new Error(`${query.name}: ${other.name} differs.\n${found.slice(0, 10).join("\n")}`);
    }
  } finally {
    await agent.close();
  }
}

async function measureRound(
  { server, behind, client }: Contender,
  next: Parameters<typeof closedLoop>[1],
  forSeconds: number,
): Promise<Round> {
  const cpu = await server.cpuMs();
  const others = await sum(behind);
  const { requests, seconds, latencies, failed, firstFailure } = await closedLoop(client, next, {
    concurrency: CONCURRENCY,
    seconds: forSeconds,
  });
  const used = (await server.cpuMs()) - cpu;
  const all = used + (await sum(behind)) - others;
  return { cpu: used / requests, all: all / requests, perSecond: requests / seconds, latencies, failed, firstFailure };
}

async function rowOf(
  { name }: BenchQuery,
  contender: Contender,
  rounds: ReadonlyMap<Contender, readonly Round[]>,
): Promise<Row> {
  const own = rounds.get(contender) ?? [];
  const latencies = own.flatMap((round) => round.latencies);
  const [one, ours, ...hives] = [
    [...rounds.keys()][0],
    named(rounds, OURS),
    ...[...rounds.keys()].filter((other) => other.name.startsWith(HIVE)),
  ].map((other) => (other ? rounds.get(other) : undefined));
  const better = hives.toSorted((a, b) => typical(a, "cpu") - typical(b, "cpu"))[0];
  return {
    "": `${name}: ${contender.name}`,
    "CPU ms": spread(own.map(({ cpu }) => cpu)),
    "with what it asks": spread(own.map(({ all }) => all)),
    "requests/s": Math.round(
      quantile(
        own.map(({ perSecond }) => perSecond),
        0.5,
      ),
    ),
    failed: own.reduce((total, round) => total + round.failed, 0),
    "first failure": own.find(({ firstFailure }) => firstFailure)?.firstFailure ?? "",
    "p50 ms": round(quantile(latencies, 0.5)),
    "p99 ms": round(quantile(latencies, 0.99)),
    "resident MiB": await contender.server.residentMiB(),
    "all : one subgraph": ratio(own, one, "all"),
    "all : ours over HTTP": contender.name === OURS_IN_ONE || contender.name === OURS ? ratio(own, ours, "all") : "",
    "gateway : Hive's better": contender.behind.length > 0 ? ratio(own, better, "cpu") : "",
  };
}

const named = (rounds: ReadonlyMap<Contender, unknown>, name: string): Contender | undefined =>
  [...rounds.keys()].find((contender) => contender.name === name);

const typical = (rounds: readonly Round[] | undefined, of: "cpu" | "all"): number =>
  quantile(
    (rounds ?? []).map((round) => round[of]),
    0.5,
  );

/** Round by round, as each saw the same machine. */
const ratio = (own: readonly Round[], base: readonly Round[] | undefined, of: "cpu" | "all"): string =>
  base ? spread(own.map((round, index) => round[of] / (base[index]?.[of] ?? Number.NaN))) : "";

/** The middle one, the least and the most. */
function spread(values: readonly number[]): string {
  const digits = quantile(values, 0.5) < 10 ? 2 : 1;
  const [middle, least, most] = [0.5, 0, 1].map((q) => round(quantile(values, q), digits));
  return `${middle} (${least}–${most})`;
}

async function sum(processes: readonly ServerProcess[]): Promise<number> {
  const each = await Promise.all(processes.map((process) => process.cpuMs()));
  return each.reduce((total, ms) => total + ms, 0);
}
