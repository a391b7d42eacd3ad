import type { Window } from "../../shared/kernel/time-range.ts";
import type { ClaimedDevices } from "../readings/claims.mapper.ts";
import { pointsOf } from "./range.window.ts";
import type { Pods, Track } from "./track.mapper.ts";

/** The nodes of whose devices no exporter told a single pod in all the time: resource claims may. */
export function silentNodes(tracks: readonly Track[]): ReadonlySet<string> {
  const telling = new Set(tracks.filter(({ pods }) => pods.some(({ length }) => length > 0)).map(({ node }) => node));
  return new Set(tracks.map(({ node }) => node).filter((node) => !telling.has(node)));
}

const NOBODY: Pods = [];

/**
 * With the pods that claims tell of. Claims are known only as they are now: what a device was before its claim, and since when one
 * without a claim has none, nobody knows.
 */
export function withClaims(tracks: readonly Track[], claims: ClaimedDevices, window: Window): Track[] {
  const silent = silentNodes(tracks);
  return tracks.map((track) => {
    const claim = silent.has(track.node) ? claims.get(track.uuid) : undefined;
    if (!claim) return track;
    const { allocated, pods, since } = claim;
    const points = pointsOf(window);
    const begun = since === null ? points - 1 : Math.ceil((since.getTime() / 1000 - window.start) / window.step);
    const from = allocated ? Math.min(Math.max(0, begun), points - 1) : points - 1;
    return {
      ...track,
      pods: track.pods.map((_, column) => (allocated && column >= from ? pods : NOBODY)),
      claim: { from, allocated },
    };
  });
}
