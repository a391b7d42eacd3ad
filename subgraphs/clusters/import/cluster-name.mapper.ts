import { createHash } from "node:crypto";

/** What a cluster's name is made from. */
export interface NameSource {
  /** What it is called where it comes from: a kubeconfig's context, a hub's managed cluster. */
  context: string;
  /** Its API server, if known. */
  server: string | null;
  /** The same for what is the same cluster. */
  endpoint: string;
}

const MAX_NAME = 63;
const HASH_DIGITS = 6;

/**
 * A name for each, in the order given: readable, in the registry's form as far as the source allows ("" where nothing of it can
 * stand in a name), and different for different clusters. A name depends neither on the order of the sources nor on which of
 * them are imported, so that importing again finds what it made before.
 */
export function clusterNames(sources: readonly NameSource[], prefix = ""): string[] {
  const wishes = sources.map((source) => wishesOf(source, prefix));
  const wantedBy = new Map<string, Set<string>>();
  const exact = new Map<string, string>();
  for (const [i, { context, endpoint }] of sources.entries()) {
    for (const wish of wishes[i] ?? []) wantedBy.set(wish, (wantedBy.get(wish) ?? new Set()).add(endpoint));
    if (slug(context, MAX_NAME) === context) exact.set(cut(prefix + context, MAX_NAME), endpoint);
  }
  const free = (wish: string, endpoint: string): boolean =>
    exact.has(wish) ? exact.get(wish) === endpoint : wantedBy.get(wish)?.size === 1;
  return sources.map(({ endpoint }, i) => {
    const [first = "", ...others] = wishes[i] ?? [];
    if (first === prefix) return "";
    return [first, ...others].find((wish) => free(wish, endpoint)) ?? hashed(first, endpoint);
  });
}

/** Names that would do, the most readable first. */
function wishesOf({ context, server }: NameSource, prefix: string): string[] {
  const room = MAX_NAME - prefix.length;
  const wishes = [...readable(context, server), context].map((text) => prefix + slug(text, room));
  const [first] = wishes;
  return [...new Set(wishes)].filter((wish) => wish === first || wish !== prefix);
}

/** The part that people call the cluster by, in the forms that the usual tools write; then with more of where it is. */
function readable(context: string, server: string | null): string[] {
  // oc login: project/api-<cluster>-<base domain>:port/user, with dashes for the host's dots.
  const [, host] = /^[^/]*\/([^/:]+):\d+(?:\/.*)?$/.exec(context) ?? [];
  if (host !== undefined) return [...openshiftName(host, server), host.replace(/^api-/, "")];
  const [, region, account, eks] = /^arn:[^:]+:eks:([^:]+):(\d+):cluster\/(.+)$/.exec(context) ?? [];
  if (eks !== undefined) return [eks, `${eks}-${region}`, `${eks}-${region}-${account}`];
  const [, project, location, gke] = /^gke_([^_]+)_([^_]+)_(.+)$/.exec(context) ?? [];
  if (gke !== undefined) return [gke, `${gke}-${location}`, `${gke}-${location}-${project}`];
  const [, eksctl, place] = /@([^@.]+)\.([^@.]+)\.eksctl\.io$/.exec(context) ?? [];
  if (eksctl !== undefined) return [eksctl, `${eksctl}-${place}`];
  const [, at] = /^[^@]+@([^@]+)$/.exec(context) ?? [];
  return at === undefined ? [] : [at];
}

/** OpenShift's API servers are api.<cluster>.<base domain>: the host in the context cannot tell where the cluster's name ends. */
function openshiftName(host: string, server: string | null): string[] {
  const hostname = server !== null && URL.canParse(server) ? new URL(server).hostname : "";
  const [, cluster] = /^api\.([^.]+)\../.exec(hostname) ?? [];
  return cluster !== undefined && hostname.replaceAll(".", "-") === host ? [cluster] : [];
}

/** Whether `oc login` wrote the context. */
export const isOpenshiftContext = (context: string): boolean => /^[^/]*\/[^/:]+:\d+(\/.*)?$/.test(context);

function slug(text: string, room: number): string {
  const plain = text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  return cut(plain.replace(/[^a-z0-9]+/g, "-").replace(/^-/, ""), room);
}

const cut = (name: string, room: number): string => name.slice(0, Math.max(0, room)).replace(/-+$/, "");

function hashed(name: string, endpoint: string): string {
  const digits = createHash("sha256").update(endpoint).digest("hex").slice(0, HASH_DIGITS);
  return `${cut(name, MAX_NAME - HASH_DIGITS - 1)}-${digits}`;
}
