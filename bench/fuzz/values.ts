import { KUBECONFIG } from "./kubeconfigs.ts";
import { mutated } from "./mutations.ts";
import { randomExpressions } from "./promql.ts";
import { integer, pick, type Random } from "./random.ts";

/** Deep, but what a JSON parser still takes. */
const nested = (depth: number): unknown => {
  let value: unknown = {};
  for (let each = 0; each < depth; each += 1) value = each % 2 === 0 ? { a: value } : [value];
  return value;
};

/** Texts that have broken programs before. */
const HOSTILE: readonly ((random: Random) => string)[] = [
  () => "",
  () => " ",
  () => "\u0000",
  () => "a\u0000b",
  () => "\ud800",
  () => "\u202e\u200b\ufeff",
  () => "👩‍👩‍👧‍👦".repeat(20),
  () => "x".repeat(70_000),
  () => "'; DROP TABLE clusters; --",
  () => "#{jndi:ldap://127.0.0.1/a}",
  () => "../../../../etc/passwd",
  () => "<script>alert(1)</script>",
  () => "%00%0d%0aSet-Cookie: a=b",
  () => "\r\nX-Injected: 1",
  () => "__proto__",
  () => "constructor",
  () => "NaN",
  () => "-Infinity",
  () => "1e400",
  () => "(".repeat(3000),
  () => "{".repeat(500),
  () => `${"a".repeat(30)}!`,
  () => "\\",
  () => '"',
  () => "`",
  (random) => String.fromCodePoint(...Array.from({ length: 8 }, () => integer(random, 0xd7ff))),
];

/** What nobody expects where anything else belongs. */
export const hostileValue = (random: Random): unknown =>
  pick<() => unknown>(
    [
      () => pick(HOSTILE, random)(random),
      () => integer(random, 1e9),
      () => -1,
      () => 2 ** 31,
      () => Number.MAX_SAFE_INTEGER,
      () => 1e308,
      () => true,
      () => null,
      () => [],
      () => ({}),
      () => [[[]]],
      () => nested(200),
      () => ({ ["__proto__x"]: 1, constructor: { prototype: 1 } }),
    ],
    random,
  )();

const MATCHERS = [
  'a="b"',
  'namespace=~"shop|pay"',
  'alertname!="x"',
  'severity!~".*"',
  'a=~"("',
  "=",
  '{a="b"}',
  '"a b"="c"',
];
const LOGQL = [
  '{namespace="shop"}',
  '{namespace=~".+"} |= "error"',
  '{app="x"} | json | level="error" | line_format "{{.msg}}"',
  'sum by (pod) (rate({namespace="shop"}[5m]))',
  'topk(3, count_over_time({namespace="shop"} |~ "a|b" [1m]))',
  "{}",
  '{namespace="shop"',
  '{a="b"} | pattern "<_> <x>" | x > 5m',
  '{a=~"(((("}',
];
const TRACEQL = [
  "{ status = error }",
  '{ resource.service.name = "checkout" && duration > 100ms } >> { status = error }',
  "{ } | count() > 2",
  "{ span.http.status_code >= 500 } | select(span.http.route)",
  "{ status = ",
  "{ 1 = 1 }",
];
const LABELS = [
  "team=pay",
  "team in (a,b)",
  "!team",
  "team notin (x)",
  "a==b",
  "a in b",
  "a=b,",
  ",",
  "a!=b,c",
  "x/y/z=1",
];
const DURATIONS = ["1m", "5m", "1h", "7d", "52w", "0s", "-1h", "1", "1.5h", "99999999999w", "1y", "5 m"];
const CURSORS = [
  "0-0",
  "1-0",
  "1795383605000-1",
  "99999999999999999999-0",
  "-",
  "abc",
  "MTIz",
  "eyJhIjoxfQ==",
  "1-1-1",
];
const TIMES = [
  "2026-01-01T00:00:00Z",
  "1970-01-01T00:00:00Z",
  "9999-12-31T23:59:59Z",
  "0000-01-01T00:00:00Z",
  "2026-02-30T00:00:00Z",
  "2026-06-30T23:59:60Z",
  "+275760-09-13T00:00:00Z",
  "yesterday",
];
const URLS = [
  "https://127.0.0.1:1",
  "http://localhost:1/x?y=z",
  "https://user:pw@h",
  "file:///etc/passwd",
  "https://",
  "http://[::1]:1",
  "https://a..b",
];
const CRONS = ["0 7 * * *", "* * * * * *", "0 7 31 2 *", "99 99 * * *", "@daily", "*/0 * * * *", "0 7 * * MON#6"];
const TEXTS = {
  matcher: MATCHERS,
  logql: LOGQL,
  traceql: TRACEQL,
  labelSelector: LABELS,
  duration: DURATIONS,
  cursor: CURSORS,
  cron: CRONS,
};
export const textsOf = (language: keyof typeof TEXTS): readonly string[] => TEXTS[language];
const WORDS = ["shop", "checkout", "up", "job", "default", "x", "node-0", "NVIDIA A100"];

/** By the name of an argument, where one of its type alone would nearly always be refused at once. */
function text(name: string, random: Random): string {
  const promql = (): string => randomExpressions(integer(random, 1e9), 1)[0] ?? "up";
  const byName: Record<string, () => string> = {
    query: () => pick([promql, promql, () => pick(LOGQL, random)], random)(),
    expression: promql,
    match: () => pick(LOGQL, random),
    matchers: () => pick([() => pick(MATCHERS, random), promql], random)(),
    traceql: () => pick(TRACEQL, random),
    labelSelector: () => pick(LABELS, random),
    cron: () => pick(CRONS, random),
    timeZone: () => pick(["UTC", "Europe/Berlin", "Mars/Olympus", "+25:00"], random),
    traceId: () => pick(["abcdef", "0", "f".repeat(32), "g", "0x12", "1".repeat(33)], random),
    kubeconfig: () => mutated(KUBECONFIG, random),
  };
  return (byName[name] ?? (() => pick(WORDS, random)))();
}

/** Mostly what fits, in part at a bound or hostile. @param known ids and names of what is there */
export function plausibleValue(type: string, name: string, random: Random, known: readonly string[]): unknown {
  if (random() < 0.06) return pick(HOSTILE, random)(random);
  const pickKnown = (fallback: string): string => (known.length > 0 && random() < 0.7 ? pick(known, random) : fallback);
  switch (type) {
    case "UUID":
      return pickKnown("550e8400-e29b-41d4-a716-446655440000");
    case "ID":
      return pickKnown(text(name, random));
    case "Int":
      return pick([0, 1, 2, 5, 20, 100, 1000, -1, 2 ** 31 - 1, -(2 ** 31), 2 ** 31], random);
    case "Float":
      return pick([0, -0, 0.5, 5, 99.9, 100, -1, 1e-300, 1e308, Number.MAX_SAFE_INTEGER], random);
    case "Boolean":
      return random() < 0.5;
    case "Duration":
      return pick(DURATIONS, random);
    case "DateTime":
      return random() < 0.4 ? new Date(NOW - integer(random, 86_400_000)).toISOString() : pick(TIMES, random);
    case "NanoTime":
      return pick(["0", "1795383605000000000", "-1", "9".repeat(40)], random);
    case "Cursor":
      return pick(CURSORS, random);
    case "URL":
      return pick(URLS, random);
    case "JSONObject":
      return pick(
        [{}, { team: "a" }, { a: 1 }, { "": "" }, { ["x".repeat(300)]: "y" }, nested(30), [], "x", { a: { b: [] } }],
        random,
      );
    default:
      return random() < 0.15 ? pickKnown(text(name, random)) : text(name, random);
  }
}

const NOW = Date.parse("2026-11-23T12:00:00Z");

/** What was given, with something else in one place of it. */
export function withHostileValue(original: unknown, random: Random): unknown {
  if (typeof original !== "object" || original === null || random() < 0.15) return hostileValue(random);
  const keys = Object.keys(original);
  const key = keys[integer(random, keys.length)];
  if (key === undefined) return hostileValue(random);
  const changed = withHostileValue(original[key as keyof typeof original], random);
  if (Array.isArray(original)) return original.with(Number(key), changed);
  return { ...original, [random() < 0.1 ? `${key}x` : key]: changed };
}
