import { spawn } from "node:child_process";
import { once } from "node:events";
import { statSync } from "node:fs";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { freePort, ServerProcess } from "./server-process.ts";

// From dist/bench: what is installed there is no part of the build.
const PEERS = new URL("../../bench/peers/", import.meta.url);
const PROGRAM = "../bench/peers/node_modules/@graphql-hive/gateway/dist/bin.js";
const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export const HIVE = "Hive Gateway";

const modified = (path: string): number => statSync(new URL(path, PEERS), { throwIfNoEntry: false })?.mtimeMs ?? 0;

let installation: Promise<void> | undefined;

/** Half a gigabyte that the project itself has no use for: only this benchmark installs it, once. @throws why it cannot */
export function installHive(): Promise<void> {
  installation ??=
    modified("node_modules/.package-lock.json") < modified("package-lock.json") ? install() : Promise.resolve();
  return installation;
}

async function install(): Promise<void> {
  const args = ["ci", "--ignore-scripts", "--loglevel=error", "--prefix", fileURLToPath(PEERS)];
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
export async function startHive(env: Record<string, string>): Promise<ServerProcess> {
  const port = await freePort();
  const supergraph = at("../../schema/supergraph.graphql");
  const options = ["--jit", "--config-path", at("hive-config.js"), "--host", "127.0.0.1", "--port", String(port)];
  return await ServerProcess.run(PROGRAM, port, ["supergraph", supergraph, ...options], env);
}
