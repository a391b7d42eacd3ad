import { randomBytes } from "node:crypto";
import pg from "pg";
import { SUBGRAPHS } from "../subgraphs/index.ts";
import { freePort } from "./free-port.ts";
import { ServerProcess } from "./server-process.ts";

const POSTGRESQL_URL = process.env["TEST_DATABASE_URL"] ?? "postgresql://postgres@127.0.0.1:5432/test";

/** Every subgraph as a process of its own, over a database of their own, for gateways to stand in front of. */
export class SeparateSubgraphs implements AsyncDisposable {
  /** What a gateway must know of them. */
  readonly env: Record<string, string>;
  readonly processes: ServerProcess[] = [];
  readonly #database = `aiops_bench_${randomBytes(6).toString("hex")}`;

  private constructor(env: Record<string, string>) {
    const url = new URL(POSTGRESQL_URL);
    url.pathname = `/${this.#database}`;
    this.env = {
      AIOPS_DATABASE_CONNECTIONS: "6",
      ...env,
      DATABASE_URL: url.href,
      AIOPS_INTERNAL_SECRET: randomBytes(32).toString("hex"),
      AIOPS_ENCRYPTION_KEYS: `k1:${randomBytes(32).toString("base64")}`,
    };
  }

  static async start(env: Record<string, string>): Promise<SeparateSubgraphs> {
    const subgraphs = new SeparateSubgraphs(env);
    await administer(`CREATE DATABASE ${subgraphs.#database}`);
    try {
      await subgraphs.#start();
      return subgraphs;
    } catch (error) {
      await subgraphs[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #start(): Promise<void> {
    const urls: string[] = [];
    for (const { subgraph } of SUBGRAPHS) {
      const port = await freePort();
      this.processes.push(await ServerProcess.run("subgraphs/main.js", port, [subgraph.name], this.env));
      urls.push(`${subgraph.name}=http://127.0.0.1:${port}/graphql`);
    }
    this.env["AIOPS_SUBGRAPH_URLS"] = urls.join(",");
  }

  /** The process of one of them. */
  of(name: string): ServerProcess {
    const process = this.processes[SUBGRAPHS.findIndex(({ subgraph }) => subgraph.name === name)];
    if (!process) throw new Error(`No subgraph ${name}.`);
    return process;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.processes.map((process) => process[Symbol.asyncDispose]()));
    await administer(`DROP DATABASE ${this.#database} WITH (FORCE)`);
  }
}

async function administer(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: POSTGRESQL_URL, connectionTimeoutMillis: 5000 });
  try {
    await client.connect();
    await client.query(sql);
  } finally {
    await client.end().catch(() => {});
  }
}
