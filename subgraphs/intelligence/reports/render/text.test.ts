import { describe, expect, it } from "vitest";
import { clipped, escaped, inline, lines, visible, withCommas } from "./text.ts";

describe("hostile text", () => {
  it("shows what is invisible: controls, what turns text around, lone surrogates", () => {
    expect(visible("\u001b[31mred\u0000")).toBe("\\u{1b}[31mred\\u{0}");
    expect(visible("a\u202etxt.exe\u2066\u200b\ufeff")).toBe("a\\u{202e}txt.exe\\u{2066}\\u{200b}\\u{feff}");
    expect(visible("\ud800x\u2028\u{e0041}")).toBe("\\u{d800}x\\u{2028}\\u{e0041}");
  });

  it("leaves what people write: other scripts, emoji, tabs, lines", () => {
    const text = "Störung 日本 שלום 👩‍🚀\ta\nb";
    expect(visible(text)).toBe(text);
    expect(visible("a\r\nb\rc")).toBe("a\nb\nc");
  });

  it("is one line in a cell, and no longer than fits", () => {
    expect(inline("  a\n\n b\tc ")).toBe("a b c");
    expect(inline("w".repeat(10_000), 20)).toBe(`${"w".repeat(20)}… (9,980 more characters)`);
    expect(lines(" a\n b ")).toBe("a\n b");
  });

  it("is never cut inside a character", () => {
    expect(clipped(`ab👍${"c".repeat(40)}`, 3)).toBe("ab… (42 more characters)");
    expect(clipped("a word too many", 10)).toBe("a word too many");
  });

  it("is escaped for markup", () => {
    expect(escaped(`<a href="x" o='y'>&`)).toBe("&lt;a href=&quot;x&quot; o=&#39;y&#39;&gt;&amp;");
  });

  it("has numbers that can be read", () => {
    expect([0, 999, 1000, 1_234_567].map(withCommas)).toEqual(["0", "999", "1,000", "1,234,567"]);
  });
});
