import { expect, it } from "vitest";
import { LineSplitter } from "./line-splitter.ts";

it("cuts lines wherever the chunks end, also within a character", () => {
  const bytes = Buffer.from('{"a":"ü"}\n\n{"b":1}\r\nrest');
  for (let size = 1; size <= bytes.length; size++) {
    const lines = new LineSplitter();
    const found: string[] = [];
    for (let at = 0; at < bytes.length; at += size) found.push(...lines.push(bytes.subarray(at, at + size)));
    expect(found).toEqual(['{"a":"ü"}', '{"b":1}\r']);
  }
});

it("refuses a line without end", () => {
  const lines = new LineSplitter();
  const chunk = Buffer.alloc(1024 * 1024, "x");
  for (let i = 0; i < 8; i++) expect(lines.push(chunk)).toEqual([]);
  expect(() => lines.push(chunk)).toThrow(expect.objectContaining({ code: "UPSTREAM_ANSWER_TOO_LARGE" }));
});
