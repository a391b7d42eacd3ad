import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { dataDirectory } from "./data-directory.ts";
import { type HostileRequest, hostileRequests } from "./hostile-requests.ts";
import type { Benchmark } from "./main.ts";
import { ServerProcess } from "./server-process.ts";
import { quantile, round } from "./statistics.ts";

const ID = "00000000-0000-4000-8000-000000000000";
const GOOD = JSON.stringify({ query: "{ clusters(pageSize: 1) { total } }" });
/** Of a request's own text each time, as a client that means harm sends them: nothing is remembered. */
const WARM_UP = 20;
const ROUNDS = 200;
const ROUNDS_OF_LARGE = 40;
const LARGE = 100_000;
const TOO_LARGE = { status: 413, code: "LIMIT_EXCEEDED" };
const DRIPPING = 500;
const DRIPPING_MS = 10_000;

const HOSTILE = hostileRequests({
  field: "clusters { total }",
  one: (id) => `cluster(name: "c${id}") { id }`,
  byId: "query ($id: UUID!) { cluster(id: $id) { id } }",
  text: (literal) => `cluster(name: ${literal}) { id }`,
  rows: (inner) => `clusters { items { ${inner} } }`,
  column: "id",
  nest: {
    type: "Node",
    root: (inner) => `node(clusterId: "${ID}", name: "a") { ${inner} }`,
    into: (inner) => `pods { items { node { ${inner} } } }`,
    leaf: "name",
  },
});

/** What it costs to refuse, in processor time of the server, beside the smallest query that is answered. */
export const refusals: Benchmark = {
  async run() {
    await using dataDir = await dataDirectory();
    const quiet = { AIOPS_DEMO: "off", AIOPS_HEALTH_SWEEP_MS: "3600000", AIOPS_LIMITS: "" };
    await using server = await ServerProcess.start({ DATA_DIR: dataDir.path, ...quiet });
    await server.until("{ __typename }", () => true);
    const answered = (body: string) => measured(server, { name: "", body, status: 200, code: "" });
    const good = await answered(GOOD);
    const rows = [
      row("the smallest query of data: one row of an embedded database", good, good),
      row("the smallest query: { __typename }", await answered(JSON.stringify({ query: "{ __typename }" })), good),
    ];
    for (const request of HOSTILE) rows.push(row(request.name, await measured(server, request), good));
    return [...rows, await drips(server, good)];
  },
};

interface Measured {
  cpuMs: number;
  p50: number;
  bytes: number;
}

async function measured(server: ServerProcess, { body, status, code }: HostileRequest): Promise<Measured> {
  const rounds = body.length > LARGE ? ROUNDS_OF_LARGE : ROUNDS;
  // A comment makes each text a new one.
  const each = (turn: number): string => (code ? body.replace(/^(.)"query":"/, `$1"query":"#${turn}\\n`) : body);
  const ask = async (turn: number): Promise<number> => {
    const began = performance.now();
    const answer = await post(server, each(turn));
    if (answer.status !== status || !answer.text.includes(code)) {
      throw new Error(`Answered with ${answer.status}: ${answer.text.slice(0, 300)}`);
    }
    return performance.now() - began;
  };
  for (let turn = 0; turn < WARM_UP; turn += 1) await ask(-turn - 1);
  const before = await server.cpuMs();
  const times: number[] = [];
  for (let turn = 0; turn < rounds; turn += 1) times.push(await ask(turn));
  return { cpuMs: ((await server.cpuMs()) - before) / rounds, p50: quantile(times, 0.5), bytes: body.length };
}

/** A server that refuses a body early closes the connection under it: what it said is then not always read. */
async function post(server: ServerProcess, body: string): Promise<{ status: number; text: string }> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${server.url}/graphql`, { method: "POST", headers, body }).catch(() => null);
  if (!response) return { status: TOO_LARGE.status, text: TOO_LARGE.code };
  return { status: response.status, text: await response.text() };
}

const row = (name: string, { cpuMs, p50, bytes }: Measured, good: Measured) => ({
  "": name,
  KiB: round(bytes / 1024),
  "CPU ms": round(cpuMs, 2),
  "p50 ms": round(p50, 2),
  "CPU, the smallest query = 1": round(cpuMs / good.cpuMs, 2),
});

/** Requests that arrive a byte at a time, and what somebody else's query takes meanwhile. */
async function drips(server: ServerProcess, good: Measured) {
  const head =
    "POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n{";
  const before = await server.cpuMs();
  const sockets = Array.from({ length: DRIPPING }, () => dripping(server, head));
  await delay(DRIPPING_MS);
  const cpuMs = ((await server.cpuMs()) - before) / DRIPPING;
  const times: number[] = [];
  for (let turn = 0; turn < ROUNDS; turn += 1) {
    const began = performance.now();
    await post(server, GOOD);
    times.push(performance.now() - began);
  }
  for (const stop of sockets) stop();
  return {
    ...row(
      `${DRIPPING} bodies that drip for ${DRIPPING_MS / 1000} s, each`,
      { cpuMs, p50: 0, bytes: head.length },
      good,
    ),
    "p50 ms": null,
    "p50 ms of the smallest query beside them": round(quantile(times, 0.5), 2),
  };
}

function dripping(server: ServerProcess, head: string): () => void {
  const { hostname, port } = new URL(server.url);
  const socket: Socket = connect(Number(port), hostname, () => socket.write(head));
  socket.on("error", () => {});
  const timer = setInterval(() => socket.write(" "), 1000);
  return () => {
    clearInterval(timer);
    socket.destroy();
  };
}
