import { contains, type IpAddress, type IpRange, parseRange } from "./address.ts";

/**
 * `never`: link-local, cloud metadata, unspecified, multicast, broadcast: nothing a fleet is at. `internal`: loopback, private
 * and reserved: what only those on the same network should reach. `public`: everybody's.
 */
export type Reach = "never" | "internal" | "public";

const ranges = (...texts: string[]): readonly IpRange[] =>
  texts.map((text) => {
    const range = parseRange(text);
    if (!range) throw new Error(`${text} is no range.`);
    return range;
  });

const NEVER = ranges(
  "0.0.0.0/8", // unspecified: the host itself, on Linux
  "169.254.0.0/16", // link-local, with most clouds' metadata
  "224.0.0.0/4", // multicast
  "255.255.255.255", // broadcast
  "100.100.100.200", // metadata of Alibaba Cloud
  "168.63.129.16", // Azure's host agent, which hands out secrets
  "192.0.0.192", // metadata of Oracle Cloud's first generation
  "::",
  "fe80::/10", // link-local
  "ff00::/8", // multicast
  "fd00:ec2::/32", // metadata and pod identity of AWS
  "fd20:ce::254", // metadata of Google Cloud
  "fd00:42::42", // metadata of Scaleway
);

const INTERNAL = ranges(
  "10.0.0.0/8",
  "100.64.0.0/10", // carrier-grade NAT
  "127.0.0.0/8", // loopback
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24", // documentation
  "192.88.99.0/24", // 6to4 relays
  "192.168.0.0/16",
  "198.18.0.0/15", // benchmarks
  "198.51.100.0/24", // documentation
  "203.0.113.0/24", // documentation
  "240.0.0.0/4", // reserved
  "2001::/23", // protocol assignments, with Teredo
  "2001:db8::/32", // documentation
  "3fff::/20", // documentation
);

/** What IPv6 has given out to the world. All else is internal: loopback, fc00::/7, what is not assigned. */
const [GLOBAL_IPV6] = ranges("2000::/3") as [IpRange];

/** IPv6 that means an IPv4 address, which begins `shift` bits from the end; `internal`: that no router of the world carries. */
const EMBEDDED = [
  { range: "::ffff:0:0/96", shift: 0n, internal: false }, // mapped
  { range: "64:ff9b::/96", shift: 0n, internal: false }, // NAT64
  { range: "2002::/16", shift: 80n, internal: false }, // 6to4
  { range: "::/96", shift: 0n, internal: true }, // compatible
  { range: "::ffff:0:0:0/96", shift: 0n, internal: true }, // translated
  { range: "64:ff9b:1::/48", shift: 0n, internal: true }, // NAT64 of a network's own
].map(({ range, ...rest }) => ({ range: ranges(range)[0] as IpRange, ...rest }));

/** Who can reach the address, and so whether a server may be sent to it. */
export function reachOf(address: IpAddress): Reach {
  if (isNever(address)) return "never";
  const outer = isInternal(address) ? "internal" : "public";
  const meant = embeddedIn(address);
  if (!meant) return outer;
  const inner = reachOf(meant.address);
  return meant.internal && inner === "public" ? "internal" : inner;
}

/** The IPv4 address that an IPv6 address stands for, if it does. */
export function embeddedIpv4(address: IpAddress): IpAddress | null {
  return embeddedIn(address)?.address ?? null;
}

/** Of an address, and of a range if all of it is. */
export const isNever = (address: IpAddress | IpRange): boolean => NEVER.some((range) => contains(range, address));

function isInternal(address: IpAddress): boolean {
  if (address.family === 6 && !contains(GLOBAL_IPV6, address)) return true;
  return INTERNAL.some((range) => contains(range, address));
}

function embeddedIn(address: IpAddress): { address: IpAddress; internal: boolean } | null {
  const found = EMBEDDED.find(({ range }) => contains(range, address));
  // ::1 is loopback, and no 0.0.0.1.
  if (!found || address.value <= 1n) return null;
  return { address: { family: 4, value: (address.value >> found.shift) & 0xffff_ffffn }, internal: found.internal };
}
