import { expect, it } from "vitest";
import { readHandle, toResult } from "./call.mapper.ts";

const finding = {
  summary: "2 found.",
  result: { rows: 2 },
  full: { rows: [{ a: 1 }, { a: 2 }], total: 9 },
  table: null,
  sources: [],
  operation: { document: "{ a }", variables: {} },
};
const handle = { name: "query_logs", arguments: { search: "ü" }, now: "2026-01-01T00:00:00.000Z" };

it("gives a handle that says what to ask again", () => {
  const { structuredContent } = toResult({ status: "SUCCESS", finding, error: null, durationMs: 1 }, handle);
  const { more } = structuredContent as { more: { handle: string } };
  expect(more).toMatchObject({ rows: 2, total: 9 });
  expect(readHandle(more.handle)).toEqual(handle);
});

it("gives none where nothing was left out, or where it would be larger than what it stands for", () => {
  const whole = toResult(
    { status: "SUCCESS", finding: { ...finding, full: null }, error: null, durationMs: 1 },
    handle,
  );
  expect(whole.structuredContent).toMatchObject({ more: null });
  const large = { ...handle, arguments: { query: "x".repeat(20_000) } };
  const result = toResult({ status: "SUCCESS", finding, error: null, durationMs: 1 }, large);
  expect(result.structuredContent).toMatchObject({ more: null });
});

it.each(["", "nonsense", Buffer.from("{}").toString("base64url"), Buffer.from("null").toString("base64url")])(
  "takes %j for no handle",
  (text) => {
    expect(readHandle(text)).toBeNull();
  },
);
