import type { Target } from "../../shared/fleet/directory.ts";

/** Clusters whose silences are the same. */
export type SharedAlertmanager = readonly [first: Target, ...others: Target[]];

/**
 * Alertmanagers that know each other share their silences, and clusters may share an Alertmanager: each such group is asked once,
 * by its first cluster.
 * @param haGroups by cluster, as far as its Alertmanager was ever read.
 */
export function sharedAlertmanagers(
  targets: readonly Target[],
  haGroups: ReadonlyMap<string, string>,
): SharedAlertmanager[] {
  const keyOf = ({ id, alertmanagerUrl }: Target): string => {
    const group = haGroups.get(id) ?? "default";
    // One that is alone is known by where it is.
    return group === "default" ? (alertmanagerUrl ?? id) : group;
  };
  return [...Map.groupBy(targets, keyOf).values()] as unknown as SharedAlertmanager[];
}
