import { createPrivateKey, X509Certificate } from "node:crypto";
import type { Cluster, User } from "@kubernetes/client-node";
import { z } from "zod";
import { CodedError } from "../../kernel/errors.ts";
import { tokenExpiry } from "../bearer-token.ts";

/** The library costs a second of start-up: it is loaded when the first cluster is asked. */
export const kubernetesLibrary = (): Promise<typeof import("@kubernetes/client-node")> =>
  import("@kubernetes/client-node");

export interface KubeconfigFacts {
  /** PEM of the certificate authority, if the kubeconfig carries one. */
  caCertificate: string | null;
  /** The user's bearer token, if that is how it signs in. */
  token: string | null;
  /** When the token or client certificate ends, if it says so. */
  expiresAt: Date | null;
}

const text = z.string().nullish();
const entries = z.array(z.looseObject({ name: z.string() })).nullish();
const Kubeconfig = z.object({
  kind: z.literal("Config").optional(),
  "current-context": text,
  contexts: entries,
  clusters: entries,
  users: entries,
});
const ContextEntry = z.object({ context: z.object({ cluster: z.string(), user: z.string() }) });
const ClusterEntry = z.object({
  name: z.string(),
  cluster: z.looseObject({
    server: text,
    "certificate-authority-data": text,
    "tls-server-name": text,
  }),
});
const UserEntry = z.object({
  name: z.string(),
  user: z.looseObject({
    token: text,
    "client-certificate-data": text,
    "client-key-data": text,
    username: text,
    password: text,
  }),
});

/** What is refused where it stands in the current context's cluster or user, and why. */
const REFUSED = [
  { keys: ["exec"], message: "exec plugins are not run on the server. Use a service account token instead." },
  { keys: ["auth-provider"], message: "auth-provider plugins are not supported. Use a token or a client certificate." },
  {
    keys: ["certificate-authority", "client-certificate", "client-key", "tokenFile", "token-file"],
    message: "The kubeconfig refers to files. Embed them: kubectl config view --raw --flatten.",
  },
  { keys: ["proxy-url"], message: "proxy-url is not supported." },
  {
    keys: ["insecure-skip-tls-verify"],
    message: "insecure-skip-tls-verify is not accepted. Put the cluster's CA into certificate-authority-data.",
  },
  {
    keys: ["as", "as-uid", "as-groups", "as-user-extra"],
    message: "Impersonation (as) is not supported. Use the credentials themselves.",
  },
];

/**
 * A kubeconfig that is safe to use on a server: complete in itself. What would run a program or read a file of ours is refused.
 * Its current context is picked out here, since the library reads files (token-file) while it parses.
 * @throws CREDENTIALS_INVALID saying what is wrong and, where there is one, the way out; never echoing the content.
 */
export async function loadKubeconfig(
  config: string,
): Promise<{ cluster: Cluster; user: User; facts: KubeconfigFacts }> {
  const { cluster: clusterEntry, user: userEntry } = currentContext(await parseYaml(config));
  for (const { keys, message } of REFUSED) {
    if (keys.some((key) => clusterEntry.cluster[key] || userEntry.user[key])) throw invalid(message);
  }
  const cluster = {
    name: clusterEntry.name,
    server: clusterEntry.cluster.server ?? "",
    skipTLSVerify: false,
    ...present("caData", clusterEntry.cluster["certificate-authority-data"]),
    ...present("tlsServerName", clusterEntry.cluster["tls-server-name"]),
  } satisfies Cluster as Cluster;
  const user = {
    name: userEntry.name,
    ...present("token", userEntry.user.token),
    ...present("certData", userEntry.user["client-certificate-data"]),
    ...present("keyData", userEntry.user["client-key-data"]),
    ...present("username", userEntry.user.username),
    ...present("password", userEntry.user.password),
  } satisfies User as User;
  return { cluster, user, facts: factsOf(cluster, user) };
}

/** A kubeconfig around a bearer token, so that every cluster's credentials have one form. JSON is YAML. */
export function kubeconfigForToken(options: { server: string; token: string; caCertificate: string | null }): string {
  const ca = options.caCertificate && Buffer.from(options.caCertificate).toString("base64");
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "default",
    contexts: [{ name: "default", context: { cluster: "default", user: "default" } }],
    clusters: [
      { name: "default", cluster: { server: options.server, ...(ca ? { "certificate-authority-data": ca } : {}) } },
    ],
    users: [{ name: "default", user: { token: options.token } }],
  });
}

async function parseYaml(config: string): Promise<z.output<typeof Kubeconfig>> {
  const { loadYaml } = await kubernetesLibrary();
  try {
    return Kubeconfig.parse(loadYaml<unknown>(config));
  } catch {
    throw invalid("The kubeconfig is not valid YAML of kind Config.");
  }
}

function currentContext(config: z.output<typeof Kubeconfig>) {
  const named = (list: z.output<typeof entries>, name: string | null | undefined) =>
    list?.find((entry) => entry.name === name);
  const context = ContextEntry.safeParse(named(config.contexts, config["current-context"])).data?.context;
  const cluster = ClusterEntry.safeParse(named(config.clusters, context?.cluster));
  const user = UserEntry.safeParse(named(config.users, context?.user));
  if (cluster.success && user.success) return { cluster: cluster.data, user: user.data };
  throw invalid("The kubeconfig's current-context must name a context with a cluster and a user.");
}

function factsOf(cluster: Cluster, user: User): KubeconfigFacts {
  const { token, certData, keyData, username } = user;
  if (!token && !(certData && keyData) && !username) {
    throw invalid("The kubeconfig's user has neither a token nor a client certificate with its key.");
  }
  // What cannot stand in a header would fail at each request, and nowhere say why.
  if (token && !/^[\x21-\x7e]+$/.test(token))
    throw invalid("The token holds spaces or line breaks, or is not a token.");
  const caCertificate = cluster.caData ? decoded(cluster.caData) : null;
  if (caCertificate) readable("certificate-authority-data", () => new X509Certificate(caCertificate));
  if (keyData) readable("client-key-data", () => createPrivateKey(decoded(keyData)));
  const certificate = certData
    ? readable("client-certificate-data", () => new X509Certificate(decoded(certData)))
    : null;
  const expiresAt = token ? tokenExpiry(token) : certificate && new Date(certificate.validTo);
  return { caCertificate, token: token ?? null, expiresAt };
}

function readable<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch {
    throw invalid(`The kubeconfig's ${name} is not base64 of PEM.`);
  }
}

const decoded = (base64: string): string => Buffer.from(base64, "base64").toString("utf8");

const present = <K extends string>(key: K, value: string | null | undefined): { [P in K]?: string } =>
  (value ? { [key]: value } : {}) as { [P in K]?: string };

const invalid = (message: string): CodedError =>
  new CodedError("CREDENTIALS_INVALID", message, { field: "kubeconfig" });
