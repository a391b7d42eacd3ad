import { isIP } from "node:net";

export interface IpAddress {
  family: 4 | 6;
  /** The address's 32 or 128 bits. */
  value: bigint;
}

/** All addresses of a family whose first `prefix` bits are those of `value`; the rest of `value` is zero. */
export interface IpRange extends IpAddress {
  prefix: number;
}

const BITS = { 4: 32, 6: 128 } as const;

/** An address in its usual text form, with or without a zone ("%eth0"); null for anything else, such as a host name. */
export function parseAddress(text: string): IpAddress | null {
  const bare = text.split("%", 1)[0] ?? "";
  const family = isIP(bare);
  if (family === 4) return { family, value: ipv4(bare) };
  if (family === 6) return { family, value: ipv6(bare) };
  return null;
}

/** A range in CIDR notation, or a single address; null for anything else, and for bits beyond the prefix ("10.0.0.5/8"). */
export function parseRange(text: string): IpRange | null {
  const [, network = "", length] = /^([0-9a-fA-F.:]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const address = parseAddress(network);
  if (!address) return null;
  const bits = BITS[address.family];
  const prefix = length === undefined ? bits : Number(length);
  if (prefix > bits) return null;
  const range = { ...address, prefix };
  return firstBits(range, prefix) << BigInt(bits - prefix) === address.value ? range : null;
}

/** Whether the address is in the range; of a range, whether all of it is. */
export const contains = (range: IpRange, { prefix = Infinity, ...address }: IpAddress & { prefix?: number }): boolean =>
  address.family === range.family &&
  prefix >= range.prefix &&
  firstBits(address, range.prefix) === firstBits(range, range.prefix);

const firstBits = ({ family, value }: IpAddress, count: number): bigint => value >> BigInt(BITS[family] - count);

const ipv4 = (text: string): bigint => text.split(".").reduce((value, part) => (value << 8n) | BigInt(part), 0n);

function ipv6(text: string): bigint {
  const [, start, dotted] = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text) ?? [];
  if (start !== undefined && dotted !== undefined) {
    const value = ipv4(dotted);
    return ipv6(`${start}${(value >> 16n).toString(16)}:${(value & 0xffffn).toString(16)}`);
  }
  const [left = [], right = []] = text.split("::").map((half) => (half ? half.split(":") : []));
  const zeros = Array<string>(8 - left.length - right.length).fill("0");
  return [...left, ...zeros, ...right].reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n);
}
