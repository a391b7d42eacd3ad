import type { Target } from "../../shared/fleet/directory.ts";
import { isAskedAs } from "../../shared/fleet/sign-in.ts";

/** Clusters whose silences are the same. */
export type SharedAlertmanager = readonly [first: Target, ...others: Target[]];

/**
 * Alertmanagers that know each other share their silences, and clusters may share an Alertmanager: each such group is asked once,
 * by its first cluster, and by the first of those that are asked in the user's name: the others' rights are not the user's.
 * @param haGroups by cluster, as far as its Alertmanager was ever read.
 */
export function sharedAlertmanagers(
  targets: readonly Target[],
  haGroups: ReadonlyMap<string, string>,
): SharedAlertmanager[] {
  const keyOf = ({ id, alertmanagerUrl, as }: Target): string => {
    const group = haGroups.get(id) ?? "default";
    // One that is alone is known by where it is.
    const shared = group === "default" ? (alertmanagerUrl ?? id) : group;
    return isAskedAs(alertmanagerUrl, as) ? `${shared} ${as.key}` : shared;
  };
  return [...Map.groupBy(targets, keyOf).values()] as unknown as SharedAlertmanager[];
}
