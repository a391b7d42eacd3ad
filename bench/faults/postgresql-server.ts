import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { chown, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { freePort } from "../free-port.ts";
import { until } from "../until.ts";

const DEBIAN = "/usr/lib/postgresql";

/** Where the server's programs are, or undefined. */
function programs(): string | undefined {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a)) : [];
  const places = [
    ...versions.map((version) => join(DEBIAN, version, "bin")),
    ...(process.env["PATH"] ?? "").split(":"),
  ];
  return places.find((place) => existsSync(join(place, "initdb")) && existsSync(join(place, "postgres")));
}

/** It refuses to run as root: then as the user that its package made. */
function owner(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const id = (flag: string): number =>
    Number(execFileSync("id", [flag, "postgres"], { stdio: ["ignore", "pipe", "ignore"] }));
  try {
    return { uid: id("-u"), gid: id("-g") };
  } catch {
    return undefined;
  }
}

/** A PostgreSQL of one's own, to be stopped as by a crash and started again. */
export class PostgresqlServer implements AsyncDisposable {
  readonly url: string;
  readonly #port: number;
  readonly #bin: string;
  readonly #directory: string;
  readonly #user: { uid: number; gid: number };
  #child: ChildProcess | undefined;

  private constructor(port: number, bin: string, directory: string, user: { uid: number; gid: number }) {
    this.#port = port;
    this.#bin = bin;
    this.#directory = directory;
    this.#user = user;
    this.url = `postgresql://postgres@127.0.0.1:${port}/postgres`;
  }

  /** Undefined where this machine has no PostgreSQL to run. */
  static async start(): Promise<PostgresqlServer | undefined> {
    const [bin, user] = [programs(), owner()];
    if (!bin || !user) return undefined;
    const directory = await mkdtemp(join(tmpdir(), "aiops-postgresql-"));
    await chown(directory, user.uid, user.gid);
    const server = new PostgresqlServer(await freePort(), bin, directory, user);
    const made = ["-D", directory, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"];
    const [code] = (await once(server.#spawn("initdb", made), "exit")) as [number];
    if (code !== 0) throw new Error(`initdb ended with ${code}.`);
    await server.start();
    return server;
  }

  async start(): Promise<void> {
    const settings = {
      listen_addresses: "127.0.0.1",
      port: this.#port,
      unix_socket_directories: "",
      max_connections: 200,
    };
    const args = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    this.#child = this.#spawn("postgres", ["-D", this.#directory, ...args]);
    await until("PostgreSQL answers", () => answers(this.url), 60_000);
  }

  /** Without a checkpoint, as by a crash: what was committed is in its log alone. */
  async kill(): Promise<void> {
    if (!this.#child || this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGQUIT");
    await ended;
  }

  #spawn(program: string, args: readonly string[]): ChildProcess {
    return spawn(join(this.#bin, program), args, { cwd: this.#directory, stdio: "ignore", ...this.#user });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.#directory, { recursive: true, force: true });
  }
}

async function answers(connectionString: string): Promise<boolean> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 2000 });
  client.on("error", () => {});
  try {
    await client.connect();
    await client.query("SELECT 1");
    await client.end();
    return true;
  } catch {
    // Nothing to end: one that never connected would not say that it has ended.
    return false;
  }
}
