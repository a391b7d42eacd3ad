import { expect, it } from "vitest";
import { pinned } from "./pinned.ts";
import { promqlProblem } from "./syntax.ts";

const POD = { namespace: "shop", pod: 'we"b' };
const own = 'namespace="shop",pod="we\\"b"';

it.each<[string, string]>([
  ["up", `up{${own}}`],
  ["up{}", `up{${own}}`],
  ['up{job="a"}', `up{job="a",${own}}`],
  ['up{pod=~"x.*", job!="b", namespace="y",}', `up{job!="b",${own}}`],
  ["{'pod'=`x`, \"a.metric\", \"a.label\"='y'}", `{"a.metric","a.label"='y',${own}}`],
  [
    'sum by (pod) (rate(up{a="}{"}[5m] offset 1m)) / ignoring(pod) max(b)',
    `sum by (pod) (rate(up{a="}{",${own}}[5m] offset 1m)) / ignoring(pod) max(b{${own}})`,
  ],
  ["up # of {all}\n> 1", `up{${own}} # of {all}\n> 1`],
  ['up{a="b", # why\n c="d"}', `up{a="b",c="d",${own}}`],
  [
    'label_replace(up, "pod", "$1", "instance", "(.*)") @ end()',
    `label_replace(up{${own}}, "pod", "$1", "instance", "(.*)") @ end()`,
  ],
  ["time() - 5", "time() - 5"],
])("pins every selector of %s", (expression, expected) => {
  expect(pinned(expression, POD)).toBe(expected);
  expect(promqlProblem(expected)).toBeNull();
});
