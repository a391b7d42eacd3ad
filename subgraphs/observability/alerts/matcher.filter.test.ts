import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pattern } from "../../../promql/pattern.ts";
import { describeDatabases, type TestDatabase } from "../../../test/support/database.ts";
import { parseMatcher } from "../../shared/upstreams/alertmanager/matcher.ts";
import { isSearchable, labelPairs, matchersSql } from "./matcher.filter.ts";
import { sqlRegex } from "./regex.filter.ts";

const LABELS: readonly Record<string, string>[] = [
  { n: "0", pod: "api-1" },
  { n: "1", pod: "api-22", env: "dev" },
  { n: "2", env: "prod", "a=b": "c" },
  { n: "3", a: "b=c", pod: "API-1" },
  { n: "4", long: "x".repeat(3000) },
  { n: "5", long: `${"x".repeat(3000)}y`, pod: "a.b{2}[x]\n" },
];

await describeDatabases("Matchers", (open) => {
  let test: TestDatabase;
  beforeAll(async () => {
    test = await open();
    const at = new Date();
    await test.database.prisma.alert.createMany({
      data: LABELS.map((labels) => ({
        id: randomUUID(),
        tenantId: "default",
        clusterId: randomUUID(),
        haGroup: "default",
        fingerprint: labels["n"] ?? "",
        alertname: "A",
        severity: "INFO",
        state: "FIRING",
        labels,
        labelPairs: labelPairs(labels),
        startsAt: at,
        sourceAt: at,
        createdAt: at,
        updatedAt: at,
      })),
    });
  });
  afterAll(() => test.dispose());

  const selected = async (...matchers: string[]): Promise<string> => {
    const where = matchersSql(matchers.map(parseMatcher));
    const rows = await test.database.prisma.$queryRaw<{ n: string }[]>`
      SELECT a.labels ->> 'n' AS n FROM alerts a WHERE ${where} ORDER BY 1`;
    return rows.map(({ n }) => n).join("");
  };

  it.each([
    [[`pod="api-1"`], "0"],
    [[`pod!="api-1"`], "12345"],
    [[`pod=""`], "24"],
    [[`pod!=""`], "0135"],
    [[`pod=~"api-.*"`], "01"],
    [[`pod=~"(?i)api-1"`], "03"],
    [[`pod=~"api"`], ""],
    [[`pod!~"api-.*"`], "2345"],
    [[`pod=~"|api-1"`], "024"],
    [[`pod!~"|api-1"`], "135"],
    [[`env=~"dev|prod"`, `pod!=""`], "1"],
    // The pair of one label is the name of another.
    [[`a="b"`], ""],
    [[`a="b=c"`], "3"],
    [[`"a=b"="c"`], "2"],
    [[`long=~"x{200}.*y"`], "5"],
    [[`pod=~"a\\.b\\{2}\\[x]\\n"`], "5"],
    [[], "012345"],
  ])("select %j", async (matchers, expected) => {
    expect(await selected(...matchers)).toBe(expected);
  });

  it("tell values apart that an index has no room for", async () => {
    // Longer than may be asked for by hand; a silence may have it.
    const matcher = { name: "long", value: "x".repeat(3000), isRegex: false, isEqual: true };
    const rows = await test.database.prisma.$queryRaw<{ n: string }[]>`
      SELECT a.labels ->> 'n' AS n FROM alerts a WHERE ${matchersSql([matcher])}`;
    expect(rows).toEqual([{ n: "4" }]);
  });

  it.each([
    "a",
    "a|b",
    "a.c",
    "(a|b)+c?",
    "(?:a|b){2,3}",
    "(?P<name>a+)b*",
    "[a-c]+",
    "[^a-c]+",
    "[]a]+",
    "[a\\]\\-[]+",
    "[\\d.]+",
    "\\d+\\w*\\s?",
    "\\D+",
    "a\\.b",
    "a+?b*?",
    "(?i)AbC",
    "^abc$",
    "a{2}",
    "a{2,}",
    "x{",
    "a}b]",
    "",
    "()",
    "(|a)b",
    "ü.",
    "\\t|\\n",
  ])("read a regular expression as Alertmanager does: %s", async (source) => {
    const texts = [
      "",
      "a",
      "b",
      "aa",
      "ab",
      "abc",
      "ABC",
      "aab",
      "abab",
      "a.b",
      "a1",
      "12",
      "x{",
      "a}b]",
      "]",
      "a]-[",
      "üb",
      "\n",
      "a b",
      "bca",
    ];
    const matches = pattern(source);
    const rows = await test.database.prisma.$queryRaw<{ text: string }[]>`
      SELECT text FROM unnest(${texts}::text[]) AS text WHERE text ~ ${sqlRegex(source)}::text`;
    expect(rows.map(({ text }) => text).sort()).toEqual(texts.filter(matches).sort());
  });

  it("are matched in no time, whatever the expression", async () => {
    const text = "a".repeat(2000);
    for (const source of ["(a|a)*b", "(a*)*b", "(a+a+)+b", "(a{1,50}){1,30}b", "(.*a){20}b", ".*.*.*.*.*b"]) {
      expect(isSearchable(parseMatcher(`n=~"${source}"`))).toBe(true);
      const began = performance.now();
      await test.database.prisma.$queryRaw`SELECT ${text}::text ~ ${sqlRegex(source)}::text`;
      expect(performance.now() - began, source).toBeLessThan(5000);
    }
  });
});

describe("A regular expression that PostgreSQL has no words for", () => {
  it.each(["a**", "^*", "a{300}", "[\\D]"])("is refused, and cannot be searched for: %s", (source) => {
    expect(() => sqlRegex(source)).toThrow(expect.objectContaining({ code: "INVALID_MATCHER" }));
    expect(isSearchable({ name: "a", value: source, isRegex: true, isEqual: true })).toBe(false);
  });
});
