import { describe, expect, it } from "vitest";
import { parseAddress } from "./address.ts";
import { namesTarget, parseTargetAllow } from "./target-allow.ts";

const names = (allow: string, host: string, at: string): boolean => {
  const address = parseAddress(at);
  if (!address) throw new Error(`${at} is no address.`);
  return namesTarget(parseTargetAllow(allow), host, address);
};

describe("parseTargetAllow", () => {
  it("reads names, patterns, addresses and ranges", () => {
    expect(parseTargetAllow("demo, *.Clusters.example.com ,10.0.0.0/8,127.0.0.1,fd12::/16")).toMatchObject({
      hosts: ["demo", "*.clusters.example.com"],
      ranges: [
        { family: 4, prefix: 8 },
        { family: 4, prefix: 32 },
        { family: 6, prefix: 16 },
      ],
      problems: [],
    });
  });

  it.each([
    "*",
    "*.",
    "a.*.example",
    "https://a.example",
    "a.example:443",
    "a b",
    "",
    "a,,b",
    "10.0.0.5/8",
    "10.0.0.0/33",
    "1.2.3",
    "2130706433",
    "0x7f.1",
    "[::1]",
    "-a",
    "a..b",
  ])("refuses %j by its position, and echoes nothing", (text) => {
    const { problems } = parseTargetAllow(`a.example,${text}`);
    expect(problems.length).toBe(1);
    expect(problems[0]).toMatch(/^entry [23] is neither a host name, \*\.suffix, an address nor a CIDR$/);
  });

  it.each(["169.254.169.254", "169.254.0.0/16", "fe80::/64", "0.0.0.0", "100.100.100.200"])(
    "refuses %s, which would be of no effect",
    (text) => expect(parseTargetAllow(text).problems).toEqual(["entry 1 is of those that are never reached"]),
  );
});

describe("namesTarget", () => {
  it.each<[string, string, string, boolean]>([
    ["demo", "demo", "172.18.0.5", true],
    ["demo", "DEMO.", "172.18.0.5", true],
    ["demo", "demo.example", "172.18.0.5", false],
    ["demo", "notdemo", "172.18.0.5", false],
    ["*.example.com", "a.example.com", "10.0.0.1", true],
    ["*.example.com", "a.b.example.com", "10.0.0.1", true],
    ["*.example.com", "example.com", "10.0.0.1", false],
    ["*.example.com", "badexample.com", "10.0.0.1", false],
    ["*.example.com", "a.example.com.evil", "10.0.0.1", false],
    ["10.0.0.0/8", "anything", "10.1.2.3", true],
    ["10.0.0.0/8", "anything", "11.1.2.3", false],
    ["10.0.0.0/8", "anything", "::ffff:10.1.2.3", true],
    ["10.0.0.0/8", "anything", "64:ff9b::10.1.2.3", true],
    ["64:ff9b:1::/48", "anything", "64:ff9b:1::10.1.2.3", true],
    ["::1", "localhost", "::1", true],
    ["::1", "localhost", "127.0.0.1", false],
  ])("%s names %s at %s: %s", (allow, host, at, expected) => expect(names(allow, host, at)).toBe(expected));
});
