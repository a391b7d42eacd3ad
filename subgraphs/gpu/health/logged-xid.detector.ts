import type { DeviceReading } from "../readings/device.mapper.ts";
import type { Collection } from "../updates/told.mapper.ts";
import { busOf, type LoggedXid } from "./kernel-log.mapper.ts";

/** An XID of one device that the kernel's log told of, with every time that it did; in order. */
export interface LoggedTrouble {
  node: string;
  /** Its UUID; of one that nobody knows by its address, its node and that. */
  device: string;
  code: string;
  times: readonly Date[];
  /** The process that it was last told with. */
  process: string | null;
}

/** A device that is seen, and its address where somebody tells it. */
export type Addressed = Pick<DeviceReading, "uuid" | "node" | "pciBusId" | "signals">;

const short = (name: string): string => name.replace(/\..*$/, "");

/**
 * Which devices the XIDs are of: by the address on the bus; of one that is not seen any more, by the address that it was collected
 * with. One whose address nobody tells is the one that shows the same XID, or the only one of its node that there is.
 */
export function loggedTroubles(
  xids: readonly LoggedXid[],
  devices: readonly Addressed[],
  collection: Collection,
): LoggedTrouble[] {
  const byNode = Map.groupBy(devices, ({ node }) => short(node));
  const gone = Object.entries(collection).filter(([, { missingSince, unseenSince }]) => missingSince ?? unseenSince);
  const placed = xids.map((xid) => {
    const its = byNode.get(short(xid.node)) ?? [];
    const node = its[0]?.node ?? xid.node;
    const addressed = its.find(({ pciBusId }) => busOf(pciBusId) === xid.bus)?.uuid;
    const collected = gone.find(
      ([, told]) => short(told.node) === short(node) && busOf(told.pciBusId) === xid.bus,
    )?.[0];
    const nameless = its.filter(({ pciBusId }) => busOf(pciBusId) === null);
    const alike = nameless.filter(({ signals }) => showsXid(signals, xid.code));
    const only = alike.length === 1 ? alike[0] : nameless.length === 1 && its.length === 1 ? nameless[0] : undefined;
    return { xid, node, device: addressed ?? collected ?? only?.uuid ?? `${node}/${xid.bus}` };
  });
  return [...Map.groupBy(placed, ({ xid, device }) => `${xid.code} ${device}`).values()].flatMap((all) => {
    const [first] = all;
    const last = all.at(-1)?.xid;
    if (!first || !last) return [];
    const { pid, process } = last;
    return [
      {
        node: first.node,
        device: first.device,
        code: first.xid.code,
        times: all.map(({ xid }) => xid.at),
        process: pid === null ? null : process === null ? `process ${pid}` : `${process} (process ${pid})`,
      },
    ];
  });
}

const showsXid = (signals: DeviceReading["signals"], code: string): boolean =>
  signals["DCGM_FI_DEV_XID_ERRORS"] === Number(code) || (signals[`DCGM_EXP_XID_ERRORS_COUNT/${code}`] ?? 0) > 0;
