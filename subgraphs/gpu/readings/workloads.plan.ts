import type { PodName } from "./device.mapper.ts";

/** Of more pods than these, all of their namespaces are asked for: a query has its limits, too. */
const MOST_NAMED = 300;

/**
 * Who owns these pods, and the replica sets among their owners, as kube-state-metrics tells in the labels of either style.
 * @param seconds how far back: of pods that are gone, only the past tells. 0 for now.
 */
export function ownersQuery(pods: readonly PodName[], seconds: number): string {
  const namespaces = matching(pods.map(({ namespace }) => namespace));
  const names = pods.length > MOST_NAMED ? "" : matching(pods.map(({ name }) => name));
  const selectors = ["", "exported_"].flatMap((prefix) => {
    const where = `${prefix}namespace=~${namespaces}`;
    const named = names === "" ? where : `${where},${prefix}pod=~${names}`;
    return [`kube_pod_owner{${named}}`, `kube_replicaset_owner{${where},owner_kind="Deployment"}`];
  });
  return selectors.map((each) => (seconds > 0 ? `max_over_time(${each}[${seconds}s])` : each)).join(" or ");
}

/** In one regular expression. Kubernetes' names have no other character that means something in it than the dot. */
const matching = (names: readonly string[]): string =>
  JSON.stringify(
    [...new Set(names)]
      .sort()
      .map((name) => name.replaceAll(".", "\\."))
      .join("|"),
  );
