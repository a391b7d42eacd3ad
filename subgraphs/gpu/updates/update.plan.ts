import type { Collection, ToldDevice } from "./told.mapper.ts";

/** What has changed enough to be told. */
export interface Update {
  /** All that is to be kept. */
  collection: Collection;
  /** By node, the UUIDs of the devices that changed. */
  changed: ReadonlyMap<string, string[]>;
  /** Whether what is to be kept differs, also where there is nothing to tell. */
  differs: boolean;
}

/** A device that is not seen for so long is forgotten. */
const FORGOTTEN_MS = 24 * 3_600_000;
const LEAST = { utilization: 10, memoryShare: 0.05, temperature: 5, powerShare: 0.1 };

/**
 * Against what was last told, so that slow change is told too. A device is missing when others of its node are seen without it; of a
 * node that nobody tells of at all, nobody knows. What is collected for the first time is told of no more than it is kept.
 * @param smiRan whether nvidia-smi was run this time, without which some devices are not seen.
 */
export function planUpdate(last: Collection | null, seen: Collection, now: Date, smiRan: boolean): Update {
  if (last === null) return { collection: seen, changed: new Map(), differs: true };
  const nodes = new Set(Object.values(seen).map(({ node }) => node));
  const collection: Record<string, ToldDevice> = {};
  const changed: [node: string, uuid: string][] = [];
  let silently = false;
  for (const [uuid, device] of Object.entries(seen)) {
    const before = last[uuid];
    const pids = device.pids ?? before?.pids ?? null;
    const tell = !before || differs(before, { ...device, pids });
    if (before?.unseenSince) silently = true;
    collection[uuid] = tell ? { ...device, pids } : seenAgain(before);
    if (tell) changed.push([device.node, uuid]);
  }
  for (const [uuid, device] of Object.entries(last)) {
    if (seen[uuid]) continue;
    collection[uuid] = device;
    if (device.onlySmi && !smiRan) continue;
    const since = device.missingSince ?? device.unseenSince ?? now.toISOString();
    if (now.getTime() - Date.parse(since) > FORGOTTEN_MS) {
      delete collection[uuid];
      silently = true;
    } else if (nodes.has(device.node) && device.missingSince === null) {
      collection[uuid] = missing(device, now.toISOString());
      changed.push([device.node, uuid]);
    } else if (device.missingSince === null && !device.unseenSince) {
      collection[uuid] = { ...device, unseenSince: since };
      silently = true;
    }
  }
  const byNode = Map.groupBy(changed, ([node]) => node);
  return {
    collection,
    changed: new Map([...byNode].map(([node, all]) => [node, all.map(([, uuid]) => uuid)])),
    differs: silently || changed.length > 0,
  };
}

const seenAgain = ({ unseenSince: _unseenSince, ...device }: ToldDevice): ToldDevice => device;

/** Nothing of it is known any more: not 0. */
const missing = (device: ToldDevice, missingSince: string): ToldDevice => ({
  ...seenAgain(device),
  missingSince,
  utilization: null,
  memoryUsed: null,
  temperature: null,
  power: null,
  pods: [],
  pids: null,
});

function differs(before: ToldDevice, now: ToldDevice): boolean {
  return (
    before.missingSince !== null ||
    before.node !== now.node ||
    moved(before.utilization, now.utilization, LEAST.utilization) ||
    moved(before.memoryUsed, now.memoryUsed, LEAST.memoryShare * (now.memoryTotal ?? before.memoryUsed ?? 0)) ||
    moved(before.temperature, now.temperature, LEAST.temperature) ||
    moved(before.power, now.power, LEAST.powerShare * (before.power ?? 0)) ||
    before.pods.join() !== now.pods.join() ||
    (before.pids !== null && before.pids.join() !== now.pids?.join())
  );
}

/** Also from unknown to known, and back. */
const moved = (before: number | null, now: number | null, least: number): boolean =>
  before === null || now === null ? before !== now : before !== now && Math.abs(now - before) >= least;
