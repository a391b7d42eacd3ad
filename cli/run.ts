import { readFile } from "node:fs/promises";
import { Api } from "./api.ts";
import type { Command } from "./command.ts";
import { clustersCheck } from "./commands/clusters-check.ts";
import { clustersImport } from "./commands/clusters-import.ts";
import { clustersList } from "./commands/clusters-list.ts";
import { keysRotate } from "./commands/keys-rotate.ts";
import { type Environment, type OptionsConfig, parse, tokenOf, urlOf } from "./options.ts";
import { CommandError, plain, type Terminal, UsageError } from "./terminal.ts";

/** A command with its options' types behind it. */
interface Runnable extends Pick<Command, "usage" | "summary" | "help"> {
  run(args: readonly string[], env: Environment, terminal: Terminal, help: () => string): Promise<number>;
}

const runnable = <O extends OptionsConfig>(command: Command<O>): Runnable => ({
  usage: command.usage,
  summary: command.summary,
  help: command.help,
  async run(args, env, terminal, help) {
    const given = parse(args, command.options);
    const { help: asked, url, "token-file": tokenFile } = given.values as CommonValues;
    if (asked) {
      terminal.out(help());
      return 0;
    }
    const address = urlOf(url, env);
    const token = await tokenOf(tokenFile, env);
    if (token !== null && address.protocol === "http:" && !isLoopback(address.hostname))
      terminal.note("Warning: the API token and all credentials travel unencrypted, since the address is not https.\n");
    return await command.run(given, new Api(address, token), terminal);
  },
});

interface CommonValues {
  help?: boolean;
  url?: string;
  "token-file"?: string;
}

const COMMANDS = new Map<string, Runnable>([
  ["clusters import", runnable(clustersImport)],
  ["clusters list", runnable(clustersList)],
  ["clusters check", runnable(clustersCheck)],
  ["keys rotate", runnable(keysRotate)],
]);

const COMMON_HELP = [
  "--url URL            the API; AIOPS_URL, or http://127.0.0.1:4000/graphql, unless given",
  "--token-file FILE    where the API token is; the variable AIOPS_TOKEN unless given",
];

/** One invocation. @returns the exit code: 0, 1 where it could not be done, 2 where it was not given as it should be. */
export async function run(args: readonly string[], env: Environment, terminal: Terminal): Promise<number> {
  try {
    return await dispatch(args, env, terminal);
  } catch (error) {
    if (error instanceof UsageError) {
      terminal.note(`aiops: ${plain(error.message)} See: aiops --help\n`);
      return 2;
    }
    if (!(error instanceof CommandError)) throw error;
    terminal.note(`aiops: ${plain(error.message)}\n`);
    return 1;
  }
}

async function dispatch(args: readonly string[], env: Environment, terminal: Terminal): Promise<number> {
  const [first, second] = args;
  if (first === "--version") {
    terminal.out(`${await version()}\n`);
    return 0;
  }
  if (first === undefined || first === "--help" || first === "-h" || first === "help") {
    if (first !== undefined) terminal.out(overview());
    else terminal.note(overview());
    return first === undefined ? 2 : 0;
  }
  const name = `${first} ${second ?? ""}`;
  const command = COMMANDS.get(name);
  if (!command) throw new UsageError(`There is no command ${JSON.stringify(name.trim())}.`);
  return await command.run(args.slice(2), env, terminal, () => helpOf(name, command));
}

function overview(): string {
  const width = Math.max(...[...COMMANDS.keys()].map((name) => name.length));
  const lines = [...COMMANDS].map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`);
  return `Usage: aiops COMMAND [options]\n\n${lines.join("\n")}\n\nFor every command:\n${indented(COMMON_HELP)}\nMore on one: aiops COMMAND --help\n`;
}

const helpOf = (name: string, { usage, summary, help }: Runnable): string =>
  `Usage: aiops ${name} ${usage}\n\nIt ${summary}.\n\n${indented([...help, ...COMMON_HELP])}`;

const indented = (lines: readonly string[]): string => lines.map((line) => `  ${line}\n`).join("");

const isLoopback = (hostname: string): boolean => /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);

/** Of the package, which lies one folder up from the source and two from what is built of it. */
async function version(): Promise<string> {
  for (const up of ["../package.json", "../../package.json"]) {
    const text = await readFile(new URL(up, import.meta.url), "utf8").catch(() => null);
    if (text !== null) return (JSON.parse(text) as { version: string }).version;
  }
  throw new CommandError("There is no package.json beside this program.");
}
