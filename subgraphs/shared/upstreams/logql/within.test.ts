import { expect, it } from "vitest";
import { logqlProblem } from "./syntax.ts";
import { withinNamespaces } from "./within.ts";

const SCOPE = ["shop", "team-a-*"];
const within = (expression: string): string => withinNamespaces(expression, "namespace", SCOPE);
const own = 'namespace=~"shop|team-a-.*"';

it.each<[string, string, "lines" | "samples"]>([
  ['{app="x"}', `{app="x", ${own}}`, "lines"],
  ['{namespace=~".+"} |= "{a=1}"', `{namespace=~".+", ${own}} |= "{a=1}"`, "lines"],
  ['{app=`}`, b!~"c"} | json | a="b" # {', `{app=\`}\`, b!~"c", ${own}} | json | a="b" # {`, "lines"],
  ['{a="b", # }\n c="d"}', `{a="b", c="d", ${own}}`, "lines"],
  [
    'sum(rate({a="b"} |= "x" [5m])) / sum(count_over_time({c="d"}[5m] offset 1h))',
    `sum(rate({a="b", ${own}} |= "x" [5m])) / sum(count_over_time({c="d", ${own}}[5m] offset 1h))`,
    "samples",
  ],
  [
    'label_replace(rate({a="b"}[1m]), "namespace", "shop", "", "")',
    `label_replace(rate({a="b", ${own}}[1m]), "namespace", "shop", "", "")`,
    "samples",
  ],
  ['absent_over_time({a="b"}[1m])', `absent_over_time({a="b", ${own}}[1m])`, "samples"],
])("has the matcher on every selector: %s", (expression, expected, kind) => {
  expect(within(expression)).toBe(expected);
  expect(logqlProblem(expected, kind)).toBeNull();
});

it.each([
  "",
  "{",
  '{a="b"',
  '{a="b"}}',
  '{a="b} |= "',
  "{}",
  "vector(1)",
  "up",
  'variants(rate({a="b"}[1m])) of ({a="b"}[1m])',
])("is refused where it cannot be read, or selects nothing: %j", (expression) => {
  expect(() => within(expression)).toThrow(expect.objectContaining({ code: "INVALID_LOGQL" }));
});
