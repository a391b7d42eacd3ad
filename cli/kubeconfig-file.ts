import { stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { z } from "zod";
import { readText } from "./options.ts";
import { CommandError } from "./terminal.ts";

const MAX_BYTES = 16 * 1024 * 1024;
const MAX_CREDENTIAL_BYTES = 1024 * 1024;

const Fields = z.record(z.string(), z.unknown());
type Fields = z.output<typeof Fields>;
const entries = (key: string) =>
  z
    .array(z.looseObject({ name: z.string() }))
    .nullish()
    .transform((list) => {
      const first = new Map<string, Fields>();
      for (const entry of list ?? []) {
        const fields = Fields.safeParse(entry[key]).data ?? {};
        if (!first.has(entry.name)) first.set(entry.name, fields);
      }
      return first;
    });
const Kubeconfig = z.object({
  contexts: entries("context"),
  clusters: entries("cluster"),
  users: entries("user"),
});

/** A kubeconfig as it stands in a file, its entries by name. */
export interface KubeconfigFile extends z.output<typeof Kubeconfig> {
  /** Where the files are that it refers to. */
  directory: string;
}

/** A part of a kubeconfig, complete in itself, that can be sent; and the contexts that cannot, with the reason. */
export interface Portable {
  kubeconfig: string;
  contexts: string[];
  refused: { context: string; message: string }[];
}

/** @throws CommandError where it cannot be read or is no kubeconfig. */
export async function readKubeconfig(file: string): Promise<KubeconfigFile> {
  const text = await readBounded(file, "the kubeconfig", MAX_BYTES);
  const { loadYaml } = await import("@kubernetes/client-node");
  const parsed = Kubeconfig.safeParse(orNothing(() => loadYaml<unknown>(text)));
  if (!parsed.success || parsed.data.contexts.size === 0)
    throw new CommandError(`${file} is not a kubeconfig with a context in it.`);
  return { ...parsed.data, directory: dirname(resolve(file)) };
}

/**
 * What the server needs of the wanted contexts: the files that their credentials are in are read here, where they may be, and
 * embedded. Of the other contexts it learns names and addresses, by which it names clusters, and no credential.
 */
export async function portable(file: KubeconfigFile, wanted: readonly string[]): Promise<Portable> {
  const clusters = new Map([...file.clusters].map(([name, cluster]) => [name, addressOf(cluster)]));
  const users = new Map<string, Fields>();
  const sendable: string[] = [];
  const refused: Portable["refused"] = [];
  for (const context of wanted) {
    const { cluster = "", user = "" } = (file.contexts.get(context) ?? {}) as { cluster?: string; user?: string };
    try {
      const [clusterFields, userFields] = [file.clusters.get(cluster), file.users.get(user)];
      const embedded = [
        clusterFields && (await embed(clusterFields, CLUSTER_FILES, file.directory)),
        userFields && (await embed(withoutPlugin(userFields, context), USER_FILES, file.directory)),
      ] as const;
      if (embedded[0]) clusters.set(cluster, embedded[0]);
      if (embedded[1]) users.set(user, embedded[1]);
      sendable.push(context);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      refused.push({ context, message: error.message });
    }
  }
  const kubeconfig = JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    contexts: listed(new Map([...file.contexts].map(([name, context]) => [name, contextOf(context)])), "context"),
    clusters: listed(clusters, "cluster"),
    users: listed(users, "user"),
  });
  return { kubeconfig, contexts: sendable, refused };
}

/** Each file's field, the field that takes its content, and whether that is base64. */
const CLUSTER_FILES = [["certificate-authority", "certificate-authority-data", true]] as const;
const USER_FILES = [
  ["client-certificate", "client-certificate-data", true],
  ["client-key", "client-key-data", true],
  ["tokenFile", "token", false],
] as const;

/** As kubectl has it, embedded data is preferred to its file, and a token's file to the token. */
async function embed(
  fields: Fields,
  files: readonly (readonly [file: string, data: string, base64: boolean])[],
  directory: string,
): Promise<Fields> {
  const embedded = scalars(fields);
  for (const [file, data, base64] of files) {
    const path = embedded[file];
    delete embedded[file];
    if (typeof path !== "string" || path === "" || (base64 && embedded[data])) continue;
    const text = await readBounded(resolve(directory, path), file, MAX_CREDENTIAL_BYTES);
    embedded[data] = base64 ? Buffer.from(text).toString("base64") : text.trim();
  }
  return embedded;
}

function withoutPlugin(user: Fields, context: string): Fields {
  const plugin = user["exec"] ? "exec" : user["auth-provider"] ? "auth-provider" : null;
  if (plugin === null) return user;
  throw new CommandError(
    `It signs in by the ${plugin} plugin of your machine, which the server cannot run. Make a service account and put its token ` +
      `into a kubeconfig: kubectl --context ${JSON.stringify(context)} create token NAME --duration 720h`,
  );
}

/** Nothing that signs in is deeper than text; what is, is only marked as there, so that the server can refuse it by name. */
const scalars = (fields: Fields): Fields =>
  Object.fromEntries(
    Object.entries(fields)
      .filter(([key]) => key !== "extensions")
      .map(([key, value]) => [key, typeof value === "object" && value !== null ? true : value]),
  );

const pick = (fields: Fields, ...keys: string[]): Fields =>
  Object.fromEntries(keys.filter((key) => typeof fields[key] === "string").map((key) => [key, fields[key]]));
const addressOf = (cluster: Fields): Fields => pick(cluster, "server", "tls-server-name");
const contextOf = (context: Fields): Fields => pick(context, "cluster", "user");

const listed = (byName: ReadonlyMap<string, Fields>, key: string): object[] =>
  [...byName].map(([name, fields]) => ({ name, [key]: fields }));

/** A device or a pipe would never end. */
async function readBounded(file: string, what: string, maxBytes: number): Promise<string> {
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(`Cannot read ${what} ${file} (${error.code}).`);
  });
  if (!found.isFile()) throw new CommandError(`Cannot read ${what} ${file} (not a file).`);
  if (found.size > maxBytes) throw new CommandError(`Cannot read ${what} ${file} (larger than ${maxBytes} bytes).`);
  return await readText(file, what);
}

function orNothing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
