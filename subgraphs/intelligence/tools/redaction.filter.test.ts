import { describe, expect, it } from "vitest";
import { REDACTED, redactText, redactValue } from "./redaction.filter.ts";

describe("redaction", () => {
  it.each([
    ["a JWT", "got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-_123 from it"],
    ["a bearer token", "Authorization: Bearer abcdefghij.klm"],
    ["a basic header", "authorization=Basic dXNlcjpwYXNzd29yZA=="],
    ["a URL with a password", "dial postgres://shop:hunter2@db:5432/shop failed"],
    ["a key and its value", 'level=error db_password="hunter2 and more" retry=3'],
    ["JSON", '{"apiKey":"hunter2hunter2","ok":true}'],
    ["a query string", "GET /?api_key=hunter2hunter2&x=1"],
    ["an OpenShift token", "sha256~0123456789abcdefghijABCDEFGHIJ"],
    ["an access key", "AKIAABCDEFGHIJKLMNOP"],
    ["a private key", "-----BEGIN RSA PRIVATE KEY-----\nhunter2\n-----END RSA PRIVATE KEY-----"],
    ["a private key that is cut off", "x -----BEGIN PRIVATE KEY-----\nhunter2"],
  ])("takes %s out, and nothing around it", (_, text) => {
    const clean = redactText(text);
    expect(clean).toContain(REDACTED);
    expect(clean).not.toMatch(/hunter2|abcdefghij|dXNlc|eyJ|ABCDEFGHIJ/);
    expect(redactText(clean)).toBe(clean);
  });

  it.each([
    "checkout took 1.2s in namespace=shop pod=checkout-7d9f",
    "tokens_total 17",
    "a secretary: fine",
    "sum by (le) (rate(x[5m]))",
  ])("leaves %s", (text) => {
    expect(redactText(text)).toBe(text);
  });

  it("goes through records, by name and by what stands there", () => {
    expect(redactValue({ a: ["Bearer abcdefghij"], client_secret: "x", tokens: 5, deep: { password: "y" } })).toEqual({
      a: [`Bearer ${REDACTED}`],
      client_secret: REDACTED,
      tokens: 5,
      deep: { password: REDACTED },
    });
  });
});
