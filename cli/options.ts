import { readFile } from "node:fs/promises";
import { type ParseArgsConfig, parseArgs } from "node:util";
import { CommandError, UsageError } from "./terminal.ts";

export type Environment = Readonly<Record<string, string | undefined>>;
export type OptionsConfig = NonNullable<ParseArgsConfig["options"]>;

const DEFAULT_URL = "http://127.0.0.1:4000/graphql";

/** Options of every command. */
export const COMMON = {
  url: { type: "string" },
  "token-file": { type: "string" },
  help: { type: "boolean", short: "h" },
} as const satisfies OptionsConfig;

/** What was given, or a UsageError that says what is wrong with it. */
export function parse<O extends OptionsConfig>(args: readonly string[], options: O) {
  try {
    return parseArgs({ args: [...args], options: { ...COMMON, ...options }, allowPositionals: true, strict: true });
  } catch (error) {
    const [message = ""] = (error as Error).message.split(". ");
    if (args.some((arg) => /^--token(=|$)/.test(arg))) throw new UsageError(TOKEN_IN_ARGUMENTS);
    throw new UsageError(message.replace(/\.?$/, "."));
  }
}

const TOKEN_IN_ARGUMENTS =
  "There is no --token: every user of the machine can read a command's arguments. Use AIOPS_TOKEN or --token-file FILE.";

/** The API's address: by --url, by AIOPS_URL, or the one that npm start listens on. */
export function urlOf(given: string | undefined, env: Environment): URL {
  const text = given ?? (env["AIOPS_URL"] || DEFAULT_URL);
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password)
    throw new UsageError(`The API's address must be an http or https URL without a password, such as ${DEFAULT_URL}.`);
  return url;
}

/** The API token, or null where none is needed. */
export async function tokenOf(file: string | undefined, env: Environment): Promise<string | null> {
  const text = file === undefined ? (env["AIOPS_TOKEN"] ?? "") : await readText(file, "the token file");
  const token = text.trim();
  if (!/^[\x21-\x7e]*$/.test(token)) throw new CommandError("The API token must be one line without spaces.");
  return token || null;
}

/** @throws CommandError saying why it cannot be read. */
export async function readText(file: string, what: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new CommandError(`Cannot read ${what} ${file} (${(error as NodeJS.ErrnoException).code}).`);
  }
}

/** One of the API's enum values, in whichever case it was given. */
export function oneOf<T extends string>(
  values: readonly T[],
  given: string | undefined,
  option: string,
): T | undefined {
  if (given === undefined) return undefined;
  const wanted = given.toUpperCase().replaceAll("-", "_");
  const value = values.find((candidate) => candidate === wanted);
  if (value !== undefined) return value;
  const known = values.map((candidate) => candidate.toLowerCase().replaceAll("_", "-"));
  throw new UsageError(`--${option} must be one of ${known.join(", ")}.`);
}

/** Labels given as key=value. */
export function labelsOf(given: readonly string[] | undefined): Record<string, string> | undefined {
  if (given === undefined) return undefined;
  const labels = given.map((label): [string, string] => {
    const [key = "", ...value] = label.split("=");
    if (key === "" || value.length === 0) throw new UsageError(`--label must be key=value, and "${label}" is not.`);
    return [key, value.join("=")];
  });
  return Object.fromEntries(labels);
}
