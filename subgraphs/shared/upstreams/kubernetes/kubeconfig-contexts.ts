import { z } from "zod";
import { CodedError } from "../../kernel/errors.ts";
import { kubernetesLibrary, loadKubeconfig } from "./kubeconfig.ts";

const MAX_EXTRACT = 262_144;

/** One context of a kubeconfig. */
export interface KubeconfigContext {
  name: string;
  /** Its API server as it is written; null where the context names no cluster of the file. */
  server: string | null;
  /** Contexts with the same endpoint lead to the same cluster, whoever signs in and in whichever namespace. */
  endpoint: string;
  /**
   * A kubeconfig of this context alone: nothing of another context's cluster or user is in it.
   * @throws CREDENTIALS_INVALID saying why it cannot be used on a server, and the way out.
   */
  extract(): Promise<string>;
}

const named = z.array(z.looseObject({ name: z.string() })).nullish();
const Kubeconfig = z.object({
  kind: z.literal("Config").optional(),
  contexts: named,
  clusters: named,
  users: named,
});
const Context = z.object({ context: z.object({ cluster: z.string(), user: z.string().nullish() }) });
const Fields = z.record(z.string(), z.unknown());

/**
 * The contexts of a kubeconfig, in its order. A name that occurs twice counts once: the first.
 * @throws CREDENTIALS_INVALID where it is no kubeconfig or has no context; never echoing the content.
 */
export async function kubeconfigContexts(config: string): Promise<KubeconfigContext[]> {
  const { loadYaml } = await kubernetesLibrary();
  const parsed = Kubeconfig.safeParse(orNothing(() => loadYaml<unknown>(config)));
  if (!parsed.success) throw invalid("The kubeconfig is not valid YAML of kind Config.");
  const { contexts, clusters, users } = parsed.data;
  const [clustersByName, usersByName] = [byName(clusters), byName(users)];
  const found = [...byName(contexts)].map(([name, entry]): KubeconfigContext => {
    const { cluster: clusterName = "", user: userName = "" } = Context.safeParse(entry).data?.context ?? {};
    const cluster = Fields.safeParse(clustersByName.get(clusterName)?.["cluster"]).data;
    const user = Fields.safeParse(usersByName.get(userName ?? "")?.["user"]).data;
    const server = typeof cluster?.["server"] === "string" ? cluster["server"] : null;
    const endpoint = server === null ? `no cluster: ${name}` : endpointOf(server, cluster?.["tls-server-name"]);
    return { name, server, endpoint, extract: () => extract(name, cluster, user) };
  });
  if (found.length === 0) throw invalid("The kubeconfig has no context.");
  return found;
}

type Entry = NonNullable<z.output<typeof named>>[number];

/** The first of a name counts. */
function byName(entries: z.output<typeof named>): Map<string, Entry> {
  const first = new Map<string, Entry>();
  for (const entry of entries ?? []) if (!first.has(entry.name)) first.set(entry.name, entry);
  return first;
}

/** Behind one proxy's address the TLS server name tells clusters apart. */
function endpointOf(server: string, tlsServerName: unknown): string {
  const url = URL.canParse(server) ? new URL(server).href.replace(/\/+$/, "") : server;
  return typeof tlsServerName === "string" ? `${url} ${tlsServerName}` : url;
}

async function extract(
  name: string,
  cluster: Record<string, unknown> | undefined,
  user: Record<string, unknown> | undefined,
): Promise<string> {
  if (!cluster) throw invalid("The context names no cluster of the kubeconfig.");
  if (!user) throw invalid("The context names no user of the kubeconfig.");
  const alone = JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": name,
    contexts: [{ name, context: { cluster: name, user: name } }],
    clusters: [{ name, cluster: flat(cluster) }],
    users: [{ name, user: flat(user) }],
  });
  if (alone.length > MAX_EXTRACT) throw invalid(`The context alone has more than ${MAX_EXTRACT} characters.`);
  await loadKubeconfig(alone);
  return alone;
}

/**
 * What signs in is text. Anything deeper (a plugin, above all) is only marked as there, so that it is refused by its name, and
 * so that a file whose aliases unfold without end does not.
 */
const flat = (fields: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(fields)
      .filter(([key]) => key !== "extensions")
      .map(([key, value]) => [key, typeof value === "object" && value !== null ? true : value]),
  );

function orNothing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

const invalid = (message: string): CodedError =>
  new CodedError("CREDENTIALS_INVALID", message, { field: "kubeconfig" });
