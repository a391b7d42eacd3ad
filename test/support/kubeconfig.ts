import type { DemoCluster } from "../../demo/fleet.ts";

interface Entry {
  name: string;
}

/** A kubeconfig as an object; JSON is YAML. */
export interface Kubeconfig {
  contexts: (Entry & { context: { cluster: string; user: string } })[];
  clusters: (Entry & { cluster: Record<string, unknown> })[];
  users: (Entry & { user: Record<string, unknown> })[];
}

/** The demo clusters' kubeconfigs in one file, as `kubectl config view --flatten` merges them. */
export function mergedKubeconfig(clusters: readonly DemoCluster[]): Kubeconfig {
  const parts = clusters.map(({ kubeconfig }) => JSON.parse(kubeconfig) as Kubeconfig);
  return {
    contexts: parts.flatMap(({ contexts }) => contexts),
    clusters: parts.flatMap((part) => part.clusters),
    users: parts.flatMap(({ users }) => users),
  };
}

/** Adds a context with a cluster and a user of its own. */
export function addContext(
  config: Kubeconfig,
  name: string,
  cluster: Record<string, unknown>,
  user: Record<string, unknown>,
): void {
  config.contexts.push({ name, context: { cluster: name, user: name } });
  config.clusters.push({ name, cluster });
  config.users.push({ name, user });
}
