import { spawn } from "node:child_process";
import { once } from "node:events";
import { statSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { packageRoot } from "../subgraphs/shared/kernel/package-root.ts";
import { freePort } from "./free-port.ts";
import { ServerProcess } from "./server-process.ts";

// What is installed there is no part of the build.
const PEERS = join(packageRoot(), "bench", "peers");
const PROGRAM = join(PEERS, "node_modules", "@graphql-hive", "gateway", "dist", "bin.js");
/** As built: it is Node that reads it. */
const CONFIG = join(packageRoot(), "dist", "bench", "hive-config.js");

export const HIVE = "Hive Gateway";

/** Its planner and executor of the first hour, or the newer ones that plan in Rust. */
export type HivePlanner = "JavaScript" | "Rust";

const modified = (path: string): number => statSync(join(PEERS, path), { throwIfNoEntry: false })?.mtimeMs ?? 0;

const isInstalled = (): boolean => modified("node_modules/.package-lock.json") >= modified("package-lock.json");

let installation: Promise<void> | undefined;

/** Half a gigabyte that the project itself has no use for: only this benchmark installs it, once. @throws why it cannot */
export function installHive(): Promise<void> {
  installation ??= isInstalled() ? Promise.resolve() : install();
  return installation;
}

/** Why it cannot be started here, or undefined. Where it is not there yet it is installed in CI alone, which takes half a minute. */
export async function hiveProblem(): Promise<string | undefined> {
  if (!isInstalled() && process.env["CI"] !== "true") return "npm ci --prefix bench/peers installs Hive Gateway";
  return await installHive().then(
    () => undefined,
    (error: Error) => `${HIVE} is ${error.message}`,
  );
}

async function install(): Promise<void> {
  const args = ["ci", "--ignore-scripts", "--loglevel=error", "--prefix", PEERS];
  const npm = process.env["npm_execpath"];
  const [command, first] = npm ? [process.execPath, [npm]] : ["npm", []];
  const child = spawn(command, [...first, ...args], { stdio: ["ignore", "ignore", "pipe"] });
  const [problem] = await Promise.all([text(child.stderr), once(child, "close")]);
  if (child.exitCode === 0) return;
  const reason = problem
    .replaceAll(/\s*npm error /g, " ")
    .trim()
    .slice(0, 200);
  throw new Error(`not installed: ${reason || `npm ci ended with ${child.exitCode}`}`);
}

/** Hive Gateway as fast as it gets, by its own command, over the subgraphs that `env` names. */
export async function startHive(
  env: Record<string, string>,
  planner: HivePlanner = "JavaScript",
): Promise<ServerProcess> {
  const port = await freePort();
  const supergraph = env["AIOPS_SUPERGRAPH"] ?? join(packageRoot(), "schema", "supergraph.graphql");
  // Under the Rust planner's own executor, --jit makes every object null.
  const fastest = planner === "Rust" ? "--hive-router-runtime" : "--jit";
  const options = [fastest, "--config-path", CONFIG, "--host", "127.0.0.1", "--port", String(port)];
  return await ServerProcess.run(PROGRAM, port, ["supergraph", supergraph, ...options], env);
}
