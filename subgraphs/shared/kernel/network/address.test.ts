import { describe, expect, it } from "vitest";
import { contains, type IpAddress, parseAddress, parseRange } from "./address.ts";

const v4 = (value: number): IpAddress => ({ family: 4, value: BigInt(value) });
const v6 = (hex: string): IpAddress => ({ family: 6, value: BigInt(`0x${hex}`) });

describe("parseAddress", () => {
  it.each<[string, IpAddress]>([
    ["0.0.0.0", v4(0)],
    ["127.0.0.1", v4(0x7f000001)],
    ["255.255.255.255", v4(0xffffffff)],
    ["::", v6("0")],
    ["::1", v6("1")],
    ["fe80::", v6(`fe80${"0".repeat(28)}`)],
    ["2001:db8::a:0:1", v6("20010db8000000000000000a00000001")],
    ["1:2:3:4:5:6:7:8", v6("00010002000300040005000600070008")],
    ["::2:3:4:5:6:7:8", v6("00000002000300040005000600070008")],
    ["1:2:3:4:5:6:7::", v6("00010002000300040005000600070000")],
    ["::ffff:127.0.0.1", v6("ffff7f000001")],
    ["::FFFF:7F00:1", v6("ffff7f000001")],
    ["64:ff9b::192.168.1.2", v6(`0064ff9b${"0".repeat(16)}c0a80102`)],
    ["1:2:3:4:5:6:1.2.3.4", v6("00010002000300040005000601020304")],
    ["fe80::1%eth0", v6(`fe80${"0".repeat(27)}1`)],
  ])("reads %s", (text, address) => expect(parseAddress(text)).toEqual(address));

  it.each([
    "",
    "localhost",
    "1.2.3",
    "1.2.3.256",
    "01.2.3.4",
    "0x7f.0.0.1",
    "2130706433",
    "[::1]",
    "1::2::3",
    "::g",
    "%",
    "1.2.3.4 ",
  ])("takes %j for no address", (text) => expect(parseAddress(text)).toBeNull());
});

describe("parseRange", () => {
  it.each<[string, number]>([
    ["10.0.0.0/8", 8],
    ["10.1.2.3", 32],
    ["0.0.0.0/0", 0],
    ["fc00::/7", 7],
    ["::1", 128],
    ["::/0", 0],
  ])("reads %s", (text, prefix) => expect(parseRange(text)).toMatchObject({ prefix }));

  it.each([
    "",
    "10.0.0.5/8",
    "10.0.0.0/33",
    "::/129",
    "10.0.0.0/",
    "10.0.0.0/-1",
    "10.0.0.0/8/8",
    "/8",
    "fc00::1/7",
    "a.example/8",
    "fe80::%eth0/10",
  ])("takes %j for no range", (text) => expect(parseRange(text)).toBeNull());
});

describe("contains", () => {
  it.each<[string, string, boolean]>([
    ["10.0.0.0/8", "10.255.255.255", true],
    ["10.0.0.0/8", "11.0.0.0", false],
    ["10.0.0.0/8", "9.255.255.255", false],
    ["172.16.0.0/12", "172.31.255.255", true],
    ["172.16.0.0/12", "172.32.0.0", false],
    ["0.0.0.0/0", "255.255.255.255", true],
    ["0.0.0.0/0", "::", false],
    ["::/0", "10.0.0.1", false],
    ["fc00::/7", "fdff:ffff::1", true],
    ["fc00::/7", "fe00::", false],
    ["1.2.3.4", "1.2.3.4", true],
    ["1.2.3.4", "1.2.3.5", false],
    ["10.0.0.0/8", "10.0.0.0/9", true],
    ["10.0.0.0/8", "10.0.0.0/8", true],
    ["10.0.0.0/8", "8.0.0.0/7", false],
  ])("%s has %s: %s", (range, other, expected) => {
    const [outer, inner] = [parseRange(range), other.includes("/") ? parseRange(other) : parseAddress(other)];
    if (!outer || !inner) throw new Error("The test is wrong.");
    expect(contains(outer, inner)).toBe(expected);
  });
});
