import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SUBGRAPHS } from "../../subgraphs/index.ts";
import { packageRoot } from "../../subgraphs/shared/kernel/package-root.ts";
import { freePort } from "../free-port.ts";
import { ServerProcess } from "../server-process.ts";
import { Balancer } from "./balancer.ts";
import { Part } from "./part.ts";
import { PostgresqlDoor } from "./postgresql-door.ts";
import { PostgresqlServer } from "./postgresql-server.ts";
import { RedisServer } from "./redis-server.ts";

const POSTGRESQL_URL = process.env["TEST_DATABASE_URL"] ?? "postgresql://postgres@127.0.0.1:5432/test";

/**
 * The product as it is run in production, on this machine: two gateways and two of each subgraph behind load balancers, and a
 * PostgreSQL and a Redis of their own, each of which may be killed and started again.
 */
export class Deployment implements AsyncDisposable {
  /** Of an administrator. */
  readonly token = randomBytes(16).toString("hex");
  /** `<name>-0` and `<name>-1`, gateways among them. */
  readonly parts = new Map<string, Part>();
  readonly postgresql: PostgresqlServer | PostgresqlDoor;
  readonly redis: RedisServer;
  readonly directory: string;
  readonly #balancers = new Map<string, Balancer>();
  #demo: ServerProcess | undefined;

  private constructor(directory: string, postgresql: PostgresqlServer | PostgresqlDoor, redis: RedisServer) {
    this.directory = directory;
    this.postgresql = postgresql;
    this.redis = redis;
  }

  /** With a demo fleet of so many clusters, for queries to ask. */
  static async start({ demoClusters }: { demoClusters: number }): Promise<Deployment> {
    const directory = await mkdtemp(join(tmpdir(), "aiops-faults-"));
    const postgresql =
      (await PostgresqlServer.start()) ??
      (await PostgresqlDoor.start(POSTGRESQL_URL, `aiops_faults_${randomBytes(6).toString("hex")}`, await freePort()));
    const redis = await RedisServer.start("--appendonly", "yes", "--appendfsync", "always");
    const deployment = new Deployment(directory, postgresql, redis);
    try {
      await deployment.#start(demoClusters);
      return deployment;
    } catch (error) {
      await deployment[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Of the gateways, as a client reaches them. */
  get url(): string {
    return this.urlOf("gateway");
  }

  urlOf(name: string): string {
    return `http://127.0.0.1:${this.#balancers.get(name)?.port}`;
  }

  part(name: string): Part {
    const part = this.parts.get(name);
    if (!part) throw new Error(`There is no ${name}.`);
    return part;
  }

  async #start(demoClusters: number): Promise<void> {
    const names = SUBGRAPHS.map(({ subgraph }) => subgraph.name);
    const ports = new Map<string, number[]>();
    for (const name of [...names, "gateway"]) {
      const own = [await freePort(), await freePort()];
      ports.set(name, own);
      this.#balancers.set(name, await Balancer.over(own));
    }
    const reports = join(this.directory, "reports");
    await mkdir(reports);
    const shared = {
      DATABASE_URL: this.postgresql.url,
      REDIS_URL: this.redis.url,
      AIOPS_INTERNAL_SECRET: randomBytes(32).toString("hex"),
      AIOPS_ENCRYPTION_KEYS: `k1:${randomBytes(32).toString("base64")}`,
      AIOPS_GRAPH_URL: `${this.url}/graphql`,
      AIOPS_TARGET_ALLOW: "127.0.0.1",
      AIOPS_REPORTS_DIR: reports,
      LOG_LEVEL: "info",
    };
    const gateway = {
      ...shared,
      AIOPS_SUPERGRAPH: join(packageRoot(), "schema", "supergraph.graphql"),
      AIOPS_SUBGRAPH_URLS: names.map((name) => `${name}=${this.urlOf(name)}/graphql`).join(","),
      AIOPS_API_TOKENS: JSON.stringify([{ token: this.token, user: "load", roles: ["admin"] }]),
    };
    for (const [name, own] of ports) {
      const what =
        name === "gateway"
          ? { program: "gateway/main.js", env: gateway }
          : { program: "subgraphs/main.js", args: [name], env: shared };
      for (const [index, port] of own.entries()) {
        const id = `${name}-${index}`;
        const logFile = join(this.directory, `${id}.log`);
        this.parts.set(id, await Part.of({ ...what, name: id, port, logFile }));
      }
    }
    // All at once, on an empty database.
    await Promise.all([...this.parts.values()].map((part) => part.start()));
    const port = await freePort();
    this.#demo = await ServerProcess.run("demo/main.js", port, [], {
      AIOPS_DEMO: String(demoClusters),
      AIOPS_DEMO_BASE_PORT: "0",
      AIOPS_DEMO_CONTROL_PORT: String(port),
      AIOPS_GATEWAY_URL: `${this.url}/graphql`,
      AIOPS_TOKEN: this.token,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#demo?.[Symbol.asyncDispose]();
    await Promise.all([...this.parts.values()].map((part) => part[Symbol.asyncDispose]()));
    for (const balancer of this.#balancers.values()) await balancer[Symbol.asyncDispose]();
    await this.redis[Symbol.asyncDispose]();
    await this.postgresql[Symbol.asyncDispose]();
    await rm(this.directory, { recursive: true, force: true });
  }
}
