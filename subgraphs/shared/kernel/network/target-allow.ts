import { contains, type IpAddress, type IpRange, parseRange } from "./address.ts";
import { embeddedIpv4, isNever } from "./reach.ts";

/** What AIOPS_TARGET_ALLOW names. */
export interface TargetAllow {
  /** In lower case: a host name, or "*." and what names of any depth end in. */
  hosts: readonly string[];
  ranges: readonly IpRange[];
}

// A name whose last label is a number would be read as an address.
const HOST = /^(\*\.)?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * Comma-separated host names, *.suffix patterns, addresses and CIDRs.
 * @returns what they name, and what is wrong, by the entry's position: a value may not be echoed.
 */
export function parseTargetAllow(text: string): TargetAllow & { problems: string[] } {
  const hosts: string[] = [];
  const ranges: IpRange[] = [];
  const problems: string[] = [];
  for (const [index, given] of text.split(",").entries()) {
    const entry = given.trim().toLowerCase();
    const range = parseRange(entry);
    if (range && isNever(range)) problems.push(`entry ${index + 1} is of those that are never reached`);
    else if (range) ranges.push(range);
    else if (HOST.test(entry)) hosts.push(entry);
    else problems.push(`entry ${index + 1} is neither a host name, *.suffix, an address nor a CIDR`);
  }
  return { hosts, ranges, problems };
}

/** @param host as in a URL; `address` one that it resolves to. */
export function namesTarget({ hosts, ranges }: TargetAllow, host: string, address: IpAddress): boolean {
  const forms = [address, embeddedIpv4(address)].filter((form) => form !== null);
  return forms.some((form) => ranges.some((range) => contains(range, form))) || namesHost(hosts, host);
}

function namesHost(hosts: readonly string[], host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, "");
  return hosts.some((entry) => (entry.startsWith("*.") ? name.endsWith(entry.slice(1)) : name === entry));
}
