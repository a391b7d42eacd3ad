import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { parse } from "graphql";
import { describe, expect, test } from "vitest";
import { startSmallGateway } from "../../test/support/gateway/small-gateway.ts";
import { EXAMPLES } from "./examples.ts";
import { chooseEncoding, graphiqlPage } from "./page.ts";

describe("GraphiQL", () => {
  test("is one page that loads nothing from elsewhere", async () => {
    const { body } = await graphiqlPage("br");
    const html = brotliDecompressSync(body).toString();
    expect(body.length).toBeLessThan(3_000_000);
    const tags = html.matchAll(/<(?:script|link|img|iframe)\b[^>]*?\b(?:src|href)=["']([^"']*)/g);
    const loaded = [...tags].map(([, address = ""]) => address).filter((address) => /^(https?:)?\/\//.test(address));
    expect(loaded).toEqual([]);
    expect(html).not.toMatch(/@import\s+(url\()?["']?https?:/);
    expect(html).not.toMatch(/url\(["']?https?:/);
  });

  test("offers each example in a tab, each with a comment that says what it shows", async () => {
    const { body } = await graphiqlPage("identity");
    for (const { query } of EXAMPLES) {
      expect(query).toMatch(/^# \S/);
      expect(() => parse(query)).not.toThrow();
      expect(body.includes(JSON.stringify(query).slice(1, -1))).toBe(true);
    }
  });

  test("is served compressed, under a strong tag of its own for each encoding, and 304 when it is known", async () => {
    const { gateway } = await startSmallGateway();
    const get = (headers: Record<string, string>) => fetch(`${gateway.url}/`, { headers });
    const br = await get({ "accept-encoding": "gzip, br" });
    expect(br.headers.get("content-encoding")).toBe("br");
    expect(br.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(br.headers.get("content-security-policy")).toContain("default-src 'self'");
    const etag = br.headers.get("etag") ?? "";
    expect(etag).toMatch(/^"[\w-]{27}"$/);
    expect(await br.text()).toContain("<!doctype html>");
    const known = await get({ "accept-encoding": "gzip, br", "if-none-match": etag });
    expect([known.status, await known.text()]).toEqual([304, ""]);
    const gzip = await get({ "accept-encoding": "gzip" });
    expect(gzip.headers.get("content-encoding")).toBe("gzip");
    expect(gzip.headers.get("etag")).not.toBe(etag);
    await gzip.body?.cancel();
  });

  test("the encodings hold the same page", async () => {
    const [br, gzip, identity] = await Promise.all([
      graphiqlPage("br"),
      graphiqlPage("gzip"),
      graphiqlPage("identity"),
    ]);
    expect(brotliDecompressSync(br.body).equals(identity.body)).toBe(true);
    expect(gunzipSync(gzip.body).equals(identity.body)).toBe(true);
  });
});

test.each([
  ["gzip, deflate, br, zstd", "br"],
  ["gzip;q=1.0, br;q=0", "gzip"],
  ["gzip;q=0.5", "gzip"],
  ["deflate", "identity"],
  [undefined, "identity"],
])("of %s, %s", (accepted, encoding) => {
  expect(chooseEncoding(accepted)).toBe(encoding);
});
