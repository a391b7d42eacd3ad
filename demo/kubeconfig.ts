/** A kubeconfig for one cluster with a bearer token, as JSON (which is YAML). */
export function kubeconfig(cluster: { name: string; server: string; ca: string; token: string }): string {
  const { name, server, token } = cluster;
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { server, "certificate-authority-data": Buffer.from(cluster.ca).toString("base64") } }],
    users: [{ name: `${name}-demo`, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: `${name}-demo` } }],
    "current-context": name,
  };
  return JSON.stringify(config, null, 2);
}
