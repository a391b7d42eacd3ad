import { Asker } from "./conversations.ts";
import { dataDirectory } from "./data-directory.ts";
import { freePort } from "./free-port.ts";
import type { Benchmark } from "./main.ts";
import { ServerProcess } from "./server-process.ts";
import { quantile, round } from "./statistics.ts";

const USERS = 40;
const STREAMS = 200;
const TOKENS = 200;
const PER_SECOND = 20;
const ROUNDS = 20;
const IDLE_SESSIONS = 400;

/** The assistant's own cost over a scripted model: per token, per tool call, of 200 answers at once, and of open sessions. */
export const chat: Benchmark = {
  async run() {
    await using dataDir = await dataDirectory();
    const modelPort = await freePort();
    await using model = await ServerProcess.run("bench/model-server.js", modelPort, [String(modelPort)]);
    const users = Array.from({ length: USERS }, (_, index) => ({
      token: `bench-token-of-user-${index}`,
      user: `user-${index}`,
      roles: ["operator"],
    }));
    await using server = await ServerProcess.start({
      DATA_DIR: dataDir.path,
      AIOPS_DEMO: "off",
      AIOPS_HEALTH_SWEEP_MS: "3600000",
      AIOPS_API_TOKENS: JSON.stringify(users),
      AIOPS_LLM_MODELS: JSON.stringify([{ id: "scripted", url: `${model.url}/v1`, model: "scripted" }]),
    });
    const askers = users.map(({ token }) => new Asker(server, token));
    try {
      return [
        ...(await oneByOne(server, model, askers[0] as Asker)),
        await atOnce(server, askers),
        await openSessions(server, askers),
      ];
    } finally {
      await Promise.all(askers.map((asker) => asker[Symbol.asyncDispose]()));
    }
  },
};

/** As fast as the model writes, beside the model asked directly. */
async function oneByOne(server: ServerProcess, model: ServerProcess, asker: Asker) {
  const session = await asker.begin();
  const short = await repeated(server, () => asker.ask(session, "write 1 0"));
  const long = await repeated(server, () => asker.ask(session, "write 1000 0"));
  const tool = await repeated(server, () => asker.ask(session, "write 1 0 tool"));
  const direct = await repeated(model, () => askDirectly(model, "write 1000 0"));
  const directShort = await repeated(model, () => askDirectly(model, "write 1 0"));
  return [
    { "": "model asked directly: 1 token", p50: round(directShort.p50) },
    { "": "model asked directly: 1,000 tokens", p50: round(direct.p50) },
    { "": "answer of 1 token", p50: round(short.p50), p95: round(short.p95), cpu: round(short.cpu) },
    {
      "": "answer of 1,000 tokens, as fast as they come",
      p50: round(long.p50),
      p95: round(long.p95),
      cpu: round(long.cpu),
      "ms/token": round((long.p50 - short.p50) / 999, 4),
      "cpu/token": round((long.cpu - short.cpu) / 999, 4),
      "ratio to direct": round((long.p50 - short.p50) / Math.max(0.1, direct.p50 - directShort.p50), 2),
    },
    {
      "": "answer with one tool call",
      p50: round(tool.p50),
      p95: round(tool.p95),
      cpu: round(tool.cpu),
      "ms/call": round(tool.p50 - short.p50),
    },
  ];
}

/** @returns milliseconds of each, and processor milliseconds of the process for one */
async function repeated(process: ServerProcess, work: () => Promise<{ ms: number }>) {
  for (let warm = 0; warm < 3; warm += 1) await work();
  const cpu = await process.cpuMs();
  const times: number[] = [];
  for (let turn = 0; turn < ROUNDS; turn += 1) times.push((await work()).ms);
  return {
    p50: quantile(times, 0.5),
    p95: quantile(times, 0.95),
    cpu: ((await process.cpuMs()) - cpu) / ROUNDS,
  };
}

async function askDirectly(model: ServerProcess, content: string): Promise<{ ms: number }> {
  const began = performance.now();
  const response = await fetch(`${model.url}/v1/chat/completions`, {
    method: "POST",
    body: JSON.stringify({ messages: [{ role: "user", content }] }),
  });
  await response.text();
  return { ms: performance.now() - began };
}

async function atOnce(server: ServerProcess, askers: readonly Asker[]) {
  const sessions = await Promise.all(
    Array.from({ length: STREAMS }, async (_, index) => {
      const asker = askers[index % askers.length] as Asker;
      return { asker, session: await asker.begin() };
    }),
  );
  const before = await server.residentMiB();
  const cpu = await server.cpuMs();
  const answers = await Promise.all(
    sessions.map(({ asker, session }) => asker.ask(session, `write ${TOKENS} ${PER_SECOND}`)),
  );
  const latencies = answers.flatMap((answer) => answer.latencies);
  return {
    "": `${STREAMS} answers at once, ${TOKENS} tokens each at ${PER_SECOND} a second`,
    p50: round(quantile(latencies, 0.5)),
    p95: round(quantile(latencies, 0.95)),
    p99: round(quantile(latencies, 0.99)),
    "cpu/token": round(((await server.cpuMs()) - cpu) / (STREAMS * TOKENS), 4),
    "words told": latencies.length,
    MiB: await server.residentMiB(),
    "MiB before": before,
  };
}

/** Conversations that somebody watches, and in which nothing is said. */
async function openSessions(server: ServerProcess, askers: readonly Asker[]) {
  const before = await server.residentMiB();
  const watching = await Promise.all(
    Array.from({ length: IDLE_SESSIONS }, async (_, index) => {
      const asker = askers[index % askers.length] as Asker;
      return asker.watch(await asker.begin());
    }),
  );
  // Answered after them: each of them is open.
  const last = askers[0] as Asker;
  await last.ask(await last.begin(), "write 1 0");
  const after = await server.residentMiB();
  for (const { stop } of watching) stop();
  return {
    "": `${IDLE_SESSIONS} open sessions, watched`,
    MiB: after,
    "KiB/session": round(((after - before) * 1024) / IDLE_SESSIONS),
  };
}
