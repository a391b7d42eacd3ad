import type { Cluster, User } from "@kubernetes/client-node";
import { CodedError } from "../../kernel/errors.ts";

/** The library costs a second of start-up: it is loaded when the first cluster is asked. */
export const kubernetesLibrary = (): Promise<typeof import("@kubernetes/client-node")> => import("@kubernetes/client-node");

export interface KubeconfigFacts {
  /** PEM of the certificate authority, if the kubeconfig carries one. */
  caCertificate: string | null;
  /** The user's bearer token, if that is how it signs in. */
  token: string | null;
  /** When the token or client certificate ends, if it says so. */
  expiresAt: Date | null;
}

/**
 * A kubeconfig that is safe to use on a server: complete in itself. What would run a program or read a file of ours is refused.
 * @throws CREDENTIALS_INVALID saying what is wrong and, where there is one, the way out; never echoing the content.
 */
export async function loadKubeconfig(text: string): Promise<{ cluster: Cluster; user: User; facts: KubeconfigFacts }> {
  const library = await kubernetesLibrary();
  const config = new library.KubeConfig();
  try {
    config.loadFromString(text);
  } catch {
    throw invalid("The kubeconfig is not valid YAML of kind Config.");
  }
  const cluster = config.getCurrentCluster();
  const user = config.getCurrentUser();
  if (!cluster || !user) throw invalid("The kubeconfig's current-context must name a context with a cluster and a user.");
  if (user.exec) throw invalid("exec plugins are not run on the server. Use a service account token instead.");
  if (user.authProvider) throw invalid("auth-provider plugins are not supported. Use a token or a client certificate.");
  if (cluster.caFile || user.certFile || user.keyFile) {
    throw invalid("The kubeconfig refers to files. Embed them: kubectl config view --raw --flatten.");
  }
  if (cluster.proxyUrl) throw invalid("proxy-url is not supported.");
  if (cluster.skipTLSVerify) {
    throw invalid("insecure-skip-tls-verify is not accepted. Put the cluster's CA into certificate-authority-data.");
  }
  const facts = {
    caCertificate: cluster.caData ? Buffer.from(cluster.caData, "base64").toString("utf8") : null,
    token: user.token ?? null,
    expiresAt: user.token ? tokenExpiry(user.token) : null,
  };
  return { cluster, user, facts };
}

/** A kubeconfig around a bearer token, so that every cluster's credentials have one form. JSON is YAML. */
export function kubeconfigForToken(options: { server: string; token: string; caCertificate: string | null }): string {
  const ca = options.caCertificate && Buffer.from(options.caCertificate).toString("base64");
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "default",
    contexts: [{ name: "default", context: { cluster: "default", user: "default" } }],
    clusters: [{ name: "default", cluster: { server: options.server, ...(ca ? { "certificate-authority-data": ca } : {}) } }],
    users: [{ name: "default", user: { token: options.token } }],
  });
}

/** `exp` of a JWT, unverified: only shown and warned about. Null for opaque tokens. */
function tokenExpiry(token: string): Date | null {
  try {
    const { exp } = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8")) as { exp?: unknown };
    return typeof exp === "number" ? new Date(exp * 1000) : null;
  } catch {
    return null;
  }
}

const invalid = (message: string): CodedError => new CodedError("CREDENTIALS_INVALID", message, { field: "kubeconfig" });
